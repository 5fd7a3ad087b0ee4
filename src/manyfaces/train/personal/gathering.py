"""A person's frames out of photos, folders and videos; what cannot be used is listed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from manyfaces.core.errors import InputError
from manyfaces.data.clips.clip import ClipConfig, LeftOutFrame, prepare_clip
from manyfaces.data.clips.eyes import ClipEyes
from manyfaces.data.clips.sample import ClipSource, PreparedFrame

PERSON = "person"
LARGEST_SET = 400
"""Frames that are learned from at most: more take longer and teach little."""


@dataclass(frozen=True)
class Gathered:
    """What there is of a person.

    Attributes:
        frames: to learn from, in the order of the sources.
        left_out: one line for each frame that is not, with its source and why.
    """

    frames: tuple[PreparedFrame, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class GatherOptions:
    """Which frames are taken.

    Attributes:
        frames: of all sources together, at most; spread evenly over videos.
        clip: how they are judged; its size, number and step are set by what is asked for here.
    """

    frames: int = 120
    clip: ClipConfig = field(default_factory=ClipConfig)


def gather(
    sources: Sequence[Path],
    eyes: ClipEyes,
    size_px: int,
    options: GatherOptions | None = None,
    tick: Callable[[str], None] | None = None,
) -> Gathered:
    """Look at everything, and keep what shows the person well.

    Args:
        sources: photos, folders of photos, videos; all of one person.
        eyes: what looks at them.
        size_px: side of the crops.
        options: which frames.
        tick: called with the name of the source for each frame that was looked at.

    Raises:
        InputError: nothing shows a face, or the number of frames makes no sense.
        VideoError: a source is not there.
    """
    options = options or GatherOptions()
    if not sources:
        raise InputError("no photo, folder or video was named", "name some of one person")
    if not 1 <= options.frames <= LARGEST_SET:
        raise InputError(f"{options.frames} frames cannot be learned from", f"give a number from 1 to {LARGEST_SET}")
    config = replace(options.clip, size_px=size_px, frames_per_clip=max(1, options.frames // len(sources)))
    frames: list[PreparedFrame] = []
    left_out: list[str] = []
    for path in sources:
        for found in prepare_clip(ClipSource(path.name, PERSON, path), eyes, config):
            if isinstance(found, LeftOutFrame):
                left_out.append(f"{path}: {found.what}")
            else:
                frames.append(found)
            if tick:
                tick(path.name)
    if not frames:
        reasons = "; ".join(left_out[:3]) or "nothing could be read"
        raise InputError(f"no frame shows a face well enough: {reasons}", "give sharper pictures of one person")
    step = len(frames) / min(len(frames), options.frames)
    spread = tuple(frames[int(k * step)] for k in range(min(len(frames), options.frames)))
    return Gathered(spread, tuple(left_out))
