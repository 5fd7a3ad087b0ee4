"""R-Net's frame: a picture of 224 pixels in which every face has the same size and place, upright or not.

Deng et al., "Accurate 3D Face Reconstruction with Weakly-Supervised Learning", 2019 (Deep3DFaceReconstruction). Five
points of the photo and of a mean face in space give a camera by least squares; the photo is scaled, so that the face
has the scale of the frame, and cut around the mean face's origin. Nothing is turned: a tilted head stays tilted, and
its tilt is one of the numbers that R-Net finds.
"""

import math
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.geometry.camera import Camera
from manyfaces.geometry.crop import Crop

RNET_PX = 224
FACE_SCALE_PX = 102.0
"""Pixels of the frame per unit of `FIVE_IN_SPACE`."""

FRAME_ORIGIN_PX = (112.0, 111.0)
"""Where the mean face's origin goes. Rows are published as counted from below, 112 of 0 to 223."""

FIVE_IN_SPACE = np.array(
    [
        (-0.3115, 0.2904, 0.1338),
        (0.3098, 0.2897, 0.1318),
        (0.0033, -0.0462, 0.5524),
        (-0.2522, -0.3813, 0.2241),
        (0.2485, -0.3813, 0.2224),
    ]
)
"""(5, 3) eyes, nose tip, mouth corners of the mean face, left in the picture first; x right, y up, z to the viewer."""
FIVE_IN_SPACE.setflags(write=False)

# Where each of the five is among the 68 points (300-W order): an eye is the middle of its two corners.
_FIVE_FROM_68 = [[36, 39], [42, 45], [30, 30], [48, 48], [54, 54]]

# Side of the crop that FaceMesh wants, in the frame: of 29 photos the median (standard deviation 9).
_MESH_CROP_PX = 243

Points = TypeVar("Points", np.ndarray, Tensor)


@dataclass(frozen=True, eq=False)
class RNetCrop:
    """A photo in R-Net's frame, and the way there and back.

    Attributes:
        image: RGB, S = 224 or another size of the same view; black beyond the photo.
        crop_from_photo: affine map of pixels: one scale, and a shift.
    """

    image: UInt8[np.ndarray, "S S 3"]
    crop_from_photo: Float[np.ndarray, "2 3"]

    @property
    def scale(self) -> float:
        """Pixels of the crop per pixel of the photo."""
        return float(self.crop_from_photo[0, 0])

    def to_crop(self, points_px: Float[np.ndarray, "*B 2"]) -> Float[np.ndarray, "*B 2"]:
        """Carry photo points to crop pixels."""
        return points_px * self.scale + self.crop_from_photo[:, 2]

    def to_photo(self, points_px: Float[np.ndarray, "*B 2"]) -> Float[np.ndarray, "*B 2"]:
        """Carry crop points to photo pixels."""
        return (points_px - self.crop_from_photo[:, 2]) / self.scale

    def camera_to_crop(self, camera: Camera) -> Camera:
        """The camera that shows on the crop what `camera` shows on the photo."""
        return _rescaled(camera, self.scale, self.crop_from_photo[:, 2])

    def camera_to_photo(self, camera: Camera) -> Camera:
        """The camera that shows on the photo what `camera` shows on the crop."""
        return _rescaled(camera, 1 / self.scale, -self.crop_from_photo[:, 2] / self.scale)


def rnet_five(points_68: Points) -> Points:
    """Eyes, nose tip and mouth corners as R-Net takes them from the 68 points of 300-W's order.

    An eye is the middle of its corners, here and in `FIVE_IN_SPACE`; `alignment.five_points` takes the mean of the
    whole ring, which ArcFace was trained with, and which moves as the eye closes.

    Args:
        points_68: (*B, 68, D).

    Returns:
        (*B, 5, D), left in the picture first.
    """
    return cast(Points, points_68[..., _FIVE_FROM_68, :].mean(-2))


def points_at(points_px: Points, size_px: int, of_px: int = RNET_PX) -> Points:
    """Carry points (*B, 2) of a picture to another size that shows the same: edges stay edges.

    Args:
        points_px: pixels; (0, 0) is the centre of the top-left one.
        size_px: side of the picture that they are carried to.
        of_px: side of the picture that they are on.
    """
    return (points_px + 0.5) * (size_px / of_px) - 0.5


def rnet_affine(five_px: Float[Tensor, "*B 5 2"], size_px: int = RNET_PX) -> Float[Tensor, "*B 2 3"]:
    """The map from a photo's pixels to R-Net's frame: the scaled-orthographic camera nearest to five points.

    Each coordinate of the picture is fitted by itself as a linear function of the points in space, with a constant. The
    two gradients' mean length is the face's scale, the two constants are its place. Whether y is measured up (as
    published) or down (as here) changes the sign of a gradient, and neither scale nor place. The design matrix never
    changes, so that the fit is one product with its pseudo-inverse.

    Args:
        five_px: eyes, nose tip and mouth corners, left in the picture first, pixels of the photo.
        size_px: side of the crop; at another size than 224 it shows the same part of the photo.

    Returns:
        crop_from_photo: scale times the identity, then the shift; without meaning where all five points coincide.
    """
    design = torch.cat([torch.tensor(FIVE_IN_SPACE), torch.ones(5, 1, dtype=torch.float64)], 1)
    fit = torch.linalg.pinv(design).to(five_px) @ five_px  # rows: three of the gradients, one of the constants
    scale = FACE_SCALE_PX / fit[..., :3, :].norm(dim=-2).mean(-1)
    shift = torch.tensor(FRAME_ORIGIN_PX).to(five_px) - scale[..., None] * fit[..., 3, :]
    scale, shift = scale * (size_px / RNET_PX), points_at(shift, size_px)
    return torch.cat([scale[..., None, None] * torch.eye(2).to(five_px), shift[..., None]], -1)


def rnet_crop(image: UInt8[np.ndarray, "H W 3"], five_px: Float[np.ndarray, "5 2"], size_px: int = RNET_PX) -> RNetCrop:
    """Cut a face as R-Net takes it.

    The published script also rounds the scaled photo and the crop's corner to whole pixels, and lets points count
    from pixel centres where it lets the picture count from edges; here picture and points move by one exact map. For
    a photo that is made smaller, the two pictures are less than two pixels of the crop apart.

    Args:
        image: the whole photo, RGB.
        five_px: see `rnet_affine`; `rnet_five` takes them from 68 points.
        size_px: side of the crop.

    Returns:
        The crop, bicubic, smoothed first where it is smaller than the photo.

    Raises:
        InputError: the points are not finite, or lie in one place.
    """
    matrix = _matrix(five_px, size_px)
    return RNetCrop(_cut(image, matrix, size_px), matrix)


def crop_from_five(five_px: Float[np.ndarray, "5 2"]) -> Crop:
    """Crop for `FaceMesh` around a face of which five points are known, with the eyes level.

    Raises:
        InputError: see `rnet_crop`.
    """
    matrix = _matrix(five_px, RNET_PX)
    x, y = (np.array(FRAME_ORIGIN_PX) - matrix[:, 2]) / matrix[0, 0]
    dx, dy = five_px[1] - five_px[0]
    return Crop((float(x), float(y)), _MESH_CROP_PX / float(matrix[0, 0]), math.atan2(dy, dx))


def _matrix(five_px: np.ndarray, size_px: int) -> np.ndarray:
    matrix = rnet_affine(torch.tensor(five_px, dtype=torch.float64), size_px).numpy()
    # A crop of less than one pixel of the photo is no face; the comparison is false for NaN.
    if not matrix[0, 0] < size_px:
        raise InputError("the five points of the face coincide, or are not finite", "give the points of one face")
    return matrix


def _rescaled(camera: Camera, scale: float, shift: np.ndarray) -> Camera:
    # `scaled` keeps the picture's edge in place; the map keeps pixel centres, half a pixel further.
    x, y = (float(value) - 0.5 * scale + 0.5 for value in shift)
    return camera.scaled(scale).shifted((x, y))


def _cut(image: np.ndarray, matrix: np.ndarray, size_px: int) -> np.ndarray:
    """Resample the whole crop pixels that lie inside the photo; the others stay black."""
    crop = np.zeros((size_px, size_px, 3), np.uint8)
    (columns, left, right), (rows, top, bottom) = (
        _inside(length, matrix[axis, axis], matrix[axis, 2], size_px)
        for axis, length in enumerate((image.shape[1], image.shape[0]))
    )
    width, height = columns.stop - columns.start, rows.stop - rows.start
    if width > 0 and height > 0:
        box = (left, top, right, bottom)
        part = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC, box)
        crop[rows, columns] = np.asarray(part)
    return crop


def _inside(length: int, scale: float, shift: float, size_px: int) -> tuple[slice, float, float]:
    """Which crop pixels lie inside the photo along an axis, and from where to where that is, edges of the photo."""
    edge = shift + 0.5 - 0.5 * scale  # of the photo, counted in crop pixels from the crop's own edge
    first, last = max(0, int(np.ceil(edge))), min(size_px, int(np.floor(edge + scale * length)))
    start, stop = (float(np.clip((at - edge) / scale, 0, length)) for at in (first, last))
    return slice(first, last), start, stop
