"""Where a prop goes: the face in face millimetres, its skin and the light on it."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Float, UInt8

# Distances on adult heads between points of the 300-W annotation, mm: outer corners of the eyes, nasion to chin.
_EYES_MM, _NASION_CHIN_MM = 90.0, 118.0
_SKIN = (0.78, 0.60, 0.50)
_LIGHT = (-0.35, -0.5, 0.79)
_SKIN_SPOTS = ((2, 31), (14, 35), (3, 48), (13, 54), (29, 30), (57, 8), (4, 31), (12, 35))
_SMALLEST_FACE_PX = 4.0


@dataclass(frozen=True)
class Donor:
    """Another picture with a face, which patches may be cut from.

    Attributes:
        picture: the picture.
        points_px: (68, 2) the face's points in the 300-W order.
    """

    picture: UInt8[np.ndarray, "H W 3"]
    points_px: Float[np.ndarray, "68 2"]


@dataclass(frozen=True)
class Site:
    """A face in a picture, as the place for a prop.

    Props are drawn in face millimetres: origin between the eyes, x to the right of the picture along the line of the
    eyes, y down the face. So they have their true size whatever the picture's.

    Attributes:
        points_px: (68, 2) the face's points in the 300-W order.
        size: height and width of the picture, pixels.
        picture: to match colour and light to; without it, a usual skin and light from above.
        donor: where face patches come from; without it, the face itself.
    """

    points_px: Float[np.ndarray, "68 2"]
    size: tuple[int, int]
    picture: UInt8[np.ndarray, "H W 3"] | None = None
    donor: Donor | None = None

    @cached_property
    def axes(self) -> Float[np.ndarray, "2 2"]:
        """Unit vectors of the face's x and y in the picture, as rows."""
        across = self.points_px[42:48].mean(0) - self.points_px[36:42].mean(0)
        length = np.linalg.norm(across)
        right = across / length if length > 1e-6 else np.array([1.0, 0.0])
        return np.array([right, [-right[1], right[0]]])

    @cached_property
    def px_per_mm(self) -> float:
        """Pixels per millimetre; the longer of two lengths decides, for a turned head shortens one of them."""
        eyes = np.linalg.norm(self.points_px[45] - self.points_px[36])
        height = np.linalg.norm(self.points_px[8] - self.points_px[27])
        return float(max(eyes / _EYES_MM, height / _NASION_CHIN_MM, _SMALLEST_FACE_PX / _EYES_MM))

    @cached_property
    def origin_px(self) -> Float[np.ndarray, "2"]:
        """The middle between the eyes."""
        return self.points_px[36:48].mean(0)

    @cached_property
    def points_mm(self) -> Float[np.ndarray, "68 2"]:
        """The face's points in face millimetres."""
        return (self.points_px - self.origin_px) @ self.axes.T / self.px_per_mm

    def to_picture(self, points_mm: Float[np.ndarray, "*N 2"]) -> Float[np.ndarray, "*N 2"]:
        """Carry face millimetres to pixels."""
        return self.origin_px + self.px_per_mm * np.asarray(points_mm) @ self.axes

    @cached_property
    def hull_mm(self) -> Float[np.ndarray, "N 2"]:
        """Outline of the face with the forehead, which the 68 points leave out."""
        jaw, brows = self.points_mm[:17], self.points_mm[[26, 24, 19, 17]]
        return np.concatenate([jaw, brows - [0.0, 42.0] + 0.1 * (brows.mean(0) - brows)])

    @cached_property
    def face_box_mm(self) -> Float[np.ndarray, "2 2"]:
        """Least and greatest x, y of the face with the forehead."""
        return np.array([self.hull_mm.min(0), self.hull_mm.max(0)])

    @cached_property
    def skin(self) -> Float[np.ndarray, "3"]:
        """Colour of the face's skin: the median of spots on cheeks, nose and chin."""
        if self.picture is None:
            return np.array(_SKIN)
        spots = np.array([(self.points_px[i] + self.points_px[j]) / 2 for i, j in _SKIN_SPOTS])
        reach = max(1, round(2 * self.px_per_mm))
        colours = [_patch_mean(self.picture, spot, reach) for spot in spots if _inside(spot, self.size)]
        return np.median(colours, axis=0) / 255 if colours else np.array(_SKIN)

    @cached_property
    def light(self) -> Float[np.ndarray, "3"]:
        """Unit vector to the light: x right and y down in the picture, z to the viewer.

        The face is round: where it is brighter is where the light comes from.
        """
        tilt = np.array(_LIGHT[:2])
        if self.picture is not None:
            tilt = 0.5 * tilt + 0.9 * _brightening(self.picture, self.to_picture(self.hull_mm))
        length = float(np.linalg.norm(tilt))
        tilt *= min(1.0, 0.75 / max(length, 1e-9))
        return np.array([*tilt, np.sqrt(1 - tilt @ tilt)])

    @cached_property
    def exposure(self) -> float:
        """How bright something white is in the picture, [0.4, 1]."""
        if self.picture is None:
            return 0.95
        thumb = cv2.resize(self.picture, (64, 64), interpolation=cv2.INTER_AREA)
        return float(np.clip(np.quantile(thumb.max(-1), 0.97) / 255, 0.4, 0.97))


def site_from_points(
    points_68_px: Float[np.ndarray, "68 2"],
    size: tuple[int, int],
    picture: UInt8[np.ndarray, "H W 3"] | None = None,
    donor: Donor | None = None,
) -> Site:
    """The place that a face's 68 points give; see `Site`."""
    return Site(np.asarray(points_68_px, np.float64), size, picture, donor)


def site_from_box(
    box_px: Float[np.ndarray, "4"],
    size: tuple[int, int],
    picture: UInt8[np.ndarray, "H W 3"] | None = None,
    donor: Donor | None = None,
) -> Site:
    """The place that a face's box gives: an upright mean face from brows to chin fills it.

    Args:
        box_px: x0, y0, x1, y1.
        size: see `Site`.
        picture: see `Site`.
        donor: see `Site`.
    """
    low, high = np.asarray(box_px, np.float64).reshape(2, 2)
    return Site(low + MEAN_POINTS_68 * (high - low), size, picture, donor)


def _inside(point: np.ndarray, size: tuple[int, int]) -> bool:
    return bool((point >= 0).all() and point[0] <= size[1] - 1 and point[1] <= size[0] - 1)


def _patch_mean(picture: np.ndarray, spot: np.ndarray, reach: int) -> np.ndarray:
    x, y = np.round(spot).astype(int)
    patch = picture[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    return patch.reshape(-1, 3).mean(0)


def _brightening(picture: np.ndarray, outline_px: np.ndarray) -> np.ndarray:
    """How luminance grows across the face to the right and downwards, as a share of its mean per half face."""
    low = np.clip(outline_px.min(0), 0, None).astype(int)
    high = np.minimum(outline_px.max(0).astype(int) + 1, picture.shape[1::-1])
    if (high - low < 4).any():
        return np.zeros(2)
    face = cv2.resize(picture[low[1] : high[1], low[0] : high[0]], (32, 32), interpolation=cv2.INTER_AREA)
    luma = face.astype(np.float64) @ [0.299, 0.587, 0.114]
    inside = np.zeros((32, 32), np.uint8)
    scaled = (outline_px - low) * 32 / (high - low)
    cv2.fillPoly(inside, [np.round(scaled).astype(np.int32)], (1,))
    y, x = np.nonzero(inside)
    # Eyes, brows and beards are dark; the brighter half of the pixels is mostly skin.
    values = luma[y, x]
    skin = values > np.quantile(values, 0.3) if len(values) else values > 0
    if skin.sum() < 16:
        return np.zeros(2)
    design = np.stack([x[skin] / 15.5 - 1, y[skin] / 15.5 - 1, np.ones(skin.sum())], axis=-1)
    slope_x, slope_y, mean = np.linalg.lstsq(design, values[skin], rcond=None)[0]
    return np.array([slope_x, slope_y]) / max(float(mean), 1.0) * 1.6


def _mean_points() -> np.ndarray:
    angle = np.linspace(np.pi, 0, 17)
    jaw = np.stack([0.5 * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.8, 0.88 * np.sin(angle) ** 1.1], -1)
    half = np.stack([np.linspace(-0.40, -0.09, 5), [-0.03, -0.09, -0.11, -0.09, -0.05]], -1)
    brows = np.concatenate([half, half[::-1] * [-1, 1]])
    bridge = np.stack([np.zeros(4), np.linspace(0.02, 0.31, 4)], -1)
    base = np.stack([np.linspace(-0.11, 0.11, 5), [0.385, 0.40, 0.41, 0.40, 0.385]], -1)
    eye = np.array([[-0.32, 0.04], [-0.265, 0.01], [-0.195, 0.01], [-0.14, 0.045], [-0.195, 0.065], [-0.265, 0.065]])
    other = (eye * [-1, 1])[[3, 2, 1, 0, 5, 4]]
    turn = np.linspace(np.pi, -np.pi, 12, endpoint=False)
    lips = np.stack([0.18 * np.cos(turn), 0.58 - 0.065 * np.sin(turn)], -1)
    turn = np.linspace(np.pi, -np.pi, 8, endpoint=False)
    inner = np.stack([0.14 * np.cos(turn), 0.58 - 0.02 * np.sin(turn)], -1)
    points = np.concatenate([jaw, brows, bridge, base, eye, other, lips, inner])
    low, high = points.min(0), points.max(0)
    points = (points - low) / (high - low)
    points.setflags(write=False)
    return points


MEAN_POINTS_68 = _mean_points()
"""(68, 2) a schematic face from the front; 0 to 1 across its box, from the brows to the chin."""
