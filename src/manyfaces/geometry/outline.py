"""The jaw line of a head as a camera sees it: zero-pose points where they are seen, the silhouette where they are not.

Points 0 to 16 of iBUG's scheme are annotated on the face's outline. Where the head is turned away, the points of the
surface that they mark at zero pose are hidden, and annotators mark the silhouette instead.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.geometry.barycentric import SurfacePoints
from manyfaces.geometry.camera import Camera
from manyfaces.geometry.mesh import vertex_normals
from manyfaces.geometry.rim import Rim, RimKind
from manyfaces.geometry.silhouette import facing

_SAME_HEIGHT: dict[RimKind, float] = {"vertices": 0.02, "contour": 1e-3}
"""Pieces whose heights differ by less than this share of the jaw line's are equally near; a line has a point at every
height, vertices stand some millimetres apart."""


@dataclass(frozen=True)
class RimPlaces:
    """A place on the silhouette for each jaw point.

    Attributes:
        rows: the piece of the rim; -1 where there is none.
        share: of the way from its first end to its second.
    """

    rows: Int[Tensor, "*B L"]
    share: Float[Tensor, "*B L"]

    @property
    def found(self) -> Bool[Tensor, "*B L"]:
        """Is there a place?"""
        return self.rows >= 0

    def of(self, ends: Float[Tensor, "*B P 2 D"]) -> Float[Tensor, "*B L D"]:
        """What the ends of all pieces have, at these places; anything where there is none."""
        rows = self.rows.clamp(min=0)[..., None, None]
        first, second = ends.gather(-3, rows.expand(*self.rows.shape, *ends.shape[-2:])).unbind(-2)
        return torch.lerp(first, second, self.share[..., None])


@dataclass(frozen=True)
class Outline:
    """What a camera sees of a head's outline.

    Attributes:
        jaw_px: the zero-pose jaw points on the picture.
        jaw_seen: whether their normals point towards the viewer.
        rim_px: both ends of the pieces that may be part of the silhouette, on the picture.
        silhouette: which of them are.
        up: the head's upward direction on the picture, a unit vector; y points down there.
        jaw_sides: +1 for jaw points of the subject's left, -1 for the right, 0 for the chin.
        rim: the pieces, which know their sides.
        ends: where on the head the ends are, see `SeenRim`.
    """

    jaw_px: Float[Tensor, "*B L 2"]
    jaw_seen: Bool[Tensor, "*B L"]
    rim_px: Float[Tensor, "*B P 2 2"]
    silhouette: Bool[Tensor, "*B P"]
    up: Float[Tensor, "*B 2"]
    jaw_sides: Float[Tensor, " L"]
    rim: Rim
    ends: Float[Tensor, "*B P 2 3"]

    @torch.no_grad()
    def nearest_rim(self, points_px: Float[Tensor, "*B L 2"]) -> RimPlaces:
        """For each point the place of the silhouette nearest to it, by |dx| + |dy|."""
        start, end = (self.rim_px[..., None, :, k, :] for k in (0, 1))
        along, away = end - start, points_px[..., None, :] - start
        share = ((away * along).sum(-1) / along.square().sum(-1).clamp(min=1e-12)).clamp(0, 1)
        distance = (away - share[..., None] * along).abs().sum(-1)
        return _best(-distance, share, self.silhouette[..., None, :].expand_as(distance))

    @torch.no_grad()
    def annotated_rim(self) -> RimPlaces:
        """For each jaw point the place of the silhouette that an annotator would mark, told by this head alone.

        It is the one of nearest height on the same side of the face, the outermost of those equally near (heights along
        `up`); at the chin, which has no side, the lowest of all.
        """
        heights, jaw_heights = _along(self.rim_px.flatten(-3, -2), self.up), _along(self.jaw_px, self.up)
        start, end = (side[..., None, :] for side in heights.unflatten(-1, (-1, 2)).unbind(-1))
        rise = torch.where(end == start, torch.ones_like(end), end - start)
        share = ((jaw_heights[..., :, None] - start) / rise).clamp(0, 1)
        near = (start + share * (end - start) - jaw_heights[..., :, None]).abs()
        usable = self.silhouette[..., None, :] & (self.jaw_sides[:, None] * self.rim.sides >= 0)
        least = near.masked_fill(~usable, torch.inf).amin(-1, keepdim=True)
        slack = _SAME_HEIGHT[self.rim.kind] * (jaw_heights.amax(-1) - jaw_heights.amin(-1))[..., None, None]
        across = torch.stack([-self.up[..., 1], self.up[..., 0]], -1)  # to the subject's left, from in front
        left = _along(self.rim_px.flatten(-3, -2), across).unflatten(-1, (-1, 2))[..., None, :, :]
        outward = self.jaw_sides[:, None] * torch.lerp(left[..., 0], left[..., 1], share)
        chin = (self.jaw_sides == 0)[:, None]
        outward = torch.where(chin, -torch.minimum(start, end), outward)
        share = torch.where(chin, (end < start).to(share), share)
        return _best(outward, share, usable & (chin | (near <= least + slack)))

    def hidden_replaced(self, places: RimPlaces) -> Float[Tensor, "*B L 2"]:
        """The jaw points where they are seen, the given places where they are not, if there are such places.

        Differentiable in the points that are returned; the choice is not.
        """
        keep = self.jaw_seen | ~places.found
        return torch.where(keep[..., None], self.jaw_px, places.of(self.rim_px))


@dataclass(frozen=True)
class OutlineMesh:
    """What of a head does not change with its shape: see `heads.outline_mesh`.

    Attributes:
        faces: counter-clockwise from outside.
        edges: each edge once.
        jaw: the zero-pose jaw points, from the subject's right ear over the chin to the left.
        rim: the pieces that may form the silhouette.
        jaw_sides: see `Outline`.
    """

    faces: Int[Tensor, "F 3"]
    edges: Int[Tensor, "E 2"]
    jaw: SurfacePoints
    rim: Rim
    jaw_sides: Float[Tensor, " L"]

    def seen(self, vertices: Float[Tensor, "*B V 3"], camera: Camera) -> Outline:
        """Look at heads through a camera.

        Args:
            vertices: head frame, metres.
            camera: one for each, or one for all; heights are measured along the head frame's y.
        """
        with torch.no_grad():
            towards = facing(vertex_normals(vertices, self.faces), vertices, camera)
            jaw_seen = self.jaw.on(towards[..., None], self.faces)[..., 0] > 0
            seen = self.rim.seen(towards, self.faces, self.edges)
            up = torch.nn.functional.normalize(camera.rotation[..., :2, 1], dim=-1)
        corners = vertices[..., self.faces.long()[self.rim.face_ids], :]
        rim_px = camera.project((seen.ends @ corners).flatten(-3, -2)).points_px.unflatten(-2, (-1, 2))
        jaw_px = camera.project(self.jaw.on(vertices, self.faces)).points_px
        up = up.expand(*jaw_px.shape[:-2], 2)
        return Outline(jaw_px, jaw_seen, rim_px, seen.present, up, self.jaw_sides, self.rim, seen.ends)

    def to(self, device: torch.device | str) -> "OutlineMesh":
        """The same on another device."""
        return OutlineMesh(
            faces=self.faces.to(device),
            edges=self.edges.to(device),
            jaw=self.jaw.to(device),
            rim=self.rim.to(device),
            jaw_sides=self.jaw_sides.to(device),
        )


def _best(
    merit: Float[Tensor, "*B L P"], share: Float[Tensor, "*#B L P"], usable: Bool[Tensor, "*#B L P"]
) -> RimPlaces:
    """The usable piece of the highest merit for each point, and the share that goes with it."""
    best = merit.masked_fill(~usable, -torch.inf).max(-1)
    chosen = share.expand_as(merit).gather(-1, best.indices[..., None])[..., 0]
    return RimPlaces(torch.where(best.values.isfinite(), best.indices, -1), chosen)


def _along(points_px: Float[Tensor, "*B N 2"], direction: Float[Tensor, "*B 2"]) -> Float[Tensor, "*B N"]:
    return (points_px * direction[..., None, :]).sum(-1)
