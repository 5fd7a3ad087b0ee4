"""Lists of published sets: which photos there are, and which parameters belong to them.

A list is a dict from an item to its photos and its parameter file; some write the photos first, some the parameters.
It is pickled into an npy file, which is read without running anything; lists that this package writes are JSON.
"""

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from manyfaces.core.errors import DataError
from manyfaces.data.photos.crop_files import Channels
from manyfaces.data.photos.photo_set import Missing, PhotoFiles, PhotoSet, checked
from manyfaces.data.photos.sample import Entry
from manyfaces.io.restricted_pickle import load_npy_dict

_CROPS = "arcface_input"
# Folders of parameters, and the head they name: coefficients mean nothing on another one. MICA's "FLAME" is of 2020.
_PARAMETER_FOLDERS = {
    "FLAME23_parameters": "flame23",
    "FLAME_parameters": "flame20",
    "FLAME20_parameters": "flame20",
    "parameters": None,
    ".": None,
}
_PICTURES = {".jpg", ".jpeg", ".png", ".npy", ".bmp", ".tif", ".tiff"}
_ITEM_SEPARATOR = "__"  # subject__sequence__frame
# Parts of one set that show the same people.
_PARTS = re.compile(r"_(HQ|LQ|TRAIN|VAL)\b.*", re.IGNORECASE)


def open_photo_set(
    folder: Path,
    list_file: Path | None = None,
    channels: Channels = "rgb",
    missing: Missing = "error",
    n_identity: int = 300,
    n_expression: int = 50,
    head: str | None = None,
    lists: str = "",
) -> PhotoSet:
    """Open a set in the layout that MICA and OFER train from, and check that all its files are there.

    ```
    <root>/image_paths/arcface23/<NAME>.npy            the list: item -> parameters, [photos] (in either order)
    <root>/<NAME>/arcface_input/<photo>.jpg, .npy      crops of 224 and 112 pixels
    <root>/<NAME>/FLAME23_parameters/<parameters>      coefficients
    ```

    Args:
        folder: `<root>/<NAME>`.
        list_file: the list, where it lies elsewhere; npy or json.
        channels: order of the planes in the npy crops.
        missing: what to do about photos whose files are not there; see `checked`.
        n_identity: coefficients that are read.
        n_expression: likewise.
        head: "flame20" or "flame23": leaves out folders of parameters that name the other one.
        lists: folder in `image_paths` that the list lies in, such as "arcface23"; needed where several hold one.

    Raises:
        DataError: there is no list, it is damaged, or it names files that are not there.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder", "name the folder of one set, <root>/<NAME>")
    list_file = list_file or find_list(folder, lists)
    found = read_list(list_file)
    parameters = _parameter_folder(folder, found, head)
    entries, files = [], []
    for item, (photos, truth) in found.items():
        for photo in photos:
            stem = _without_ending(photo)
            entries.append(_entry(folder.name, item, stem))
            crop = folder / _CROPS / stem
            portrait, aligned = crop.with_name(f"{crop.name}.jpg"), crop.with_name(f"{crop.name}.npy")
            files.append(PhotoFiles(portrait, aligned, parameters / truth))
    opened = PhotoSet(
        name=folder.name,
        list_file=list_file,
        entries=tuple(entries),
        files=tuple(files),
        head=_PARAMETER_FOLDERS[parameters.name if parameters != folder else "."],
        channels=channels,
        n_identity=n_identity,
        n_expression=n_expression,
    )
    return checked(opened, missing)


def find_list(folder: Path, lists: str = "") -> Path:
    """Where the list of a set lies: in `image_paths` beside its folder, or in one of the folders there.

    Args:
        folder: of the set.
        lists: the one of those folders, "." for `image_paths` itself; any when empty.

    Raises:
        DataError: there is none, or there are several.
    """
    place = folder.parent / "image_paths"
    pattern = f"{folder.name}.%s" if lists else f"**/{folder.name}.%s"
    found = [path for ending in ("json", "npy") for path in sorted((place / lists).glob(pattern % ending))]
    if not found:
        wanted = place / (lists or "arcface23") / f"{folder.name}.npy"
        raise DataError(f"there is no list of {folder.name} in {place / lists}", f"put it at {wanted}, or name it")
    if len(found) > 1:
        names = sorted({path.parent.relative_to(place).as_posix() for path in found}) if not lists else []
        fix = f"name the folder of the right one: --lists {' or '.join(names)}" if len(names) > 1 else "keep one"
        raise DataError(f"{folder.name} has {len(found)} lists: {', '.join(map(str, found))}", fix)
    return found[0]


def read_list(path: Path) -> dict[str, tuple[tuple[str, ...], str]]:
    """Read a list: photos and parameter file of each item, in the list's order.

    Raises:
        DataError: it is missing, damaged, holds anything but names, or names files outside its folders.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read the list {path}: {error.strerror}") from None
    if path.suffix == ".json":
        try:
            found = json.loads(raw)
        except ValueError as error:
            raise DataError(f"the list {path} is damaged: {error}") from None
    else:
        found = load_npy_dict(raw, str(path))
    if not isinstance(found, dict) or not found:
        raise DataError(f"the list {path} names nothing")
    return {str(item): _both_orders(path, str(item), value) for item, value in found.items()}


def _both_orders(path: Path, item: str, value: Any) -> tuple[tuple[str, ...], str]:
    """Photos and parameters of an item, whichever was written first."""
    parts = list(value) if isinstance(value, list | tuple) and len(value) == 2 else []
    names = [part for part in parts if isinstance(part, str)]
    lists = [part for part in parts if isinstance(part, list | tuple)]
    if len(names) != 1 or len(lists) != 1 or not all(isinstance(photo, str) for photo in lists[0]):
        raise DataError(f"the list {path} says of {item}: {str(value)[:80]}", "needed: [parameters, [photo, ...]]")
    for name in (*names, *lists[0]):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise DataError(f"the list {path} names {name}, which lies outside the set's folder")
    return tuple(lists[0]), names[0]


def _parameter_folder(folder: Path, found: dict[str, tuple[tuple[str, ...], str]], head: str | None) -> Path:
    """The folder that holds the parameters the list begins with; the published one where none does."""
    truths = [truth for _, truth in found.values()]
    names = [name for name, of in _PARAMETER_FOLDERS.items() if None in (head, of) or of == head]
    for name in names:
        if any((folder / name / truth).is_file() for truth in truths[:20]):
            return folder / name
    return folder / names[0]


def _entry(set_name: str, item: str, stem: str) -> Entry:
    subject = f"{_PARTS.sub('', set_name)}/{item.split(_ITEM_SEPARATOR)[0]}"
    return Entry(f"{set_name}/{stem}", f"{set_name}/{item}", subject)


def _without_ending(photo: str) -> str:
    """A photo's name without the ending of a picture; other dots belong to the name."""
    ending = PurePosixPath(photo).suffix
    return photo.removesuffix(ending) if ending.lower() in _PICTURES else photo
