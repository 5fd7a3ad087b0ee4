"""What the detector says of one face, in the frame of its crop: the input of point-conditioned methods."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from manyfaces.detect.mesh import FacePoints
from manyfaces.geometry.crop import Crop

HIDDEN_CELLS = 16
"""Cells a side of the map of what is hidden."""


@dataclass(frozen=True)
class PointObservation:
    """Points and what hides them, in crop units: (0, 0) is the crop's middle, its edges lie at -1 and 1.

    Crop units keep what the detector's errors depend on: an occluder makes it misplace the crop and then the points.

    Attributes:
        points: x and y of the 468 points, hidden ones included (there the detector guesses).
        depth: their depth, same scale.
        hidden: share of each cell of a 16 x 16 grid over the crop that is hidden or outside the picture.
        score: the detector's face score, in [0, 1].
    """

    points: Float[np.ndarray, "468 2"]
    depth: Float[np.ndarray, "468"]
    hidden: Float[np.ndarray, "16 16"]
    score: float


def observe(points: FacePoints, mask: Bool[np.ndarray, "H W"]) -> PointObservation:
    """Carry points and a mask of hidden pixels into the crop's frame.

    Args:
        points: what `FaceMesh` found.
        mask: (H, W) of the picture, true where something hides the face.
    """
    crop = points.crop
    return PointObservation(
        points=to_crop_units(points.points_px, crop),
        depth=(points.depth_px * (2 / crop.size_px)).astype(np.float32),
        hidden=hidden_cells(mask, crop),
        score=float(points.score),
    )


def to_crop_units(points_px: Float[np.ndarray, "N 2"], crop: Crop) -> Float[np.ndarray, "N 2"]:
    """Picture pixels to crop units."""
    return ((points_px - np.array(crop.centre_px)) @ _axes(crop) * (2 / crop.size_px)).astype(np.float32)


def from_crop_units(points: Float[np.ndarray, "N 2"], crop: Crop) -> Float[np.ndarray, "N 2"]:
    """Crop units to picture pixels."""
    return points * (crop.size_px / 2) @ _axes(crop).T + np.array(crop.centre_px)


def _axes(crop: Crop) -> np.ndarray:
    """Columns: the crop's x and y axes on the picture."""
    cosine, sine = math.cos(crop.angle_rad), math.sin(crop.angle_rad)
    return np.array([[cosine, -sine], [sine, cosine]])


def hidden_cells(mask: Bool[np.ndarray, "H W"], crop: Crop) -> Float[np.ndarray, "16 16"]:
    """Share of each cell of the crop that is hidden; what lies outside the picture is hidden too."""
    fine = 4 * HIDDEN_CELLS
    # Shrink first where a fine cell covers several pixels, so that thin occluders are not stepped over.
    shrink = max(1, int(crop.size_px / fine))
    share = mask.astype(np.float32)
    if shrink > 1:
        share = cv2.blur(share, (shrink, shrink), borderType=cv2.BORDER_REPLICATE)
    cells = cv2.warpAffine(share, crop.matrix(fine), (fine, fine), flags=cv2.INTER_LINEAR, borderValue=1.0)
    return cells.reshape(HIDDEN_CELLS, 4, HIDDEN_CELLS, 4).mean((1, 3))


def hidden_at(points: Float[np.ndarray, "*B N 2"], hidden: Float[np.ndarray, "*B 16 16"]) -> Float[np.ndarray, "*B N"]:
    """How hidden each point is (0 to 1), read bilinearly from the grid; both in crop units."""
    place = np.clip((points + 1) / 2 * HIDDEN_CELLS - 0.5, 0, HIDDEN_CELLS - 1)
    low = np.minimum(place.astype(int), HIDDEN_CELLS - 2)
    part = place - low
    x, y, fx, fy = low[..., 0], low[..., 1], part[..., 0], part[..., 1]
    flat = hidden.reshape(*hidden.shape[:-2], -1)

    def cell(dy: int, dx: int) -> np.ndarray:
        return np.take_along_axis(flat, (y + dy) * HIDDEN_CELLS + x + dx, -1)

    top = cell(0, 0) * (1 - fx) + cell(0, 1) * fx
    return (top * (1 - fy) + (cell(1, 0) * (1 - fx) + cell(1, 1) * fx) * fy).astype(np.float32)
