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
from manyfaces.geometry.silhouette import facing, silhouette_vertices

_SAME_HEIGHT = 0.02
"""Silhouette vertices whose heights differ by less than this share of the jaw line's are equally near."""


@dataclass(frozen=True)
class Outline:
    """What a camera sees of a head's outline.

    Attributes:
        jaw_px: the zero-pose jaw points on the picture.
        jaw_seen: whether their normals point towards the viewer.
        rim_px: the vertices that may be silhouette vertices, on the picture.
        silhouette: which of them are.
        up: the head's upward direction on the picture, a unit vector; y points down there.
        jaw_sides: +1 for jaw points of the subject's left, -1 for the right, 0 for the chin.
        rim_sides: likewise for the vertices, at rest.
    """

    jaw_px: Float[Tensor, "*B L 2"]
    jaw_seen: Bool[Tensor, "*B L"]
    rim_px: Float[Tensor, "*B C 2"]
    silhouette: Bool[Tensor, "*B C"]
    up: Float[Tensor, "*B 2"]
    jaw_sides: Float[Tensor, " L"]
    rim_sides: Float[Tensor, " C"]

    @torch.no_grad()
    def nearest_rim(self, points_px: Float[Tensor, "*B L 2"]) -> Int[Tensor, "*B L"]:
        """For each point the row of the silhouette vertex nearest to it, by |dx| + |dy|; -1 where there is none."""
        distance = torch.cdist(points_px, self.rim_px, p=1.0)
        distance = distance.masked_fill(~self.silhouette[..., None, :], torch.inf)
        least = distance.min(-1)
        return torch.where(least.values.isfinite(), least.indices, -1)

    @torch.no_grad()
    def annotated_rim(self) -> Int[Tensor, "*B L"]:
        """For each jaw point the row of the silhouette vertex that an annotator would mark, told by this head alone.

        It is the vertex of nearest height on the same side of the face, the outermost of those equally near (heights
        along `up`); -1 where a side has no silhouette.
        """
        across = torch.stack([-self.up[..., 1], self.up[..., 0]], -1)  # to the subject's left, from in front
        heights, jaw_heights = (_along(points, self.up) for points in (self.rim_px, self.jaw_px))
        near = (jaw_heights[..., :, None] - heights[..., None, :]).abs()
        same_side = self.jaw_sides[:, None] * self.rim_sides >= 0
        usable = self.silhouette[..., None, :] & same_side
        near = near.masked_fill(~usable, torch.inf)
        least = near.amin(-1, keepdim=True)
        slack = _SAME_HEIGHT * (jaw_heights.amax(-1) - jaw_heights.amin(-1))[..., None, None]
        # At the chin, which has no side, the outermost vertex is the lowest.
        outward = self.jaw_sides[:, None] * _along(self.rim_px, across)[..., None, :]
        outward = torch.where(self.jaw_sides[:, None] == 0, -heights[..., None, :], outward)
        outward = outward.masked_fill(~((near <= least + slack) & usable), -torch.inf)
        return torch.where(least[..., 0].isfinite(), outward.argmax(-1), -1)

    def hidden_replaced(self, rows: Int[Tensor, "*B L"]) -> Float[Tensor, "*B L 2"]:
        """The jaw points where they are seen, the given rows of `rim_px` where they are not; -1 keeps the point.

        Differentiable in the points that are returned; the choice is not.
        """
        picked = self.rim_px.gather(-2, rows.clamp(min=0)[..., None].expand(*rows.shape, 2))
        return torch.where((self.jaw_seen | (rows < 0))[..., None], self.jaw_px, picked)


@dataclass(frozen=True)
class OutlineMesh:
    """What of a head does not change with its shape: see `heads.outline_mesh`.

    Attributes:
        faces: counter-clockwise from outside.
        edges: each edge once.
        jaw: the zero-pose jaw points, from the subject's right ear over the chin to the left.
        candidates: the vertices that may be silhouette vertices.
        jaw_sides: see `Outline`.
        rim_sides: see `Outline`.
    """

    faces: Int[Tensor, "F 3"]
    edges: Int[Tensor, "E 2"]
    jaw: SurfacePoints
    candidates: Int[Tensor, " C"]
    jaw_sides: Float[Tensor, " L"]
    rim_sides: Float[Tensor, " C"]

    def seen(self, vertices: Float[Tensor, "*B V 3"], camera: Camera) -> Outline:
        """Look at heads through a camera.

        Args:
            vertices: head frame, metres.
            camera: one for each, or one for all; heights are measured along the head frame's y.
        """
        with torch.no_grad():
            towards = facing(vertex_normals(vertices, self.faces), vertices, camera)
            jaw_seen = self.jaw.on(towards[..., None], self.faces)[..., 0] > 0
            silhouette = silhouette_vertices(towards, self.edges).index_select(-1, self.candidates)
            up = torch.nn.functional.normalize(camera.rotation[..., :2, 1], dim=-1)
        jaw_px = camera.project(self.jaw.on(vertices, self.faces)).points_px
        rim_px = camera.project(vertices.index_select(-2, self.candidates)).points_px
        up = up.expand(*jaw_px.shape[:-2], 2)
        return Outline(jaw_px, jaw_seen, rim_px, silhouette, up, self.jaw_sides, self.rim_sides)

    def to(self, device: torch.device | str) -> "OutlineMesh":
        """The same on another device."""
        tensors = (self.candidates, self.jaw_sides, self.rim_sides)
        return OutlineMesh(
            self.faces.to(device), self.edges.to(device), self.jaw.to(device), *(t.to(device) for t in tensors)
        )


def _along(points_px: Tensor, direction: Tensor) -> Tensor:
    return (points_px * direction[..., None, :]).sum(-1)
