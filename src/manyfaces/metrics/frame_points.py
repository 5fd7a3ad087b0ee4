"""Errors of the 68 points in R-Net's frame, in the forms of the Occlusion Resistant Network's tables.

Tiwari et al., WACV 2022, section 4.2. The paper names a mean of "differences in euclidean distances" (ME) and a squared
mean for each axis (MSE); which distances these are it does not say, and its tables fit no single reading. `me_px` is
the usual one; `me_radial_px` takes the words as they stand.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

FRAME_PX = 224.0
"""Side of the picture that points are divided by in normalised errors."""


@dataclass(frozen=True)
class FrameErrors:
    """Errors of faces.

    Attributes:
        me_px: mean distance of the points.
        me_radial_px: mean difference of the points' distances to the picture's origin.
        mse_x: mean square of the horizontal differences, square pixels.
        mse_y: of the vertical ones.
    """

    me_px: Float[Tensor, "*B"]
    me_radial_px: Float[Tensor, "*B"]
    mse_x: Float[Tensor, "*B"]
    mse_y: Float[Tensor, "*B"]


def frame_errors(points_px: Float[Tensor, "*B P 2"], truth_px: Float[Tensor, "*B P 2"]) -> FrameErrors:
    """Compare points of the 224 pixel frame.

    Args:
        points_px: predicted.
        truth_px: where they are.
    """
    difference = points_px - truth_px
    squares = difference.square().mean(-2)
    radial = points_px.norm(dim=-1) - truth_px.norm(dim=-1)
    return FrameErrors(difference.norm(dim=-1).mean(-1), radial.abs().mean(-1), squares[..., 0], squares[..., 1])


def normalised(px: float) -> float:
    """An error in percent of the frame's side.

    The paper divides coordinates by 224; its 0.68 can then only be percent, for 0.68 of the frame is 152 pixels.
    """
    return 100 * px / FRAME_PX


def normalised_square(px2: float) -> float:
    """A squared error in squares of a percent of the frame's side."""
    return normalised(normalised(px2))


def view_spread_px(points_px: Float[Tensor, "*B V P 2"]) -> Float[Tensor, "*B"]:
    """How far the faces seen in several views of one person are apart: mean distance of the points to their mean."""
    return (points_px - points_px.mean(-3, keepdim=True)).norm(dim=-1).mean((-1, -2))


def colour_spread(means: Float[Tensor, "*B C 3"]) -> Float[Tensor, "*B"]:
    """How much a predicted colour follows the colour of what hides the face.

    Args:
        means: mean colour that is predicted behind each of C occluders that differ in colour alone.

    Returns:
        Standard deviation over the occluders, in the unit of the colours; mean over red, green and blue.
    """
    return torch.std(means, dim=-2, correction=0).mean(-1)
