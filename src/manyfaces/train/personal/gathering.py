"""A person's frames out of photos, folders and videos; what cannot be used is listed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from manyfaces.core.errors import InputError
from manyfaces.data.clips.clip import ClipConfig, LeftOutFrame, prepare_clip
from manyfaces.data.clips.eyes import ClipEyes
from manyfaces.data.clips.sample import ClipSource, PreparedFrame
from manyfaces.detect.frame_choice import FaceLook, FrameLimits, FrameLook, choose_frames
from manyfaces.io.picture_names import VIDEO_SUFFIXES

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
        InputError: nothing was named or shows a face, or the number of frames makes no sense.
    """
    options = options or GatherOptions()
    if not sources:
        raise InputError("no photo, folder or video was named", "name some of one person")
    if not 1 <= options.frames <= LARGEST_SET:
        raise InputError(f"{options.frames} frames cannot be learned from", f"give a number from 1 to {LARGEST_SET}")
    n_videos = sum(path.suffix.lower() in VIDEO_SUFFIXES for path in sources)
    config = replace(options.clip, size_px=size_px, frames_per_clip=max(1, options.frames // max(1, n_videos)))
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
    if eyes.knows_people and len(sources) > 1:
        frames = _of_one_person(frames, eyes, config.limits, left_out)
    n = min(len(frames), options.frames)
    return Gathered(tuple(frames[k * len(frames) // n] for k in range(n)), tuple(left_out))


def _of_one_person(
    frames: list[PreparedFrame], eyes: ClipEyes, limits: FrameLimits, left_out: list[str]
) -> list[PreparedFrame]:
    """Each source was searched for its own person; of all together, whoever is on most frames is meant."""
    looks = [FrameLook(k, f.time_s, (FaceLook(1.0, eyes.recognise(f.crop)),)) for k, f in enumerate(frames)]
    choice = choose_frames(looks, replace(limits, sharpness=0.0))
    left_out += [
        f"{frames[one.number].clip}: frame {frames[one.number].number + 1}: {one.reason}" for one in choice.set_aside
    ]
    return [frames[one.number] for one in choice.kept]
