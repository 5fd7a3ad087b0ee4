"""A patch of a face pasted on a face: of another person's, or another part of its own."""

import cv2
import numpy as np

from manyfaces.occlusion.props.canvas import Canvas, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import rotation, smooth_closed
from manyfaces.occlusion.props.site import Donor, Site
from manyfaces.occlusion.props.texture import noise

# Parts of a face that are worth pasting: points of the 68.
_PARTS = (range(36, 42), range(42, 48), range(48, 60), range(27, 36), (2, 3, 31), (14, 13, 35), (57, 8), (21, 22))


def face_patch(site: Site, generator: np.random.Generator) -> Occluder:
    """A rounded patch around an eye, the nose, the mouth, a cheek, ..., turned and resized, before another part.

    Its colours are often matched to the skin around. Without a picture to cut from, it is a patch of plain skin.
    """
    here = Donor(site.picture, site.points_px) if site.picture is not None else None
    donor = site.donor or here
    own = donor is not None and donor is here
    part, goal = (np.array(_PARTS[i]) for i in _two_parts(own, generator))
    centre = site.points_mm[goal].mean(0) + generator.normal(0, 5, 2)
    outline = centre + _outline(generator)
    canvas = canvas_around(site, outline, 6.0)
    cover = canvas.fill(outline, generator.uniform(0.4, 2.0))
    if donor is None:
        rgb = site.skin * (1 + 0.03 * noise(canvas.shape, 6 * site.px_per_mm, generator))[..., None]
    else:
        rgb = _cut(canvas, donor, donor.points_px[part].mean(0), centre, generator)
    if generator.random() < 0.5:
        rgb = _matched(rgb, cover, site)
    return occluder("patch", [canvas.layer(rgb, cover)])


def _two_parts(differ: bool, generator: np.random.Generator) -> tuple[int, int]:
    """What is cut out, and where it goes; a part of the same face does not go where it is."""
    part = int(generator.integers(len(_PARTS)))
    step = int(generator.integers(1, len(_PARTS))) if differ else int(generator.integers(len(_PARTS)))
    return part, (part + step) % len(_PARTS)


def _outline(generator: np.random.Generator) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 9, endpoint=False) + generator.normal(0, 0.1, 9)
    half = generator.uniform(24, 42, 2)
    return smooth_closed(half * generator.uniform(0.85, 1.15, (9, 1)) * np.stack([np.cos(angle), np.sin(angle)], -1))


def _cut(
    canvas: Canvas, donor: Donor, from_px: np.ndarray, to_mm: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """The donor's pixels, brought to this face's size, turned and mirrored."""
    source = Site(donor.points_px, donor.picture.shape[:2])
    # Columns: where one pixel to the right and one down lead in the donor's picture.
    face_from_canvas = canvas.site.axes / canvas.site.px_per_mm
    mirror = np.diag([generator.choice([-1.0, 1.0]), 1.0])
    turned = rotation(generator.normal(0, 0.5)).T @ mirror * generator.uniform(0.85, 1.25)
    linear = source.px_per_mm * source.axes.T @ turned @ face_from_canvas
    shift = from_px - linear @ canvas.pixels(to_mm[None])[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = np.concatenate([linear, shift[:, None]], axis=1)
    patch = cv2.warpAffine(donor.picture, matrix, canvas.shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return patch.astype(np.float32) / 255


def _matched(rgb: np.ndarray, cover: np.ndarray, site: Site) -> np.ndarray:
    """The patch with the site's skin for its median colour."""
    inside = rgb[cover > 0.5]
    if not len(inside):
        return rgb
    gain = np.clip(site.skin / np.maximum(np.median(inside, axis=0), 0.05), 0.4, 2.5)
    return rgb * gain.astype(np.float32)
