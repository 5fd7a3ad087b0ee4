"""From a character and a tracked clip to a folder of files."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from manyfaces.core.errors import ManyfacesError, NoFaceError
from manyfaces.io.frames import FrameStream
from manyfaces.io.report_files import REPORT_NAME
from manyfaces.io.video_writing import write_video
from manyfaces.pipeline.animation.character import Character
from manyfaces.pipeline.animation.export import VIDEO_NAME, save_animation
from manyfaces.pipeline.animation.playing import Played, PlayOptions, play
from manyfaces.pipeline.video import LostFrame, TrackedFrame


def animate(
    character: Character,
    stream: FrameStream,
    tracked: Iterable[TrackedFrame | LostFrame],
    out: str | Path,
    options: PlayOptions | None = None,
    with_vertices: bool = False,
    run: Mapping[str, Any] | None = None,
    told: Callable[[], None] = lambda: None,
    saving: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Let a character do what a driver does.

    Writes `animation.glb`, `animation.npz` (see `npz_arrays`), `side_by_side.mp4` and `report.json`, which comes last.
    Frames are taken one by one and none is kept, so clips may be of any length. What was done before a fault, or before
    Ctrl-C, is written.

    Args:
        character: who is animated.
        stream: the clip, for its rate, its name and its faults.
        tracked: its frames, as `manyfaces.pipeline.video.track` gives them.
        out: folder, made if missing.
        options: how the clip is played.
        with_vertices: put the vertices of all frames into the npz file.
        run: plain values for the report's `run` entry.
        told: called after each frame.
        saving: called after the last; what follows takes seconds.

    Returns:
        The report; `clip.faults` in it says what the clip ended with.

    Raises:
        NoFaceError: the driver was found in no frame.
        VideoError: no frame could be read.
        InputError: the driver was tracked on another head model than the character's.
        OutputError: a file cannot be written.
    """
    out, options = Path(out), options or PlayOptions()
    with write_video(out / VIDEO_NAME, stream.fps) as video:
        played = play(character, tracked, video, options, told)
        if not len(played.motion):
            raise _nothing(stream, played)
        # From here on files are replaced, so the old report is no longer true.
        (out / REPORT_NAME).unlink(missing_ok=True)
    saving()
    faults = [*stream.faults, *([] if played.fault is None else [played.fault])]
    clip = {"name": stream.name, "fps": round(stream.fps, 4), "faults": [str(fault) for fault in faults]}
    return save_animation(character, played, out, with_vertices, clip, run)


def _nothing(stream: FrameStream, played: Played) -> ManyfacesError:
    if not played.n_frames and stream.faults:
        return stream.faults[0]
    if played.stopped:
        return NoFaceError(f"stopped before a face was found in {stream.name}")
    why = f": {played.lost[0].reason}" if played.lost else ""
    return NoFaceError(
        f"no face was found in the {played.n_frames} frames of {stream.name}{why}",
        "take a clip in which a face is larger, or less hidden",
    )
