"""Open a set of clips by its kind."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, get_args

from manyfaces.core.errors import ChoiceError, DataError
from manyfaces.data.clips.bupt import bupt_clips
from manyfaces.data.clips.celeb_df import celeb_df_clips
from manyfaces.data.clips.faceforensics import faceforensics_clips
from manyfaces.data.clips.folders import any_clips
from manyfaces.data.clips.mead import mead_clips
from manyfaces.data.clips.sample import ClipSet

ClipSetKind = Literal["bupt", "celeb-df", "mead", "faceforensics", "any"]

_REAL_ONLY: dict[str, Callable[[Path], ClipSet]] = {"bupt": bupt_clips, "mead": mead_clips, "any": any_clips}
_WITH_FAKES: dict[str, Callable[[Path, bool], ClipSet]] = {
    "celeb-df": celeb_df_clips,
    "faceforensics": faceforensics_clips,
}


def open_clips(kind: str, root: Path, fakes: bool = False, only: str = "*") -> ClipSet:
    """List the clips of a data set.

    Args:
        kind: of the set, or "any" for a video or a folder of any.
        root: where it lies.
        fakes: list forged videos as well, where the set has them.
        only: names of clips that are wanted; `*` stands for anything, slashes among it.

    Raises:
        ChoiceError: another kind.
        DataError: the set is not there, lies otherwise than published, or holds no clip of these names.
    """
    if kind not in get_args(ClipSetKind):
        raise ChoiceError("kind of set", kind, get_args(ClipSetKind))
    if not root.is_dir() and not (kind == "any" and root.is_file()):
        raise DataError(f"there is no folder {root}", "name the folder of the data set")
    opened = _WITH_FAKES[kind](root, fakes) if kind in _WITH_FAKES else _REAL_ONLY[kind](root)
    chosen = tuple(clip for clip in opened.clips if fnmatchcase(clip.name, only))
    if not chosen:
        raise DataError(
            f"{opened.name} holds no clip of the name {only}",
            f"the first of {len(opened.clips)} is {opened.clips[0].name}",
        )
    return ClipSet(opened.name, chosen)
