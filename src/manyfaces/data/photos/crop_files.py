"""Crops as data sets keep them: a 224 pixel JPEG and, beside it, 112 pixel planes in [-1, 1] in an npy file."""

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from manyfaces.detect.alignment import ARCFACE_PX
from manyfaces.io.atomic import atomic_path
from manyfaces.io.face_crops import read_aligned

Channels = Literal["rgb", "bgr"]

# As far as crops of one photo differ in mean colour; nearer than this to grey nothing can be told.
_LEAST_DIFFERENCE = 2.0


def read_planes(path: Path, channels: Channels = "rgb") -> UInt8[np.ndarray, "112 112 3"]:
    """Read a (3, 112, 112) crop, (x - 127.5) / 127.5, as 8-bit RGB.

    Such crops were cut from 8-bit pictures, so that nothing is lost.

    Args:
        path: the npy file.
        channels: the order that its planes are in. Published sets have both.

    Raises:
        InputError: it is missing, damaged, or something else.
    """
    planes = read_aligned(path)
    rgb = np.clip(np.rint(planes * 127.5 + 127.5), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return np.ascontiguousarray(rgb[..., ::-1] if channels == "bgr" else rgb)


def write_planes(path: Path, rgb: UInt8[np.ndarray, "112 112 3"]) -> None:
    """Write a crop as (3, 112, 112) float32 planes, RGB."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, (rgb.transpose(2, 0, 1).astype(np.float32) - 127.5) / 127.5)


def looks_swapped(aligned: UInt8[np.ndarray, "112 112 3"], portrait: UInt8[np.ndarray, "224 224 3"]) -> bool | None:
    """Say whether red and blue of the aligned crop are exchanged, judged by the portrait of the same photo.

    The middle of both shows the same face, so that their mean colours agree in the right order only.

    Returns:
        None where the face is too grey to tell.
    """
    small, large = ARCFACE_PX // 4, portrait.shape[0] // 3
    own = aligned[small:-small, small:-small].reshape(-1, 3).mean(0)
    other = portrait[large:-large, large:-large].reshape(-1, 3).mean(0)
    # Brightness tells nothing: what counts is how far red is above blue.
    own_tint, tint = own[0] - own[2], other[0] - other[2]
    if min(abs(own_tint), abs(tint)) < _LEAST_DIFFERENCE:
        return None
    return bool((own_tint > 0) != (tint > 0))
