"""What a long protocol has finished, kept on the disk, so that a run that was stopped goes on where it was."""

import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import nn

import manyfaces
from manyfaces.io.atomic import atomic_path

UNFINISHED = ".unfinished"
"""Folder in OUT for what a stopped run has done."""


class Kept:
    """Arrays by item, in a folder.

    Args:
        folder: made when the first item is kept.
        basis: everything that all items depend on, such as model and seed; what was kept on another one is not seen.
    """

    def __init__(self, folder: Path, *basis: object):
        self._folder = folder
        self._basis = repr((manyfaces.__version__, *basis))

    @property
    def empty(self) -> bool:
        """Is nothing kept?"""
        return not self._folder.is_dir()

    def get(self, *item: object) -> dict[str, np.ndarray] | None:
        """What was kept of an item; None where nothing was, or it is damaged."""
        try:
            with np.load(self._path(item), allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None

    def put(self, *item: object, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep an item.

        Raises:
            OutputError: it cannot be written.
        """
        with atomic_path(self._path(item)) as path:
            np.savez(path, allow_pickle=False, **arrays)

    def clear(self) -> None:
        """Forget everything; for when the report has been written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, item: tuple[object, ...]) -> Path:
        return self._folder / f"{hashlib.sha256(repr((self._basis, item)).encode()).hexdigest()[:32]}.npz"


def weights_digest(*networks: nn.Module) -> str:
    """Of all parameters and buffers: a model that was trained anew is another model, whatever its name."""
    digest = hashlib.sha256()
    for network in networks:
        for name, tensor in network.state_dict().items():
            digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
