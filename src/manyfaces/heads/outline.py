"""The outline of a head model: which vertices may form it, and the jaw line that marches with the head's turn."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.core.errors import HeadFileError
from manyfaces.geometry import (
    HEAD_TO_CAMERA,
    OrthographicCamera,
    OutlineMesh,
    Rim,
    RimKind,
    SurfacePoints,
    edges,
    matrix_from_euler,
)
from manyfaces.heads.landmarks import ContourEmbedding
from manyfaces.heads.model import HeadModel

NOSE, EYES_AND_MOUTH = slice(27, 36), slice(36, 68)
"""Among the 68 points of iBUG's scheme."""

NOSE_MARGIN_M, FOLD_MARGIN_M = 0.016, 0.013
"""How far around the nose's points, and around those of eyes and mouth, no vertex is a candidate, metres."""

NO_OUTLINE = (
    *("nose", "ears", "left_ear", "right_ear"),
    *("eyeballs", "left_eyeball", "right_eyeball", "inner_mouth", "teeth", "tongue"),
    *("neck", "scalp", "boundary"),
)
"""Regions of openhead and FLAME that never form the outline that the jaw points mark."""


def outline_candidates(head: HeadModel) -> Bool[Tensor, "V"]:
    """Which vertices may be silhouette vertices: Z of equation 1 in Mao et al., CVPR 2025.

    The paper leaves out nose and ears. The lids, the lips and the folds around them hold vertices with normals of
    either sign, too, from whichever side one looks, so what lies around eyes and mouth is left out as well; and so are
    parts inside the head, neck and scalp. Regions are left out by name as far as the head has them, nose, eyes and
    mouth by their landmarks.

    Raises:
        ChoiceError: the head has no "68" landmarks.
    """
    template = head.template
    allowed = head.region("skin").clone()
    for name in NO_OUTLINE:
        if name in head.data.masks:
            allowed &= ~head.mask(name)
    points = head.landmarks(template)
    for part, margin_m in ((NOSE, NOSE_MARGIN_M), (EYES_AND_MOUTH, FOLD_MARGIN_M)):
        allowed &= torch.cdist(template, points[part]).amin(-1) > margin_m
    return allowed


def outline_mesh(head: HeadModel, rim: RimKind = "contour") -> OutlineMesh:
    """What it takes to see a head's outline through cameras.

    The zero-pose jaw points are those of the contour's first row where the head has a contour, points 0 to 16 of its
    "68" landmarks otherwise.

    Args:
        head: the model.
        rim: what the silhouette is made of, see `geometry.Rim`: the line between what is seen and what is not, or the
            vertices beside it, as in the paper.

    Raises:
        ChoiceError: the head has no "68" landmarks.
        HeadFileError: they are not all of the 68.
    """
    jaw = head.data.landmarks["68"] if head.data.contour is None else head.data.contour.ahead()
    if len(jaw.face_ids) < 17:
        raise HeadFileError(f"head {head.data.name!r} has {len(jaw.face_ids)} landmarks, not 68")
    device = head.faces.device
    points = SurfacePoints(torch.tensor(jaw.face_ids[:17]).long(), torch.tensor(jaw.barycentrics[:17]))
    return OutlineMesh(
        faces=head.faces,
        edges=edges(head.faces),
        jaw=points.to(device),
        rim=_rim(head, rim),
        jaw_sides=(torch.arange(17, device=device) - 8).sign().float(),
    )


def _rim(head: HeadModel, kind: RimKind) -> Rim:
    candidates = outline_candidates(head)
    sides = head.template[:, 0].sign()
    if kind == "vertices":
        chosen = candidates.nonzero()[:, 0]
        face_ids, corners = _faces_of_vertices(head)
        return Rim(kind, face_ids[chosen], corners[chosen], sides[chosen])
    faces = head.faces.long()
    face_ids = candidates[faces].all(-1).nonzero()[:, 0]
    both = sides[faces[face_ids]].sum(-1)
    # A triangle that reaches over the middle belongs to both sides.
    return Rim(kind, face_ids, torch.zeros_like(face_ids), torch.where(both.abs() > 1, both.sign(), 0.0))


def marched_contour(head: HeadModel, limit_deg: int = 39) -> ContourEmbedding:
    """A landmark-marching table for a head without one: the jaw line of its mean face at each whole degree of yaw.

    A row holds the zero-pose points where they are seen and the silhouette at the nearest height where they are not,
    as FLAME's table does for turns up to 39 degrees.

    Args:
        head: with "68" landmarks.
        limit_deg: the furthest turn, degrees; 2 limit + 1 rows.

    Raises:
        ChoiceError: the head has no "68" landmarks.
        HeadFileError: they are not all of the 68.
    """
    mesh = outline_mesh(head)
    turns = torch.tensor(
        [*range(limit_deg + 1), *(-turn for turn in range(1, limit_deg + 1))], device=mesh.faces.device
    )
    outline = mesh.seen(head.template.expand(len(turns), -1, -1), turned_camera(turns * math.pi / 180))
    places = outline.annotated_rim()
    keep = outline.jaw_seen | ~places.found
    face_ids = torch.where(keep, mesh.jaw.face_ids, mesh.rim.face_ids[places.rows.clamp(min=0)])
    barycentrics = torch.where(keep[..., None], mesh.jaw.barycentrics, places.of(outline.ends))
    return ContourEmbedding(face_ids.cpu().numpy().astype(np.int32), barycentrics.cpu().numpy().astype(np.float32))


def turned_camera(yaw: Float[Tensor, "B"]) -> OrthographicCamera:
    """Orthographic cameras, a pixel a millimetre, that see heads turned to the subject's left by so many radians."""
    turn = matrix_from_euler(yaw, torch.zeros_like(yaw), torch.zeros_like(yaw))
    rotation = HEAD_TO_CAMERA.to(turn) @ turn
    return OrthographicCamera(torch.full_like(yaw, 1e3), rotation, yaw.new_zeros(len(yaw), 2))


def _faces_of_vertices(head: HeadModel) -> tuple[Int[Tensor, "V"], Int[Tensor, "V"]]:
    """A face of each vertex, and which of its corners the vertex is."""
    faces = head.faces.long()
    face_ids, corners = (torch.zeros(head.n_vertices, dtype=torch.long, device=faces.device) for _ in range(2))
    for corner in range(3):
        face_ids[faces[:, corner]] = torch.arange(len(faces), device=faces.device)
        corners[faces[:, corner]] = corner
    return face_ids, corners
