"""Which vertices of a mesh a picture shows, which an occluder hides, and which the mesh hides itself."""

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.core.errors import ChoiceError
from manyfaces.render import visible_vertices as seen_by_depth

VisibilityRule = Literal["depth", "diverse3d"]

_DILATION_PX = 2
_TOLERANCE_M = 0.002


@dataclass(frozen=True)
class VertexClasses:
    """Every vertex is of one class.

    Attributes:
        visible: the picture shows it.
        occluded: it would be seen, but for the occluder.
        self_occluded: behind the mesh, or outside the picture; no occluder is to blame.
    """

    visible: Bool[np.ndarray, "V"]
    occluded: Bool[np.ndarray, "V"]
    self_occluded: Bool[np.ndarray, "V"]


def visible_vertices(
    points_px: Float[Tensor, "V 3"],
    faces: Int[Tensor, "F 3"],
    mask: Bool[np.ndarray, "H W"],
    rule: VisibilityRule = "depth",
    never_occluded: Bool[np.ndarray, "V"] | None = None,
    perspective: bool = False,
) -> VertexClasses:
    """Sort the vertices of a mesh into visible, occluded and self-occluded.

    - `depth`: a vertex is self-occluded when it lies more than 2 mm behind the mesh at its pixel or outside the
      picture. Of the others, those are occluded where the mask, made 2 pixels wider and read bilinearly, is one half
      or more.
    - `diverse3d`, as the published evaluation of Diverse3DFace does: no depth is looked at and nothing is
      self-occluded, so the back of the head is visible; occluded is where the mask, read bilinearly, is above zero.

    Args:
        points_px: x and y in pixels, and depth in metres.
        faces: of the mesh.
        mask: true where the picture shows something in front of the face.
        rule: see above.
        never_occluded: vertices that are visible whatever the mask says; `diverse3d` leaves eyeballs out so.
        perspective: see `manyfaces.render.rasterise`.

    Raises:
        ChoiceError: there is no such rule.
    """
    points = points_px.detach().cpu()
    positions = points[:, :2].double().numpy()
    if rule == "depth":
        seen = seen_by_depth(points_px[None], faces, mask.shape, _TOLERANCE_M, perspective=perspective)
        seen = seen[0].cpu().numpy()
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _DILATION_PX + 1,) * 2)
        behind = bilinear(cv2.dilate(mask.astype(np.uint8), kernel), positions) >= 0.5
    elif rule == "diverse3d":
        seen, behind = np.ones(len(positions), bool), bilinear(mask, positions) > 0
    else:
        raise ChoiceError("visibility rule", rule, get_args(VisibilityRule))
    if never_occluded is not None:
        behind = behind & ~never_occluded
    return VertexClasses(seen & ~behind, seen & behind, ~seen)


def bilinear(values: np.ndarray, positions_px: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "N"]:
    """Read (H, W) values between pixels; outside the picture they are zero."""
    height, width = values.shape
    padded = np.zeros((height + 2, width + 2))
    padded[1:-1, 1:-1] = values
    # From one pixel outside the picture on there is nothing.
    x, y = (
        np.clip(np.nan_to_num(positions_px[:, k], nan=-1.0) + 1, 0, side + 1) for k, side in ((0, width), (1, height))
    )
    column, row = (np.minimum(np.floor(at), side).astype(np.intp) for at, side in ((x, width), (y, height)))
    right, lower = x - column, y - row
    above = padded[row, column] * (1 - right) + padded[row, column + 1] * right
    below = padded[row + 1, column] * (1 - right) + padded[row + 1, column + 1] * right
    return above * (1 - lower) + below * lower
