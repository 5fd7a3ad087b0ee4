"""What is put before the faces, and which vertices it hides."""

from dataclasses import dataclass
from itertools import count

import numpy as np
from jaxtyping import Bool, UInt8

from manyfaces.core.errors import DataError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.co545.config import STREAM, Co545Config, CoverKind
from manyfaces.data.co545.scenes import CleanScene, front_of
from manyfaces.heads import HeadModel
from manyfaces.occlusion import Occluder, VertexClasses, draw_occluder, site_from_points, visible_vertices

MOST_ATTEMPTS = 300

SHAPES: dict[CoverKind, tuple[str, ...]] = {"hand": ("hand",), "face": ("mask", "patch"), "random": ("blob",)}
"""The occluders of each kind, by their names in `manyfaces.occlusion.OCCLUDERS`, equally often."""


@dataclass(frozen=True)
class Covered:
    """A scene behind an occluder.

    Attributes:
        image: the picture, RGB.
        mask: where the occluder is.
        front: classes of the vertices of the face's front; elsewhere a vertex is of none.
        attempt: which draw it is; those before hid too little or too much.
    """

    image: UInt8[np.ndarray, "H W 3"]
    mask: Bool[np.ndarray, "H W"]
    front: VertexClasses
    attempt: int


def cover_scene(scene: CleanScene, head: HeadModel, config: Co545Config, item: int) -> Covered:
    """Cover the scene of an item: occluders are drawn until one hides as much of the face as it should.

    Raises:
        DataError: none does, as where the face lies outside the picture.
    """
    kind, (least, most) = config.kind_of(item), config.hidden_share
    for attempt in count():
        if attempt == MOST_ATTEMPTS:
            raise DataError(
                f"no {kind} of {MOST_ATTEMPTS} hides {least:.0%} to {most:.0%} of the face in scene "
                f"{config.scene_of(item)} ({scene.subject}, {scene.expression})",
                "take that picture out of the source, or widen the share",
            )
        occluder = draw_cover(scene, kind, numpy_generator(config.seed, STREAM, "occluder", item, attempt))
        front = front_classes(scene, head, occluder.mask)
        if least <= hidden_share(front, head) <= most:
            return Covered(occluder.over(scene.image), occluder.mask, front, attempt)
    raise AssertionError


def draw_cover(scene: CleanScene, kind: CoverKind, generator: np.random.Generator) -> Occluder:
    """Draw an occluder of a kind for a scene."""
    shape = SHAPES[kind][int(generator.integers(len(SHAPES[kind])))]
    height, width = scene.image.shape[:2]
    return draw_occluder(shape, site_from_points(scene.points_68_px, (height, width), scene.image), generator)


def front_classes(scene: CleanScene, head: HeadModel, mask: Bool[np.ndarray, "H W"]) -> VertexClasses:
    """Sort the vertices of the front; see `manyfaces.occlusion.visible_vertices`."""
    classes = visible_vertices(scene.projected, head.faces, mask, perspective=scene.perspective)
    front = front_of(head).numpy()
    return VertexClasses(**{name: flags & front for name, flags in vars(classes).items()})


def hidden_share(front: VertexClasses, head: HeadModel) -> float:
    """Share of the front that is occluded."""
    return float(front.occluded.sum() / front_of(head).sum())
