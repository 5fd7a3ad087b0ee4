"""Which vertices of a face count as seen and which as hidden."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Bool
from torch import Tensor

from manyfaces.core.errors import ChoiceError

RegionRule = Literal["front", "diverse3d"]
REGION_RULES: tuple[RegionRule, ...] = get_args(RegionRule)


@dataclass(frozen=True)
class Regions:
    """Disjoint sets of vertices.

    Attributes:
        visible: seen by the camera.
        occluded: behind something in front of the face.
        self_occluded: behind the face itself; neither of the others.
    """

    visible: Bool[Tensor, "*B V"]
    occluded: Bool[Tensor, "*B V"]
    self_occluded: Bool[Tensor, "*B V"]


def face_regions(
    front: Bool[Tensor, "*#B V"],
    facing: Bool[Tensor, "*#B V"],
    covered: Bool[Tensor, "*#B V"],
    eyeballs: Bool[Tensor, "*#B V"] | None = None,
    rule: RegionRule | str = "front",
) -> Regions:
    """Sort the vertices of a head.

    Args:
        front: the front of the face.
        facing: passed the depth test of the picture without the occluder.
        covered: lies under the occluder's mask.
        eyeballs: only rule "diverse3d" asks for them.
        rule: "front" looks at the front of the face, with depth test and mask. "diverse3d" is the published evaluation
            of Dey and Boddeti 2022: the mask alone, so that the back of the head counts as visible; the eyeballs are
            never occluded.

    Raises:
        ChoiceError: unknown rule.
    """
    if rule not in REGION_RULES:
        raise ChoiceError("rule for regions", rule, REGION_RULES)
    front, facing, covered = torch.broadcast_tensors(front, facing, covered)
    if rule == "front":
        return Regions(front & facing & ~covered, front & facing & covered, front & ~facing)
    occluded = covered if eyeballs is None else covered & ~eyeballs
    return Regions(~occluded, occluded, torch.zeros_like(occluded))
