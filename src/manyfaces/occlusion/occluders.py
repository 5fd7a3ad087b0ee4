"""Occluders as plain outlines, for training: contiguous things in front of a face, drawn from a seed.

The shapes are placed relative to the 68 face points, so that the same code hides parts of a rendered head (training
data), of a photo (demonstrations) or of nothing but a list of points. Shape and paint are drawn apart:
`sample_occluder` says which pixels are hidden, `paint_occluder` what they look like. What they give for a generator
must not change: shipped weights were trained on it. Occluders that look like real things are in `occlusion.props`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float

from manyfaces.core.errors import ChoiceError
from manyfaces.occlusion.polygon import fill_polygon

OccluderKind = Literal["block", "mouth", "eyes", "half", "blob", "band", "several"]
OCCLUDER_KINDS: tuple[OccluderKind, ...] = get_args(OccluderKind)

_NOSE_TIP, _CHIN = 30, 8
_EYE_CORNERS = 36, 45


@dataclass(frozen=True)
class OccluderShape:
    """The outline of something in front of a face.

    Attributes:
        kind: which family of shapes it was drawn from.
        mask: (H, W), true where it hides the picture.
    """

    kind: OccluderKind
    mask: Bool[np.ndarray, "H W"]


@dataclass(frozen=True)
class _FaceFrame:
    """The face's own axes in the picture: unit vectors `right` and `down`, extents along them."""

    points_px: np.ndarray
    right: np.ndarray
    down: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> np.ndarray:
        return self.high - self.low

    @property
    def centre(self) -> np.ndarray:
        return (self.low + self.high) / 2

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Carry (N, 2) points from face axes to pixels."""
        return points[:, :1] * self.right + points[:, 1:] * self.down

    def from_picture(self, points_px: np.ndarray) -> np.ndarray:
        """Carry (N, 2) pixels to face axes."""
        return np.stack([points_px @ self.right, points_px @ self.down], axis=-1)


def sample_occluder(
    points_68_px: Float[np.ndarray, "68 2"],
    size: tuple[int, int],
    generator: np.random.Generator,
    kind: OccluderKind | None = None,
) -> OccluderShape:
    """Draw one occluder for a face.

    Args:
        points_68_px: the face's 68 points in the 300-W order, pixels.
        size: height and width of the picture, pixels.
        generator: source of every random choice.
        kind: family of shapes; drawn evenly from `OCCLUDER_KINDS` when None.

    Returns:
        The occluder; its mask may be empty only where the face lies outside the picture.

    Raises:
        ChoiceError: `kind` is not one of `OCCLUDER_KINDS`.
    """
    if kind is None:
        kind = OCCLUDER_KINDS[int(generator.integers(len(OCCLUDER_KINDS)))]
    if kind not in OCCLUDER_KINDS:
        raise ChoiceError("occluder kind", kind, OCCLUDER_KINDS)
    frame = _face_frame(np.asarray(points_68_px, dtype=np.float64))
    mask = np.zeros(size, np.uint8)
    for shape in _several(generator) if kind == "several" else (kind,):
        fill_polygon(mask, _SHAPES[shape](frame, generator))
    return OccluderShape(kind, mask.astype(bool))


def _several(generator: np.random.Generator) -> list[OccluderKind]:
    single = [kind for kind in OCCLUDER_KINDS if kind not in ("several", "half")]
    return [single[i] for i in generator.choice(len(single), 2, replace=False)]


def _face_frame(points_px: np.ndarray) -> _FaceFrame:
    across = points_px[_EYE_CORNERS[1]] - points_px[_EYE_CORNERS[0]]
    length = np.linalg.norm(across)
    right = across / length if length > 1e-6 else np.array([1.0, 0.0])
    down = np.array([-right[1], right[0]])
    own = np.stack([points_px @ right, points_px @ down], axis=-1)
    return _FaceFrame(points_px, right, down, own.min(0), own.max(0))


def _turned(points: np.ndarray, centre: np.ndarray, angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return (points - centre) @ np.array([[cosine, sine], [-sine, cosine]]) + centre


def _rectangle(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.array([low, [high[0], low[1]], high, [low[0], high[1]]])


def _ellipse(low: np.ndarray, high: np.ndarray, corners: int = 32) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return (low + high) / 2 + (high - low) / 2 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _block(frame: _FaceFrame, generator: np.random.Generator) -> np.ndarray:
    """A box of 25-60 % of the face box's sides, anywhere inside it, upright in the picture."""
    low, high = frame.points_px.min(0), frame.points_px.max(0)
    side = (high - low) * generator.uniform(0.25, 0.6, 2)
    corner = low + (high - low - side) * generator.uniform(0, 1, 2)
    return _rectangle(corner, corner + side)


def _mouth(frame: _FaceFrame, generator: np.random.Generator) -> np.ndarray:
    """A mask or a hand over the mouth: nose tip to chin, turned with the face."""
    top, bottom = frame.from_picture(frame.points_px[[_NOSE_TIP, _CHIN]])
    middle = (top[0] + bottom[0]) / 2 + frame.size[0] * generator.normal(0, 0.04)
    half_width = frame.size[0] * generator.uniform(0.25, 0.5)
    slack = frame.size[1] * generator.normal(0, 0.06, 2)
    low = np.array([middle - half_width, top[1] + slack[0]])
    high = np.array([middle + half_width, max(bottom[1] + slack[1], low[1] + 0.2 * frame.size[1])])
    outline = (_rectangle if generator.random() < 0.5 else _ellipse)(low, high)
    return frame.to_picture(_turned(outline, (low + high) / 2, generator.normal(0, 0.08)))


def _eyes(frame: _FaceFrame, generator: np.random.Generator) -> np.ndarray:
    """Sunglasses, a blindfold, a fringe: a band over both eyes."""
    eyes = frame.from_picture(frame.points_px[36:48])
    middle = eyes.mean(0) + frame.size * generator.normal(0, 0.03, 2)
    half = frame.size * [generator.uniform(0.38, 0.6), generator.uniform(0.1, 0.24)]
    return frame.to_picture(_turned(_rectangle(middle - half, middle + half), middle, generator.normal(0, 0.06)))


def _half(frame: _FaceFrame, generator: np.random.Generator) -> np.ndarray:
    """One side of the face, up to a line near its middle, with some margin outside."""
    margin = frame.size * generator.uniform(0.02, 0.2, 2)
    low, high = frame.low - margin, frame.high + margin
    axis, upper = int(generator.integers(2)), generator.random() < 0.5
    cut = frame.centre[axis] + frame.size[axis] * generator.normal(0, 0.06)
    (high if upper else low)[axis] = cut
    return frame.to_picture(_turned(_rectangle(low, high), frame.centre, generator.normal(0, 0.12)))


def _blob(frame: _FaceFrame, generator: np.random.Generator) -> np.ndarray:
    """A smooth round thing across the face's edge: radius by angle as a short Fourier series."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    order = np.arange(1, 6)[:, None]
    waves = np.cos(order * angle + generator.uniform(0, 2 * np.pi, (5, 1))) / order
    radius = 1 + (generator.uniform(-0.45, 0.45, (5, 1)) * waves).sum(0)
    around = generator.uniform(0, 2 * np.pi)
    offset = generator.uniform(0.2, 1.0) * np.array([np.cos(around), np.sin(around)])
    centre = frame.centre + offset * frame.size / 2
    reach = frame.size.mean() * generator.uniform(0.22, 0.45) * generator.uniform(0.75, 1.3, 2)
    outline = centre + reach * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return frame.to_picture(outline)


def _band(frame: _FaceFrame, generator: np.random.Generator) -> np.ndarray:
    """An arm, a microphone, a pole: a bar at any angle, through the face or ending on it."""
    centre = frame.centre + frame.size * generator.normal(0, 0.17, 2)
    scale = frame.size.mean()
    thickness = scale * generator.uniform(0.06, 0.19)
    start = -scale * (generator.uniform(0.0, 0.3) if generator.random() < 0.5 else 1.2)
    low = centre + np.array([start, -thickness])
    high = centre + np.array([1.2 * scale, thickness])
    outline = _rectangle(low, high)
    outline[:2, 1] += thickness * generator.uniform(-0.3, 0.3, 2)
    return frame.to_picture(_turned(outline, centre, generator.uniform(0, 2 * np.pi)))


_SHAPES: dict[str, Callable[[_FaceFrame, np.random.Generator], np.ndarray]] = {
    "block": _block,
    "mouth": _mouth,
    "eyes": _eyes,
    "half": _half,
    "blob": _blob,
    "band": _band,
}
