"""Ranking by what the candidates agree on: no network, the set alone.

Where the candidates are fair draws of what the photo leaves open, the expected distance of one of them to the truth is
its mean distance to the others: their medoid is the best choice there is, and no network that sees the same photo can
beat it. The paper's ranker must learn this from a listwise loss that looks at each candidate by itself (its weak spot,
section 5 of the paper); it comes half as far.
"""

from typing import Any, cast

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from manyfaces.methods.ofer.idrank import FrontFace, Ranking

TEMPERATURE_MM = 0.1
"""How far behind the best a candidate may be and still have a share in the scores."""


class Consensus(nn.Module):
    """Scores candidates by their mean distance to each other.

    Args:
        front: front face of the head model; not stored with any weights.
    """

    def __init__(self, front: FrontFace):
        super().__init__()
        self.register_buffer("basis_mm", shape_alone(front), persistent=False)

    def rank(self, observation: Any, identities: Float[Tensor, "B N S"]) -> Ranking:
        """Order the candidates of each photo, best first; the observation is in the candidates already."""
        faces = (identities - identities.mean(1, keepdim=True)) @ cast(Tensor, self.basis_mm)
        return Ranking.by(-mutual_distance(faces) / TEMPERATURE_MM)


def mutual_distance(faces: Float[Tensor, "B N D"]) -> Float[Tensor, "B N"]:
    """Mean absolute coordinate difference of each of N faces to all, itself included."""
    return torch.cdist(faces, faces, p=1.0).mean(-1) / faces.shape[-1]


def shape_alone(front: FrontFace) -> Float[Tensor, "S D"]:
    """The front face's basis without what of each displacement is a small rigid motion of the whole, millimetres.

    Errors are measured after rigid alignment; this is its linear form.
    """
    motions = _rigid_motions(front.template_mm)
    basis = front.basis_mm.flatten(1).double()
    return (basis - basis @ motions @ motions.mT).to(front.basis_mm)


def _rigid_motions(points: Float[Tensor, "V 3"]) -> Float64[Tensor, "D 6"]:
    """Orthonormal basis of what translations and small rotations do to points."""
    axes = torch.eye(3, dtype=torch.float64, device=points.device)
    centred = (points - points.mean(0)).double()
    shifts = axes[:, None].expand(-1, len(points), -1)
    turns = torch.linalg.cross(axes[:, None], centred[None])
    return torch.linalg.qr(torch.cat([shifts, turns]).flatten(1).mT).Q
