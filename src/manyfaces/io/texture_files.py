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
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError, RuntimeError) as error:
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
    mean = _mean(arrays["mean" if own else "MU"], own)
    shines = "specMU" in arrays  # only AlbedoMM separates what shines, and only it holds linear light
    return TextureSpace(
        name=name,
        mean=mean,
        basis=_basis(arrays, "tex_dir" if own else "PC", mean, n_components),
        uv=torch.as_tensor(np.asarray(arrays.get("vt", np.zeros((0, 2))), np.float32)),
        uv_faces=torch.as_tensor(np.asarray(arrays.get("ft", np.zeros((0, 3)))).astype(np.int32)),
        linear=shines,
        specular_mean=_mean(arrays["specMU"], own) if shines else None,
        specular_basis=_basis(arrays, "specPC", mean, n_components) if shines else None,
    )


def _mean(values: Any, own: bool) -> Float[Tensor, "H W 3"]:
    return _maps(np.asarray(values)[..., None], own)[0]


def _basis(
    arrays: Mapping[str, Any], key: str, mean: Float[Tensor, "H W 3"], n_components: int | None
) -> Float[Tensor, "K H W 3"]:
    if n_components == 0:
        return torch.zeros(0, *mean.shape)
    return _maps(np.asarray(arrays[key])[..., :n_components], key == "tex_dir")


def _maps(values: np.ndarray, own: bool) -> Float[Tensor, "K H W 3"]:
    """Maps from arrays (H, W, 3, K), or (H W 3, K) of square maps; BGR, of 255 in FLAME's own file."""
    height = values.shape[0] if values.ndim == 4 else math.isqrt(values.shape[0] // 3)
    bgr = torch.from_numpy(np.array(values, np.float32)).reshape(-1, 3, values.shape[-1])
    maps = bgr.flip(1).flatten(0, 1).T.contiguous().reshape(values.shape[-1], height, -1, 3)
    return maps.div_(255) if own else maps
