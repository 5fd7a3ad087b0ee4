"""Perspective and scaled-orthographic cameras.

Camera axes are x right, y down, z forward; pixel (0, 0) is the centre of the top-left pixel.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry.rotation import project_to_rotation

# Rotation camera_from_head of a face that looks straight into the camera: head y is up and head z points at the lens.
HEAD_TO_CAMERA = torch.diag(torch.tensor([1.0, -1.0, -1.0]))

# An orthographic camera has no place; its depths count from a plane this far before the head's origin, so that they
# are positive, as a rasteriser needs.
ORTHOGRAPHIC_PLANE_M = 1.0


@dataclass(frozen=True)
class Projection:
    """Points on the picture.

    Attributes:
        points_px: x and y, pixels.
        depth: distance along the camera's z axis, metres.
    """

    points_px: Float[Tensor, "*B N 2"]
    depth: Float[Tensor, "*B N"]

    @property
    def with_depth(self) -> Float[Tensor, "*B N 3"]:
        """x_px, y_px and depth in one tensor, as the rasteriser takes them."""
        return torch.cat([self.points_px, self.depth[..., None]], -1)


def _offset(values: Tensor, offset_px: Tensor | tuple[float, float]) -> Tensor:
    return values + torch.as_tensor(offset_px, dtype=values.dtype, device=values.device)


def _turned(rotation: Tensor, point: Tensor) -> Tensor:
    return (rotation @ point[..., None])[..., 0]


@dataclass(frozen=True)
class PerspectiveCamera:
    """A pinhole camera with square pixels and no distortion.

    Attributes:
        focal_px: focal length, pixels.
        centre_px: principal point, pixels.
        rotation: camera_from_head.
        translation: the head's origin in the camera frame, metres.
    """

    focal_px: Float[Tensor, "*B"]
    centre_px: Float[Tensor, "*B 2"]
    rotation: Float[Tensor, "*B 3 3"]
    translation: Float[Tensor, "*B 3"]

    def project(self, points: Float[Tensor, "*P N 3"]) -> Projection:
        """Project points of the head frame (metres); batch dimensions broadcast.

        Points in or behind the camera's plane have depth <= 0 and meaningless pixels.
        """
        seen = points @ self.rotation.mT + self.translation[..., None, :]
        depth = seen[..., 2]
        points_px = self.focal_px[..., None, None] * seen[..., :2] / depth[..., None] + self.centre_px[..., None, :]
        return Projection(points_px, depth)

    def scaled(self, factor: float) -> "PerspectiveCamera":
        """The camera of the same picture resized by `factor` (2 = twice as many pixels a side)."""
        return replace(self, focal_px=self.focal_px * factor, centre_px=(self.centre_px + 0.5) * factor - 0.5)

    def shifted(self, offset_px: Float[Tensor, "*O 2"] | tuple[float, float]) -> "PerspectiveCamera":
        """The camera whose pixels lie `offset_px` further; a crop that begins at (x0, y0) is `shifted((-x0, -y0))`."""
        return replace(self, centre_px=_offset(self.centre_px, offset_px))

    def about(self, origin: Float[Tensor, "*O 3"]) -> "PerspectiveCamera":
        """The camera that sees points where this one sees them as counted from `origin` (head frame, metres)."""
        return replace(self, translation=self.translation - _turned(self.rotation, origin))

    @property
    def intrinsics(self) -> Float[Tensor, "*B 3 3"]:
        """The matrix K, pixels."""
        zero, one = torch.zeros_like(self.focal_px), torch.ones_like(self.focal_px)
        cx, cy = self.centre_px.unbind(-1)
        entries = [self.focal_px, zero, cx, zero, self.focal_px, cy, zero, zero, one]
        return torch.stack(entries, -1).unflatten(-1, (3, 3))


@dataclass(frozen=True)
class OrthographicCamera:
    """A scaled-orthographic camera: every point is scaled alike, whatever its depth.

    Attributes:
        scale_px: pixels per metre.
        rotation: camera_from_head.
        translation_px: the head's origin on the picture, pixels.
    """

    scale_px: Float[Tensor, "*B"]
    rotation: Float[Tensor, "*B 3 3"]
    translation_px: Float[Tensor, "*B 2"]

    def project(self, points: Float[Tensor, "*P N 3"]) -> Projection:
        """Project points of the head frame (metres); batch dimensions broadcast.

        Depths count from the plane `ORTHOGRAPHIC_PLANE_M` before the head's origin.
        """
        seen = points @ self.rotation.mT
        points_px = self.scale_px[..., None, None] * seen[..., :2] + self.translation_px[..., None, :]
        return Projection(points_px, seen[..., 2] + ORTHOGRAPHIC_PLANE_M)

    def scaled(self, factor: float) -> "OrthographicCamera":
        """The camera of the same picture resized by `factor` (2 = twice as many pixels a side)."""
        return replace(self, scale_px=self.scale_px * factor, translation_px=(self.translation_px + 0.5) * factor - 0.5)

    def shifted(self, offset_px: Float[Tensor, "*O 2"] | tuple[float, float]) -> "OrthographicCamera":
        """The camera whose pixels lie `offset_px` further; a crop that begins at (x0, y0) is `shifted((-x0, -y0))`."""
        return replace(self, translation_px=_offset(self.translation_px, offset_px))

    def about(self, origin: Float[Tensor, "*O 3"]) -> "OrthographicCamera":
        """The camera that sees points where this one sees them as counted from `origin` (head frame, metres)."""
        shift_px = self.scale_px[..., None] * _turned(self.rotation, origin)[..., :2]
        return replace(self, translation_px=self.translation_px - shift_px)


Camera = PerspectiveCamera | OrthographicCamera


def frame_points(
    points: Float[Tensor, "*B N 3"],
    size: tuple[int, int],
    turn: Float[Tensor, "*T 3 3"] | None = None,
    margin: float = 1.1,
) -> OrthographicCamera:
    """An orthographic camera that shows all points in the middle of the picture.

    Args:
        points: head frame, metres.
        size: picture height and width, pixels.
        turn: how the head is turned (see `matrix_from_euler`); None looks straight at the face.
        margin: room around the points; 1 touches the edge.
    """
    rotation = HEAD_TO_CAMERA.to(points)
    if turn is not None:
        rotation = rotation @ turn
    rotation = rotation.expand(*points.shape[:-2], 3, 3)
    seen = (points @ rotation.mT)[..., :2]
    low, high = seen.amin(-2), seen.amax(-2)
    room = torch.tensor([size[1], size[0]], dtype=points.dtype, device=points.device)
    scale_px = (room / ((high - low) * margin).clamp(min=1e-9)).amin(-1)
    middle = scale_px[..., None] * (low + high) / 2
    return OrthographicCamera(scale_px, rotation, (room - 1) / 2 - middle)


def orthographic_from_affine(affine: Float[Tensor, "*B 2 4"]) -> OrthographicCamera:
    """The scaled-orthographic camera nearest to an affine one (points_px = affine @ [point, 1]).

    Args:
        affine: pixels per metre in the first three columns, pixels in the last.

    Returns:
        A camera with the mean scale of the two rows and the nearest rotation.
    """
    first, second = affine[..., 0, :3], affine[..., 1, :3]
    length_1, length_2 = first.norm(dim=-1), second.norm(dim=-1)
    first, second = first / length_1[..., None], second / length_2[..., None]
    third = torch.linalg.cross(first, second)
    rotation = project_to_rotation(torch.stack([first, second, third], -2))
    return OrthographicCamera((length_1 + length_2) / 2, rotation, affine[..., 3])
