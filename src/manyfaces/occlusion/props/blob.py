"""A shape of no particular kind before the face, of any texture, sometimes one can see through."""

import numpy as np

from manyfaces.occlusion.props.canvas import Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import bezier
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import anything

_SEE_THROUGH = 0.3
_LEAST_OPACITY = 0.55  # less would not count as hiding anything


def blob(site: Site, generator: np.random.Generator) -> Occluder:
    """A random closed Bezier curve through 3 to 15 points, smooth or edgy.

    After RandOcc (Voo et al. 2022, "Delving into high-quality synthetic face occlusion segmentation datasets"), with
    procedural textures for photographed ones. There, opacity is drawn between 0.4 and 0.7; here it does not go
    below 0.55, or the mask would be empty.
    """
    low, high = site.face_box_mm
    reach = generator.uniform(0.22, 0.42, 2) * (high - low)
    centre = low + generator.uniform(0.1, 0.9, 2) * (high - low)
    outline = centre + _outline(generator) * reach
    canvas = canvas_around(site, outline, 6.0)
    scale_px = generator.uniform(15, 60) * site.px_per_mm
    cover = canvas.fill(outline, generator.uniform(0.3, 1.0))
    see_through = generator.random() < _SEE_THROUGH
    opacity = generator.uniform(_LEAST_OPACITY, 0.75) if see_through else 1.0
    paint = canvas.layer(anything(canvas.shape, scale_px, generator), opacity * cover)
    if see_through or generator.random() < 0.5:
        return occluder("blob", [paint])
    return occluder("blob", [canvas.shadow(cover, 6.0, 0.35), paint])


def _outline(generator: np.random.Generator) -> np.ndarray:
    """A closed curve that fills the square from -1 to 1: cubic pieces whose tangents agree where they meet."""
    n_corners = int(generator.integers(3, 16))
    corners = generator.uniform(-1, 1, (n_corners, 2))
    corners = corners[np.argsort(np.arctan2(*(corners - corners.mean(0)).T[::-1]))]
    handle, edgy = generator.uniform(0.1, 0.6), generator.uniform(0, 1)
    following = np.roll(corners, -1, axis=0)
    ahead = _directions(following - corners)
    # Edgy curves leave a corner towards the next one; smooth ones in the mean direction of both sides.
    tangents = _directions(edgy * ahead + (1 - edgy) * (ahead + np.roll(ahead, 1, axis=0)))
    pieces = []
    for here, there, out, into in zip(corners, following, tangents, np.roll(tangents, -1, axis=0), strict=True):
        length = handle * np.linalg.norm(there - here)
        pieces.append(bezier(np.array([here, here + length * out, there - length * into, there]))[:-1])
    outline = np.concatenate(pieces)
    low, high = outline.min(0), outline.max(0)
    return (2 * outline - low - high) / np.maximum(high - low, 1e-3)


def _directions(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
