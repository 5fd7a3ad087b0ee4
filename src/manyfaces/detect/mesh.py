"""468 points on a face (MediaPipe's FaceMesh: Kartynnik et al. 2019, arXiv 1907.06724)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from manyfaces.detect.boxes import FaceBox
from manyfaces.detect.sampling import sample_crop
from manyfaces.geometry.crop import Crop

TensorFunction = Callable[[np.ndarray], list[np.ndarray]]
"""Runs one network: its input tensor in, its output tensors out. Handed in, so that no file is opened here."""

CROP_PIXELS = 192
_CROP_PER_BOX = 1.5
_RIGHT_EYE_CORNER, _LEFT_EYE_CORNER = 33, 263


@dataclass(frozen=True)
class FacePoints:
    """The dense points of one face.

    Attributes:
        points_px: (468, 2) x and y, picture pixels.
        depth_px: (468,) depth in the same scale, smaller is nearer to the camera, zero near the middle of the head.
        score: how sure the network is that the crop shows a face, in [0, 1].
        crop: the square the points were found in.
    """

    points_px: Float[np.ndarray, "468 2"]
    depth_px: Float[np.ndarray, "468"]
    score: float
    crop: Crop


FindPoints = Callable[[np.ndarray, Crop], FacePoints]
"""Finds the points of the face in a crop of a picture: a `FaceMesh`."""


class FaceMesh:
    """Finds the 468 points of the face in a crop.

    Args:
        network: runs the face-landmark network; (1, 192, 192, 3) float32 in [0, 1] in, 1404 coordinates in crop
            pixels and one score logit out.
    """

    def __init__(self, network: TensorFunction):
        self._network = network

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], crop: Crop) -> FacePoints:
        """Find the points of the face that fills two thirds of `crop`.

        Args:
            image: (H, W, 3) uint8 RGB.
            crop: where the face is, see `crop_from_box` and `crop_from_points`.
        """
        pixels = sample_crop(image, crop, CROP_PIXELS, replicate_border=True)
        outputs = self._network((pixels.astype(np.float32) / 255)[None])
        coordinates = next(o for o in outputs if o.size == 3 * 468).reshape(468, 3).astype(np.float64)
        logit = next(o for o in outputs if o.size == 1).item()
        points = crop.to_picture(coordinates[:, :2] + NETWORK_OFFSET, CROP_PIXELS)
        depth = coordinates[:, 2] * (crop.size_px / CROP_PIXELS)
        return FacePoints(points.astype(np.float32), depth.astype(np.float32), _sigmoid(logit), crop)


NETWORK_OFFSET = -0.5
"""Pixel-centre coordinate minus the network's: it counts from the crop's edge."""


def crop_from_box(box: FaceBox) -> Crop:
    """Crop for `FaceMesh` from a detection: 1.5 times the box, turned so that the eyes are level."""
    x0, y0, x1, y1 = (float(v) for v in box.box_px)
    dx, dy = (float(v) for v in box.keypoints_px[1] - box.keypoints_px[0])
    return Crop(((x0 + x1) / 2, (y0 + y1) / 2), _CROP_PER_BOX * max(x1 - x0, y1 - y0), math.atan2(dy, dx))


def crop_from_points(points_px: Float[np.ndarray, "468 2"]) -> Crop:
    """Crop for `FaceMesh` from points found before: 1.5 times their box, with the eye corners level.

    The box is taken along the crop's own axes, so that the crop turns with the face.
    """
    dx, dy = (float(v) for v in points_px[_LEFT_EYE_CORNER] - points_px[_RIGHT_EYE_CORNER])
    angle = math.atan2(dy, dx)
    axes = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    turned = points_px @ axes.T
    low, high = turned.min(0), turned.max(0)
    centre = (low + high) / 2 @ axes
    return Crop((float(centre[0]), float(centre[1])), _CROP_PER_BOX * float((high - low).max()), angle)


def settled_points(mesh: FindPoints, image: UInt8[np.ndarray, "H W 3"], crop: Crop) -> FacePoints:
    """Find the points, then find them again in the crop that they ask for: a first crop is seldom quite right.

    Args:
        mesh: a `FaceMesh`.
        image: RGB.
        crop: where the face is, see `crop_from_box`.
    """
    return mesh(image, crop_from_points(mesh(image, crop).points_px))


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-min(max(logit, -60.0), 60.0)))
