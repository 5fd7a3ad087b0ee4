"""What a predictor is given: photos of many kinds, masks, and which faces to take."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool
from PIL import Image
from torch import Tensor

from manyfaces.core.errors import ChoiceError, ImageError, MaskError, NoFaceError
from manyfaces.detect import FaceBox
from manyfaces.io.image import read_image, read_mask

Photo = str | Path | Image.Image | np.ndarray
Occlusion = Literal["auto", "none"] | str | Path | np.ndarray | None
FaceChoice = Literal["all", "largest"] | int


def read_photos(photos: Sequence[Photo] | Tensor) -> list[np.ndarray]:
    """Photos of any kind as (H, W, 3) uint8 RGB arrays."""
    if isinstance(photos, Tensor):
        if photos.dtype != torch.uint8 or photos.ndim != 4 or photos.shape[1] != 3:
            shape = "x".join(map(str, photos.shape))
            raise ImageError(f"the tensor is {photos.dtype}, {shape}", "needed: uint8 RGB, (photos, 3, height, width)")
        return [read_image(photo.permute(1, 2, 0).cpu().numpy()) for photo in photos]
    return [read_image(photo) for photo in photos]


def side_px(face: FaceBox) -> float:
    """Longer side of a face's box."""
    return float((face.box_px[2:] - face.box_px[:2]).max())


def choose_faces(faces: list[FaceBox], choice: FaceChoice | str) -> list[tuple[int, FaceBox]]:
    """The faces that are asked for, with their numbers.

    Args:
        faces: of one photo, largest first.
        choice: which.

    Raises:
        NoFaceError: there are none, or not as many.
        ChoiceError: not a choice.
    """
    numbered = list(enumerate(faces))
    if not numbered:
        raise NoFaceError("no face was found", "try a photo in which a face is larger, or less hidden")
    if choice == "all":
        return numbered
    index = 0 if choice == "largest" else choice
    if not isinstance(index, int) or isinstance(index, bool):
        raise ChoiceError("face", choice, ["all", "largest", "a number from 0"])
    if not 0 <= index < len(numbered):
        raise NoFaceError(
            f"there is no face {index}: {len(numbered)} found", f"give a number from 0 to {len(numbered) - 1}"
        )
    return [numbered[index]]


def known_mask(occlusion: Occlusion, image: np.ndarray) -> Bool[np.ndarray, "H W"] | None:
    """The mask that was given; None if it is to be found."""
    size = (image.shape[0], image.shape[1])
    if occlusion is None or (isinstance(occlusion, str) and occlusion == "none"):
        return np.zeros(size, bool)
    if isinstance(occlusion, str) and occlusion == "auto":
        return None
    if isinstance(occlusion, np.ndarray):
        if occlusion.shape != size:
            raise MaskError(
                f"the mask has shape {occlusion.shape}, the photo {size}", "give a mask of the photo's size"
            )
        return occlusion.astype(bool)
    return read_mask(occlusion, size)
