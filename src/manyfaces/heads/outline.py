"""The outline of a head model: which vertices may form it, and the jaw line that marches with the head's turn."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.core.errors import HeadFileError
from manyfaces.geometry import (
    HEAD_TO_CAMERA,
    OrthographicCamera,
    OutlineMesh,
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


def outline_mesh(head: HeadModel) -> OutlineMesh:
    """What it takes to see a head's outline through cameras.

    The zero-pose jaw points are those of the contour's first row where the head has a contour, points 0 to 16 of its
    "68" landmarks otherwise.

    Raises:
        ChoiceError: the head has no "68" landmarks.
        HeadFileError: they are not all of the 68.
    """
    candidates = outline_candidates(head).nonzero()[:, 0]
    jaw = head.data.landmarks["68"] if head.data.contour is None else head.data.contour.ahead()
    if len(jaw.face_ids) < 17:
        raise HeadFileError(f"head {head.data.name!r} has {len(jaw.face_ids)} landmarks, not 68")
    device = head.faces.device
    points = SurfacePoints(torch.tensor(jaw.face_ids[:17]).long(), torch.tensor(jaw.barycentrics[:17]))
    return OutlineMesh(
        faces=head.faces,
        edges=edges(head.faces),
        jaw=points.to(device),
        candidates=candidates,
        jaw_sides=(torch.arange(17, device=device) - 8).sign().float(),
        rim_sides=head.template[candidates, 0].sign(),
    )


def marched_contour(head: HeadModel, limit_deg: int = 39) -> ContourEmbedding:
    """A landmark-marching table for a head without one: the jaw line of its mean face at each whole degree of yaw.

    A row holds the zero-pose points where they are seen and silhouette vertices of nearest height where they are not,
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
    chosen = outline.annotated_rim()
    keep = (outline.jaw_seen | (chosen < 0))[..., None]
    face_ids, corner = _faces_of_vertices(head)
    chosen = mesh.candidates[chosen.clamp(min=0)].cpu()
    at_corner = torch.nn.functional.one_hot(corner[chosen], 3).float()
    return ContourEmbedding(
        torch.where(keep[..., 0].cpu(), mesh.jaw.face_ids.cpu(), face_ids[chosen]).numpy().astype(np.int32),
        torch.where(keep.cpu(), mesh.jaw.barycentrics.cpu(), at_corner).numpy().astype(np.float32),
    )


def turned_camera(yaw: Float[Tensor, "B"]) -> OrthographicCamera:
    """Orthographic cameras, a pixel a millimetre, that see heads turned to the subject's left by so many radians."""
    turn = matrix_from_euler(yaw, torch.zeros_like(yaw), torch.zeros_like(yaw))
    rotation = HEAD_TO_CAMERA.to(turn) @ turn
    return OrthographicCamera(torch.full_like(yaw, 1e3), rotation, yaw.new_zeros(len(yaw), 2))


def _faces_of_vertices(head: HeadModel) -> tuple[Tensor, Tensor]:
    """A face of each vertex, and which of its corners the vertex is."""
    faces = head.faces.cpu()
    face_ids, corners = (torch.zeros(head.n_vertices, dtype=torch.long) for _ in range(2))
    for corner in range(3):
        face_ids[faces[:, corner]] = torch.arange(len(faces))
        corners[faces[:, corner]] = corner
    return face_ids, corners
