"""The skin of a hand: tone, redness, creases at the joints, nails."""

from dataclasses import dataclass

import numpy as np

from manyfaces.occlusion.props.canvas import Canvas
from manyfaces.occlusion.props.hand_relief import HandRelief, around, bone_axes, flat
from manyfaces.occlusion.props.hand_skeleton import Cone
from manyfaces.occlusion.props.relief import crevices, diffuse, gloss, lit_skin
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import fractal_noise, noise, random_colour

_TONES = np.array([[0.93, 0.78, 0.69], [0.84, 0.65, 0.53], [0.68, 0.48, 0.36], [0.45, 0.30, 0.22]])
_REDDER = np.array([0.6, -0.9, -0.8], np.float32)


@dataclass(frozen=True)
class _Details:
    """What joints and fingertips add; (h, w) each.

    Attributes:
        depth_mm: of creases.
        redness: relative.
        nail: share of a nail.
        fold: share of the fold of skin around one.
    """

    depth_mm: np.ndarray
    redness: np.ndarray
    nail: np.ndarray
    fold: np.ndarray


def skin_of_hand(canvas: Canvas, relief: HandRelief, cones: list[Cone], generator: np.random.Generator) -> np.ndarray:
    """The colour of each pixel of a hand, (h, w, 3); of the face's tone in two cases of three."""
    details = _details(canvas, relief, cones, generator)
    mottle = 0.02 * fractal_noise(canvas.shape, 14 * canvas.site.px_per_mm, generator, 3)
    rough = relief.height_mm - details.depth_mm + 0.05 * noise(canvas.shape, 0.9 * canvas.site.px_per_mm, generator)
    surface = canvas.blur(rough, 0.45)
    brightness = 1.03 * diffuse(surface, canvas, 0.25) * (1 - 0.75 * crevices(relief.height_mm, canvas, 3.5))
    highlight = canvas.site.exposure * gloss(surface, canvas, 16)
    tone = _tone(canvas.site, generator)
    polish = random_colour(generator, (0.5, 0.9), (0.4, 0.9)) if generator.random() < 0.15 else None
    nail_colour = 0.66 * tone + [0.31, 0.22, 0.21] if polish is None else polish
    # Colours only where the hand is: that is a small part of the window, and three planes are dear.
    on = relief.inside_mm > -2
    nail, fold, redness = details.nail[on], details.fold[on], (mottle + details.redness)[on]
    albedo = tone.astype(np.float32) * (1 + redness[:, None] * _REDDER)
    albedo += (0.85 * nail)[:, None] * (nail_colour.astype(np.float32) - albedo)
    shine = highlight[on] * (0.05 * (1 - nail) + (0.22 if polish is None else 0.4) * nail)
    rgb = np.zeros((*canvas.shape, 3), np.float32)
    rgb[on] = lit_skin(albedo * (1 - 0.3 * fold)[:, None], brightness[on]) + shine[:, None]
    return rgb


def _tone(site: Site, generator: np.random.Generator) -> np.ndarray:
    if generator.random() < 0.65:
        tone = site.skin * generator.normal(1.02, 0.04)
    else:
        tone = _TONES[int(generator.integers(len(_TONES)))] * generator.uniform(0.8, 1.05) * site.exposure
    return np.clip(tone, 0.02, 0.97)


def _details(canvas: Canvas, relief: HandRelief, cones: list[Cone], generator: np.random.Generator) -> _Details:
    details = _Details(*(np.zeros(canvas.shape, np.float32) for _ in range(4)))
    for index, cone in enumerate(cones):
        if cone.joint:
            _add_joint(details, canvas, relief, cone, index, generator)
        if cone.tip:
            _add_tip(details, canvas, relief, cone, index)
    return details


def _add_joint(
    details: _Details, canvas: Canvas, relief: HandRelief, cone: Cone, index: int, generator: np.random.Generator
) -> None:
    """Folds across the back of a joint, and its redder skin."""
    half_width = np.float32(cone.radii[0])
    offsets = (np.array([-3.2, -1.2, 0.9, 3.0]) + generator.normal(0, 0.4, 4)).tolist()
    slants, depths = generator.normal(0, 0.06, 4).tolist(), generator.uniform(0.12, 0.32, 4).tolist()
    window = around(canvas, flat(cone.ends[:1]), 1.4 * cone.radii[0])
    if window is None:
        return
    along, aside = bone_axes(canvas, cone, window)
    # The two bones that meet here may both be on top; any other on top hides the joint.
    own = np.isin(relief.owner[window], [index - 1, index])
    across = np.exp(-((aside / (0.75 * half_width)) ** 4)) * own
    for offset, slant, depth in zip(offsets, slants, depths, strict=True):
        where = offset + slant * aside - (0.02 if offset > 0 else -0.02) * aside * aside
        details.depth_mm[window] += depth * across * np.exp(-(((along - where) / 0.6) ** 2))
    details.redness[window] += 0.05 * np.exp(-(along * along) / 49 - aside * aside / 64) * own


def _add_tip(details: _Details, canvas: Canvas, relief: HandRelief, cone: Cone, index: int) -> None:
    """A nail, where the back of the fingertip is seen, and a redder tip."""
    length = float(np.linalg.norm(cone.ends[1, :2] - cone.ends[0, :2]))
    seen = length / float(np.linalg.norm(cone.ends[1] - cone.ends[0]))
    window = around(canvas, flat(cone.ends[1:]), 1.8 * cone.radii[1])
    if window is None or seen < 0.35 or cone.back[2] < 0.25:
        return
    along, aside = bone_axes(canvas, cone, window)
    own = relief.owner[window] == index
    radius = np.float32(cone.radii[1])
    # A rounded rectangle: a superellipse.
    u, v = (along - length - 0.12 * radius) / (0.98 * radius * seen), aside / (0.8 * radius)
    order = (np.abs(u) ** 2.8 + np.abs(v) ** 2.8) ** (1 / 2.8)
    details.nail[window] += np.clip((1 - order) * radius * 2 + 0.5, 0, 1) * own
    details.fold[window] += np.exp(-(((order - 1.04) * radius / 0.45) ** 2)) * (u < 0.75) * own
    details.redness[window] += 0.05 * np.clip(along / radius - 1, 0, 1) * own
