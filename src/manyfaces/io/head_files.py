"""Find and read head models by name or path; keep those that were imported."""

import io
from pathlib import Path

import numpy as np

from manyfaces.assets import cache_folder, packaged
from manyfaces.core.errors import HeadFileError
from manyfaces.heads import HeadData
from manyfaces.io.array_files import read_arrays
from manyfaces.io.atomic import atomic_path
from manyfaces.io.bfm_files import BFM, HOW_TO_GET_BFM, read_bfm
from manyfaces.io.flame_files import FLAME_VERSIONS, flame_from_files, read_flame
from manyfaces.io.flame_parts import BULKY
from manyfaces.io.head_layout import arrays_from_head, head_from_arrays

PACKAGED_HEADS = ("openhead",)

#: Heads that are known by a name once they were imported, and how to get each, one line.
IMPORTED_HEADS = {name: version.how_to_get for name, version in FLAME_VERSIONS.items()} | {BFM: HOW_TO_GET_BFM}


def load_head(name_or_path: str | Path) -> HeadData:
    """Read a head model.

    Args:
        name_or_path: "openhead"; "flame20", "flame23", "flame23-no-jaw", "flame23-open" or "bfm" once it was imported;
            an npz file in our own layout; a FLAME .pkl or .npz; or BFM's `BFM_model_front.mat`.

    Returns:
        Its arrays: float32 and int32, metres.

    Raises:
        HeadFileError: there is no such file, it is damaged, it is no head model, or it holds anything but arrays.
    """
    name = str(name_or_path)
    if name in PACKAGED_HEADS:
        path = packaged(f"{name}.npz")
    elif name in IMPORTED_HEADS:
        path = imported_path(name)
        if not path.is_file():
            raise HeadFileError(f"head {name!r} was not imported yet", IMPORTED_HEADS[name])
    else:
        path = Path(name_or_path)
    _check_is_head_file(path)
    if path.suffix == ".mat":
        return read_bfm(path)
    arrays = read_arrays(path, leave_out=BULKY)
    if path.suffix == ".pkl" or "v_template" in arrays:
        return flame_from_files({path: arrays})
    return head_from_arrays(path.stem, arrays)


def import_flame(paths: list[Path], name: str | None = None) -> tuple[HeadData, Path]:
    """Convert a FLAME model, with what belongs to it, and keep it for `load_head`.

    Args:
        paths: see `read_flame`.
        name: which version it is; told from the name of the model's file when None.

    Returns:
        The head, and the file that keeps it.

    Raises:
        HeadFileError: see `read_flame`; or the version is not told and cannot be seen.
        ChoiceError: there is no version of that name.
        OutputError: the file cannot be written.
    """
    head = read_flame(paths, name)
    if head.name not in FLAME_VERSIONS:
        raise HeadFileError(
            f"which FLAME {head.name} is cannot be told from its name", f"say --name {'|'.join(FLAME_VERSIONS)}"
        )
    return head, _keep(head)


def import_bfm(path: Path) -> tuple[HeadData, Path]:
    """Convert BFM, and keep it for `load_head`.

    Args:
        path: see `read_bfm`.

    Returns:
        The head, and the file that keeps it.

    Raises:
        HeadFileError: see `read_bfm`.
        OutputError: the file cannot be written.
    """
    head = read_bfm(path)
    return head, _keep(head)


def save_head(path: str | Path, head: HeadData) -> None:
    """Write a head in our own layout, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    buffer = io.BytesIO()
    np.savez(buffer, **arrays_from_head(head))  # pyright: ignore[reportArgumentType]
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def imported_path(name: str) -> Path:
    """Where an imported head is kept."""
    return cache_folder() / "heads" / f"{name}.npz"


def _keep(head: HeadData) -> Path:
    path = imported_path(head.name)
    save_head(path, head)
    return path


def _check_is_head_file(path: Path) -> None:
    if not path.is_file():
        what = "is a folder, not a head file" if path.is_dir() else "does not exist"
        names = ", ".join((*PACKAGED_HEADS, *IMPORTED_HEADS))
        raise HeadFileError(f"head model {path} {what}", f"heads with a name: {names}; others by their file")
    if path.suffix not in (".pkl", ".npz", ".mat"):
        raise HeadFileError(f"head model {path.name} is neither .pkl nor .npz nor .mat")
