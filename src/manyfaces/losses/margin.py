"""Loss that teaches a network to tell people apart by the direction of its features."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor


def margin_cross_entropy(
    features: Float[Tensor, "B D"],
    centres: Float[Tensor, "C D"],
    person: Int64[Tensor, "B"],
    margin: float = 0.5,
    scale: float = 64.0,
) -> Float[Tensor, ""]:
    """Classify people with an angular margin (ArcFace, Deng et al., CVPR 2019, eq. 3), mean over the batch.

    The angle to the right centre is made `margin` larger before the softmax. Where that would pass pi the cosine would
    grow again; there it is lowered by margin x sin(margin) instead, so that descent always turns towards the centre.

    Args:
        features: any length; only their direction counts.
        centres: one for each person, learned along; any length.
        person: row of the right centre.
        margin: radians.
        scale: of the cosines before the softmax.
    """
    cosines = F.normalize(features, dim=-1) @ F.normalize(centres, dim=-1).mT
    rows = torch.arange(len(person), device=person.device)
    right = cosines[rows, person]
    # Off the poles: the sine's gradient has none there.
    sine = torch.sqrt((1 - right.square()).clamp_min(1e-8))
    moved = right * math.cos(margin) - sine * math.sin(margin)
    held = torch.where(right > -math.cos(margin), moved, right - margin * math.sin(margin))
    logits = cosines.index_put((rows, person), held)
    return F.cross_entropy(scale * logits, person)
