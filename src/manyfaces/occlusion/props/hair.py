"""Strands of hair that fall over the face."""

from dataclasses import dataclass

import cv2
import numpy as np

from manyfaces.occlusion.props.canvas import Canvas, Layer, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import bezier
from manyfaces.occlusion.props.site import Site

_COLOURS = np.array(
    [[0.11, 0.09, 0.08], [0.24, 0.16, 0.11], [0.40, 0.28, 0.18], [0.62, 0.48, 0.31], [0.76, 0.65, 0.46],
     [0.48, 0.24, 0.12], [0.62, 0.61, 0.60]]
)  # fmt: skip
_LIKE_THE_HEAD = 0.6
_STEPS = 2048  # of the table of a lock's middle


@dataclass(frozen=True)
class _Lock:
    """Strands that lie side by side and end together.

    Attributes:
        path: (N, 2) its middle, downwards, face millimetres.
        half_width: at its widest, mm.
        shine_at: where along it the highlight lies, 0 to 1.
    """

    path: np.ndarray
    half_width: float
    shine_at: float


def hair(site: Site, generator: np.random.Generator) -> Occluder:
    """Locks from the hairline down over brow, eye or cheek; often of the colour of the head's own hair."""
    colour = _colour(site, generator)
    locks = _locks(site, generator)
    layers: list[Layer] = []
    for lock in locks:
        canvas = canvas_around(site, lock.path, lock.half_width + 2)
        layers.append(_drawn(canvas, lock, colour * generator.uniform(0.85, 1.12), generator))
    layers += [_stray(site, lock, colour, generator) for lock in locks[::2]]
    shadows = [layer.canvas.shadow(layer.alpha, 4.0, 0.3) for layer in layers[: len(locks)]]
    return occluder("hair", [*shadows, *layers])


def _colour(site: Site, generator: np.random.Generator) -> np.ndarray:
    """The colour above the forehead, if that is not skin; else any."""
    usual = _COLOURS[int(generator.integers(len(_COLOURS)))] * site.exposure
    like_head = generator.random() < _LIKE_THE_HEAD
    if site.picture is None or not like_head:
        return usual
    crown = np.stack([np.linspace(-30, 30, 9), np.full(9, site.face_box_mm[0, 1] - 18)], axis=-1)
    spots = np.round(site.to_picture(crown)).astype(int)
    seen = [site.picture[y, x] for x, y in spots if 0 <= y < site.size[0] and 0 <= x < site.size[1]]
    if not seen:
        return usual
    found = np.median(seen, axis=0) / 255
    return found if np.abs(found - site.skin).max() > 0.12 else usual


def _locks(site: Site, generator: np.random.Generator) -> list[_Lock]:
    """A parting at one side; locks fan out from it and fall to one side, some across the face."""
    (left, upper), (right, lower) = site.face_box_mm
    width, height = right - left, lower - upper
    side = generator.choice([-1.0, 1.0])
    parting = np.array([(left + right) / 2 + side * generator.uniform(-0.1, 0.3) * width, upper - 16.0])
    reach, shine_at = generator.uniform(0.5, 1.1), generator.uniform(0.15, 0.4)
    locks = []
    for _ in range(int(generator.integers(6, 13))):
        start = parting + np.array([generator.normal(0, 0.10) * width, generator.uniform(-4, 6)])
        fall = side * generator.uniform(-0.05, 0.42) * width, reach * height * generator.uniform(0.6, 1.05)
        end = start + np.array(fall)
        bow, wave = side * generator.uniform(0.02, 0.2) * width, generator.normal(0, 0.05) * width
        third = (end - start) / 3
        controls = np.array([start, start + third + [bow, 0.0], start + 2 * third + [bow + wave, 0.0], end])
        locks.append(_Lock(bezier(controls, 24), generator.uniform(3.5, 9.0), shine_at + generator.normal(0, 0.03)))
    return locks


def _drawn(canvas: Canvas, lock: _Lock, colour: np.ndarray, generator: np.random.Generator) -> Layer:
    """Hair falls, so each row of the face crosses a lock once: its strands are functions of x from its middle."""
    t, across_mm, width = _lock_axes(canvas, lock)
    u = np.clip(across_mm / np.maximum(width, 0.05), -1.5, 1.5)
    # A lock gets thinner because its outer strands end or turn inwards; strands keep their own thickness, which is
    # never less than a pixel, or they would flicker.
    strand, pixel = across_mm * (1 + 0.35 * t), 1 / canvas.site.px_per_mm
    streak = _per_strand(strand, max(0.4, 1.1 * pixel), generator) + 0.8 * _per_strand(strand, 1.3, generator)
    ends = 0.86 + 0.10 * _per_strand(strand, max(0.6, pixel), generator)  # where each strand stops
    edge = np.clip((1 - np.abs(u)) * width * canvas.site.px_per_mm + 0.5, 0, 1)
    gaps = np.clip(2.6 - 2.2 * np.abs(u) - 1.2 * t + 0.9 * _per_strand(strand, max(0.5, 1.2 * pixel), generator), 0, 1)
    alpha = edge * gaps * np.clip((ends - t) / 0.05, 0, 1) * np.clip(t / 0.10, 0, 1)
    shine = np.exp(-(((t - lock.shine_at - 0.05 * streak) / 0.10) ** 2))
    shine += 0.5 * np.exp(-(((t - lock.shine_at - 0.4 - 0.05 * streak) / 0.08) ** 2))
    round_ = 0.62 + 0.45 * np.sqrt(np.maximum(1 - u * u, 0)) + 0.15 * u * np.float32(canvas.site.light[0])
    brightness = round_ * (1 + 0.17 * streak) * (0.9 + 0.35 * shine)
    rgb = colour * brightness[..., None] + (0.05 * shine * np.maximum(1 + streak, 0))[..., None]
    return canvas.layer(canvas.blur(rgb.astype(np.float32), 0.22), canvas.blur(alpha.astype(np.float32), 0.22))


def _lock_axes(canvas: Canvas, lock: _Lock) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far down a lock each pixel is (0 to 1), how far from its middle, and how wide it is there, mm."""
    first, last = lock.path[0, 1], lock.path[-1, 1]
    t = (canvas.y_mm - np.float32(first)) / np.float32(max(last - first, 1.0))
    inside = (t >= 0) & (t <= 1)
    t = np.clip(t, 0, 1)
    steps = np.linspace(0, 1, _STEPS)
    share = (lock.path[:, 1] - first) / max(last - first, 1.0)
    middle = np.interp(steps, share, lock.path[:, 0]).astype(np.float32)
    row = (t * (_STEPS - 1)).astype(np.intp)
    width = np.float32(lock.half_width) * np.clip(1.06 - t**2.4, 0.05, 1)
    return t, canvas.x_mm - middle[row], np.where(inside, width, np.float32(0.0))


def _per_strand(place_mm: np.ndarray, thickness_mm: float, generator: np.random.Generator) -> np.ndarray:
    """A random number for each strand, blended into those of its neighbours."""
    values = generator.standard_normal(128).astype(np.float32)
    at = place_mm / np.float32(thickness_mm) + 64
    low = np.floor(at).astype(np.intp)
    rest = at - low
    return values[low % 128] * (1 - rest) + values[(low + 1) % 128] * rest


def _stray(site: Site, lock: _Lock, colour: np.ndarray, generator: np.random.Generator) -> Layer:
    """A few single hairs that left the lock."""
    down = np.linspace(0, 1, len(lock.path))[:, None]
    paths = [lock.path + [generator.normal(0, 3), 0.0] + down * generator.normal(0, 9, 2) for _ in range(4)]
    canvas = canvas_around(site, np.concatenate(paths), 2.0)
    cover = np.zeros(canvas.shape, np.uint8)
    for path in paths:
        corners = np.round(canvas.pixels(path) * 16).astype(np.int32)
        cv2.polylines(cover, [corners], False, (255,), 1, cv2.LINE_AA, 4)
    return canvas.layer(colour * 1.05, cover.astype(np.float32) * (min(1.0, 0.22 * site.px_per_mm + 0.15) / 255))
