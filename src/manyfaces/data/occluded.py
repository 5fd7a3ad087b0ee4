"""Photos with something put before the face: picture, mask and record."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.core.seeds import numpy_generator
from manyfaces.io.atomic import atomic_path
from manyfaces.io.image import write_image
from manyfaces.occlusion import Donor, draw_occluder, site_from_points

FORMAT = 1
"""Of the record."""


@dataclass(frozen=True)
class OccludedPhoto:
    """A photo behind an occluder.

    Attributes:
        kind: of the occluder, a name in `manyfaces.occlusion.OCCLUDERS`.
        seed: that it was drawn from, together with the photo's name and the kind asked for.
        rgb: the picture.
        mask: where the occluder hides it.
        points_68_px: the face's points that it was placed by.
        hidden_share: share of the face, brows to chin, that is hidden.
    """

    kind: str
    seed: int
    rgb: UInt8[np.ndarray, "H W 3"]
    mask: Bool[np.ndarray, "H W"]
    points_68_px: Float[np.ndarray, "68 2"]
    hidden_share: float


@dataclass(frozen=True)
class OccludedFiles:
    """Where the three files of one occluded photo lie."""

    picture: Path
    mask: Path
    record: Path

    @staticmethod
    def named(folder: Path, name: str) -> "OccludedFiles":
        """FOLDER/NAME.png, NAME_mask.png, NAME.json."""
        return OccludedFiles(folder / f"{name}.png", folder / f"{name}_mask.png", folder / f"{name}.json")


def occlude_photo(
    rgb: UInt8[np.ndarray, "H W 3"],
    points_68_px: Float[np.ndarray, "68 2"],
    kind: str,
    seed: int,
    name: str,
    donor: Donor | None = None,
) -> OccludedPhoto:
    """Put an occluder before a face.

    Args:
        rgb: the photo, left as it is.
        points_68_px: the face's 68 points.
        kind: a name in `manyfaces.occlusion.OCCLUDERS`, or `random`.
        seed: same seed, photo's name and kind: same occluder.
        name: of the photo; photos of one seed get different occluders.
        donor: where face patches are cut from, in place of the face itself.

    Raises:
        ChoiceError: there is no such kind.
    """
    height, width = rgb.shape[:2]
    site = site_from_points(points_68_px, (height, width), rgb, donor)
    occluder = draw_occluder(kind, site, numpy_generator(seed, "occlude", kind, name))
    face = np.zeros((height, width), np.uint8)
    outline = cv2.convexHull(points_68_px.astype(np.float32))[:, 0]
    cv2.fillPoly(face, [np.round(outline).astype(np.int32)], (1,))
    hidden = float(occluder.mask[face > 0].mean()) if face.any() else 0.0
    return OccludedPhoto(occluder.kind, seed, occluder.over(rgb), occluder.mask, points_68_px, hidden)


def write_occluded(photo: OccludedPhoto, files: OccludedFiles, source: str) -> None:
    """Write the picture, the mask (white where hidden; `reconstruct --occlusion` takes it) and, last, the record.

    Raises:
        OutputError: a file cannot be written.
    """
    write_image(files.picture, photo.rgb)
    write_image(files.mask, np.repeat(photo.mask[..., None].astype(np.uint8) * 255, 3, axis=-1))
    record = {
        "format": FORMAT,
        "source": source,
        "kind": photo.kind,
        "seed": photo.seed,
        "size": list(photo.rgb.shape[:2]),
        "hidden_share": round(photo.hidden_share, 4),
        "points_68_px": photo.points_68_px.round(3).tolist(),
        "picture": files.picture.name,
        "mask": files.mask.name,
    }
    with atomic_path(files.record) as temporary:
        temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
