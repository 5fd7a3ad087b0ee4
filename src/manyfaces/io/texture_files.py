"""Read texture spaces on FLAME's texture map: FLAME's own, the one converted from BFM, and AlbedoMM's."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import HeadFileError
from manyfaces.heads import TextureSpace
from manyfaces.io.array_files import read_arrays

BULKY = ("tex_dir", "PC", "specPC")
"""Arrays that only `read_texture` needs; hundreds of megabytes."""


def read_texture(path: str | Path, n_components: int | None = None) -> TextureSpace:
    """Read a texture space.

    Args:
        path: `FLAME_texture.npz`, `FLAME_albedo_from_BFM.npz` or `albedoModel2020_FLAME_albedoPart.npz`.
        n_components: keep the first so many; all when None.

    Returns:
        The space; the file's 0..255 become 0..1, its BGR becomes RGB.

    Raises:
        HeadFileError: there is no such file, it is damaged, or no texture space.
    """
    path = Path(path)
    arrays = read_arrays(path)
    try:
        return _space(path.stem, arrays, n_components)
    except KeyError as error:
        raise HeadFileError(f"{path.name} is no texture space: it lacks {error}", "download it again") from None
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise HeadFileError(f"{path.name} is no texture space: {error}", "download it again") from None
    except HeadFileError as error:
        raise HeadFileError(f"{path.name} cannot be used: {error.message}", error.fix or "download it again") from None


def mean_map(arrays: Mapping[str, Any]) -> TextureSpace:
    """The space without its directions, whether they were read or not."""
    return _space("mean", arrays, 0)


def _space(name: str, arrays: Mapping[str, Any], n_components: int | None) -> TextureSpace:
    if "mean" not in arrays and "MU" not in arrays:
        raise HeadFileError("it holds neither `mean` and `tex_dir` nor `MU` and `PC`")
    own = "mean" in arrays
    mean = _maps(arrays["mean" if own else "MU"], own)[0]
    shines = "specMU" in arrays  # only AlbedoMM separates what shines, and only it holds linear light
    return TextureSpace(
        name=name,
        mean=mean,
        basis=_basis(arrays, "tex_dir" if own else "PC", mean, n_components),
        uv=torch.as_tensor(np.asarray(arrays.get("vt", np.zeros((0, 2))), np.float32)),
        uv_faces=torch.as_tensor(np.asarray(arrays.get("ft", np.zeros((0, 3)))).astype(np.int32)),
        linear=shines,
        specular_mean=_maps(arrays["specMU"], own)[0] if shines else None,
        specular_basis=_basis(arrays, "specPC", mean, n_components) if shines else None,
    )


def _basis(
    arrays: Mapping[str, Any], key: str, mean: Float[Tensor, "H W 3"], n_components: int | None
) -> Float[Tensor, "K H W 3"]:
    if n_components == 0:
        return torch.zeros(0, *mean.shape)
    return _maps(np.moveaxis(np.asarray(arrays[key])[..., :n_components], -1, 0), key == "tex_dir")


def _maps(values: Any, own: bool) -> Float[Tensor, "K H W 3"]:
    """Maps (K, H, W, 3) from arrays (K, H, W, 3), (H, W, 3), or the same with the map in one row of numbers."""
    array = np.asarray(values, np.float32)
    n_maps = len(array) if array.ndim in (2, 4) else 1
    height = array.shape[-3] if array.ndim > 2 else math.isqrt(array.size // max(n_maps, 1) // 3)
    maps = array.reshape(n_maps, height, -1, 3)[..., ::-1]
    return torch.from_numpy(np.ascontiguousarray(maps / 255 if own else maps))
