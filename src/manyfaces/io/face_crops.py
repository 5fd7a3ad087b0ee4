"""Faces that were cut out beforehand: a portrait of 224 pixels, and ArcFace's input as an array beside it."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from manyfaces.core.errors import ImageError, InputError
from manyfaces.detect.alignment import ARCFACE_PX, PORTRAIT_PX, FaceCrops, to_portrait
from manyfaces.io.image import read_image

_PREPARE = "prepare it again, or reconstruct the photo itself"
_ROUNDING = 0.01


def read_face_crops(portrait: str | Path, aligned: str | Path | None = None) -> FaceCrops:
    """Read one prepared face.

    Args:
        portrait: picture of 224 x 224 pixels.
        aligned: what ArcFace gets, an .npy file of (3, 112, 112) numbers in [-1, 1], its channels taken as they are;
            by default the file of the portrait's name with .npy for its suffix.

    Returns:
        A batch of one.

    Raises:
        ImageError: the portrait is missing, damaged or of another size.
        InputError: the array is missing, damaged or something else.
    """
    picture = read_image(portrait)
    if picture.shape[:2] != (PORTRAIT_PX, PORTRAIT_PX):
        size = f"{picture.shape[1]}x{picture.shape[0]}"
        raise ImageError(f"{portrait} has {size} px, a prepared portrait {PORTRAIT_PX}x{PORTRAIT_PX}", _PREPARE)
    array = read_aligned(Path(portrait).with_suffix(".npy") if aligned is None else Path(aligned))
    return FaceCrops(torch.from_numpy(array[None]), to_portrait(picture[None]))


def read_aligned(path: Path) -> Float32[np.ndarray, "3 112 112"]:
    """Read what ArcFace gets, as it is: (3, 112, 112) numbers in [-1, 1].

    Raises:
        InputError: the file is missing, damaged or something else.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist: it should hold ArcFace's input", _PREPARE)
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        why = "it holds Python objects" if "allow_pickle" in str(error) else "it is damaged or no .npy file"
        raise InputError(f"cannot read {path}: {why}", _PREPARE) from error
    if not isinstance(array, np.ndarray) or array.shape != (3, ARCFACE_PX, ARCFACE_PX) or array.dtype.kind != "f":
        what = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else "several arrays"
        raise InputError(f"{path} holds {what}, not floats of shape (3, {ARCFACE_PX}, {ARCFACE_PX})", _PREPARE)
    largest = float(np.abs(array).max())
    if not largest <= 1 + _ROUNDING:
        raise InputError(f"{path} holds numbers up to {largest:g} in size, not from -1 to 1", _PREPARE)
    return array.astype(np.float32)
