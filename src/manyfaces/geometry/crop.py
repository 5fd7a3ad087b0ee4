"""A turned square of a picture, and the affine maps to and from its pixels."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Crop:
    """A square region of a picture.

    Attributes:
        centre_px: x and y of its centre, picture pixels.
        size_px: its side, picture pixels.
        angle_rad: direction of its x axis on the picture, radians; positive turns from x right to y down.
    """

    centre_px: tuple[float, float]
    size_px: float
    angle_rad: float = 0.0

    def matrix(self, output_size: int) -> Float[np.ndarray, "2 3"]:
        """crop_from_picture for a crop of `output_size` pixels a side, as `cv2.warpAffine` takes it.

        Pixel centres are whole numbers on both sides, so the picture's edge at -0.5 maps to the crop's edge at -0.5.
        """
        scale = output_size / self.size_px
        cosine, sine = scale * math.cos(self.angle_rad), scale * math.sin(self.angle_rad)
        linear = np.array([[cosine, sine], [-sine, cosine]])
        offset = (output_size - 1) / 2 - linear @ np.array(self.centre_px)
        return np.concatenate([linear, offset[:, None]], 1)

    def inverse_matrix(self, output_size: int) -> Float[np.ndarray, "2 3"]:
        """picture_from_crop, the inverse of `matrix`."""
        scale = self.size_px / output_size
        cosine, sine = scale * math.cos(self.angle_rad), scale * math.sin(self.angle_rad)
        linear = np.array([[cosine, -sine], [sine, cosine]])
        offset = np.array(self.centre_px) - linear @ np.full(2, (output_size - 1) / 2)
        return np.concatenate([linear, offset[:, None]], 1)

    def to_crop(self, points_px: Float[np.ndarray, "N 2"], output_size: int) -> Float[np.ndarray, "N 2"]:
        """Carry picture points to crop pixels."""
        matrix = self.matrix(output_size)
        return points_px @ matrix[:, :2].T + matrix[:, 2]

    def to_picture(self, points_px: Float[np.ndarray, "N 2"], output_size: int) -> Float[np.ndarray, "N 2"]:
        """Carry crop points to picture pixels."""
        matrix = self.inverse_matrix(output_size)
        return points_px @ matrix[:, :2].T + matrix[:, 2]
