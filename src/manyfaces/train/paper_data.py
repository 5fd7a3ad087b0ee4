"""The paper's data sets as a person has them under one folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from manyfaces.core.errors import DataError, InputError
from manyfaces.data.photos import OcclusionAugment, PhotoSource, SampleSet, open_set, photo_source
from manyfaces.data.tar_shards import INDEX


@dataclass(frozen=True)
class DataOptions:
    """What a person says of the data.

    Attributes:
        root: folder that holds a folder for each set, or one of shards.
        sets: names of the sets; those of the paper when empty. `STIRLING` also means `STIRLING_HQ` and the like.
        channels: order of the planes in the 112 pixel crops.
        missing: what to do about photos whose files are not there.
        lists: folder in `ROOT/image_paths` that the lists lie in; any when empty.
    """

    root: Path | None = None
    sets: tuple[str, ...] = ()
    channels: Literal["rgb", "bgr"] = "rgb"
    missing: Literal["error", "skip"] = "error"
    lists: str = ""


@dataclass(frozen=True)
class TrainingData:
    """Both sides of a split by person.

    Attributes:
        train: what is learnt from.
        validation: people that are only looked at.
    """

    train: PhotoSource
    validation: PhotoSource

    @property
    def n_people(self) -> int:
        """Items to learn from; a pass over them is an epoch."""
        return len(self.train.items)


def open_training_data(
    options: DataOptions, sets: tuple[str, ...], head: str, images_per_person: int, hide: bool, expressions: bool
) -> TrainingData:
    """Open sets and split them by person.

    Args:
        options: what a person says of them.
        sets: the paper's.
        head: whose coefficients are read.
        images_per_person: photos of each person drawn.
        hide: paint occluders on training photos.
        expressions: the expressions are what is learnt, and must be known.

    Raises:
        InputError: no folder was named, or it is none.
        DataError: a set is not there or cannot be used.
    """
    folders = _folders(_root(options), options.sets or sets)
    opened = [open_set(folder, options.channels, options.missing, head=head, lists=options.lists) for folder in folders]
    blind = [photos.name for photos in opened if expressions and not photos.has_expression]
    if blind:
        raise DataError(f"the parameters of {', '.join(blind)} hold no expressions", "fit them first, see docs/data.md")
    augment = OcclusionAugment() if hide else None
    return TrainingData(
        _side(opened, "train", images_per_person, augment), _side(opened, "validation", images_per_person, augment)
    )


def _side(
    opened: Sequence[SampleSet], side: Literal["train", "validation"], n_images: int, augment: OcclusionAugment | None
) -> PhotoSource:
    return photo_source(opened, side, n_images=n_images, augment=augment)


def _root(options: DataOptions) -> Path:
    if options.root is None:
        raise InputError("this recipe trains on data sets", "name the folder that holds them: --data ROOT")
    if not options.root.is_dir():
        raise InputError(f"{options.root} is not a folder", "name the folder that holds the data sets: --data ROOT")
    return options.root


def _folders(root: Path, names: tuple[str, ...]) -> list[Path]:
    """Folders of the sets; those of the parts of a set, where it has been cut into parts."""
    if (root / INDEX).is_file():
        return [root]
    there = sorted(path for path in root.iterdir() if path.is_dir() and path.name != "image_paths")
    found = {name: [p for p in there if f"{p.name}_".upper().startswith(f"{name}_".upper())] for name in names}
    lost = [name for name in names if not found[name]]
    if lost:
        raise DataError(
            f"{root} holds no set {', '.join(lost)} (it holds {', '.join(p.name for p in there) or 'no folder'})",
            "put it there, or name the sets that you have: --sets NAME ...",
        )
    return [path for paths in found.values() for path in paths]
