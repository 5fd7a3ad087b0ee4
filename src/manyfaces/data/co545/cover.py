"""What is put before the faces, and which vertices it hides."""

from dataclasses import dataclass
from itertools import count

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from manyfaces.core.errors import DataError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.co545.config import STREAM, Co545Config, CoverKind
from manyfaces.data.co545.scenes import CleanScene, front_of
from manyfaces.heads import HeadModel
from manyfaces.metrics import Regions, face_regions
from manyfaces.occlusion import OccluderKind, paint_occluder, sample_occluder
from manyfaces.render.visibility import visible_vertices

DEPTH_TOLERANCE_M = 0.002
MASK_MARGIN_PX = 2
MOST_ATTEMPTS = 300

_SHAPES: dict[CoverKind, tuple[OccluderKind, ...]] = {
    "hand": ("band",),
    "face": ("mouth", "eyes"),
    "random": ("blob", "block", "several"),
}


@dataclass(frozen=True)
class Covered:
    """A scene behind an occluder.

    Attributes:
        image: the picture, RGB.
        mask: where the occluder is.
        regions: classes of the vertices.
        attempt: which draw it is; those before hid too little or too much.
    """

    image: UInt8[np.ndarray, "H W 3"]
    mask: Bool[np.ndarray, "H W"]
    regions: Regions
    attempt: int


def cover_scene(scene: CleanScene, head: HeadModel, config: Co545Config, item: int) -> Covered:
    """Cover the scene of an item: occluders are drawn until one hides as much of the face as it should.

    Raises:
        DataError: none does, as where the face lies outside the picture.
    """
    kind, front = config.kind_of(item), front_of(head)
    facing = facing_vertices(scene, head)
    least, most = config.hidden_share
    for attempt in count():
        if attempt == MOST_ATTEMPTS:
            raise DataError(
                f"no {kind} of {MOST_ATTEMPTS} hides {least:.0%} to {most:.0%} of the face in scene "
                f"{config.scene_of(item)} ({scene.subject}, {scene.expression})",
                "take that picture out of the source, or widen the share",
            )
        generator = numpy_generator(config.seed, STREAM, "occluder", item, attempt)
        image, mask = put_before(scene, kind, generator)
        regions = face_regions(front, facing, covered_vertices(scene, mask))
        if least <= float(regions.occluded.sum() / front.sum()) <= most:
            return Covered(image, mask, regions, attempt)
    raise AssertionError


def put_before(
    scene: CleanScene, kind: CoverKind, generator: np.random.Generator
) -> tuple[UInt8[np.ndarray, "H W 3"], Bool[np.ndarray, "H W"]]:
    """Draw an occluder and put it before a scene: the picture and the mask."""
    shapes = _SHAPES[kind]
    shape = shapes[int(generator.integers(len(shapes)))]
    mask = sample_occluder(scene.points_68_px, scene.image.shape[:2], generator, shape).mask
    return paint_occluder(scene.image, mask, generator), mask


def facing_vertices(scene: CleanScene, head: HeadModel) -> Bool[torch.Tensor, " V"]:
    """Which vertices the camera sees, by the depth of the face itself."""
    height, width = scene.image.shape[:2]
    return visible_vertices(
        scene.projected[None], head.faces, (height, width), DEPTH_TOLERANCE_M, perspective=scene.perspective
    )[0]


def covered_vertices(
    scene: CleanScene, mask: Bool[np.ndarray, "H W"], margin_px: int = MASK_MARGIN_PX
) -> Bool[torch.Tensor, " V"]:
    """Which vertices lie under a mask grown by a margin: bilinear, one half or more."""
    reach = 2 * margin_px + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    grown = cv2.dilate(mask.astype(np.uint8), kernel)
    return torch.from_numpy(bilinear(grown, scene.projected[:, :2].numpy()) >= 0.5)


def bilinear(values: np.ndarray, points_px: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, " N"]:
    """Read a picture between its pixels; beyond its edge it is zero."""
    padded = np.pad(values.astype(float), 1)
    height, width = padded.shape
    x = np.clip(points_px[:, 0] + 1, 0, width - 1)
    y = np.clip(points_px[:, 1] + 1, 0, height - 1)
    left, top = (np.minimum(np.floor(v).astype(int), most - 2) for v, most in ((x, width), (y, height)))
    u, v = x - left, y - top
    above = (1 - u) * padded[top, left] + u * padded[top, left + 1]
    below = (1 - u) * padded[top + 1, left] + u * padded[top + 1, left + 1]
    return (1 - v) * above + v * below
