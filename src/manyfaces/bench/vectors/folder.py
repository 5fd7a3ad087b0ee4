"""A set of vectors on disk, and the weights and inputs that belong to it."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from manyfaces.bench.vectors import rule
from manyfaces.core.errors import InputError

FILES = (
    *("weights", "unet_idgen", "unet_expgen", "schedule", "sampler_steps", "sampler_idgen", "sampler_expgen"),
    *("idrank", "arcface", "farl", "flame", "losses"),
)
"""Every file of a set, without its ending."""

Shapes = Mapping[str, tuple[int, ...]]
_FIX = "name a folder with set.json and all vector files, or get the set anew"


class Arrays(dict[str, Any]):
    """The arrays of a file by name; one that is not there is told as the file's fault."""

    def __init__(self, path: Path, arrays: Mapping[str, Any]):
        super().__init__(arrays)
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise InputError(f"{self._path} lacks the array {name!r}", _FIX)


@dataclass(frozen=True)
class VectorSet:
    """One set.

    Attributes:
        folder: where it lies.
        seed: what its weights and inputs are drawn from.
        published_shapes: names and shapes of the published state dicts, by network; None if the set has no list.
    """

    folder: Path
    seed: str
    published_shapes: Mapping[str, Shapes] | None

    def arrays(self, name: str) -> "Arrays":
        """The arrays of a file.

        Raises:
            InputError: it is damaged.
        """
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as archive:
                return Arrays(path, {key: archive[key] for key in archive.files})
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{path} cannot be read: {error}", _FIX) from error

    def weights(self, model: str, shapes: Shapes) -> dict[str, Shaped[np.ndarray, "..."]]:
        """Draw the weights of a network."""
        return {name: rule.weight(self.seed, model, name, shape) for name, shape in shapes.items()}

    def head_arrays(self) -> dict[str, Float[np.ndarray, "..."]]:
        """Draw the arrays of the head model."""
        return {name: rule.head_array(self.seed, name) for name in rule.HEAD_SHAPES}

    def input(self, key: str, *shape: int) -> Float[Tensor, "..."]:
        """Draw an input."""
        return torch.from_numpy(rule.normal(self.input_key(key), shape))

    def input_key(self, key: str) -> str:
        """Key of an input's random stream."""
        return f"{self.seed}:input:{key}"


def open_vectors(folder: Path) -> VectorSet:
    """Open a set.

    Raises:
        InputError: a file is missing or damaged.
    """
    if missing := [name for name in ("set.json", *(f"{n}.npz" for n in FILES)) if not (folder / name).is_file()]:
        raise InputError(f"{folder} lacks {', '.join(missing)}", _FIX)
    seed = _json(folder / "set.json").get("seed")
    if not isinstance(seed, str):
        raise InputError(f"{folder / 'set.json'} names no seed", 'it must hold {"seed": "..."}')
    lists = [path for path in (folder / "state_dicts.json", folder.parent / "state_dicts.json") if path.is_file()]
    shapes = None
    if lists:
        shapes = {
            model: {name: tuple(shape) for name, shape in tensors.items()} for model, tensors in _json(lists[0]).items()
        }
    return VectorSet(folder, seed, shapes)


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}", _FIX) from error
    if not isinstance(values, dict):
        raise InputError(f"{path} must hold a JSON object", _FIX)
    return values
