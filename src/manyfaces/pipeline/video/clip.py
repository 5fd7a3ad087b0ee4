"""A clip as a folder of results, written while it is tracked: what was done is kept, whatever ends it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import manyfaces
from manyfaces.core.errors import VideoError
from manyfaces.io.bundles import write_bundle
from manyfaces.io.frames import FrameStream, open_frames
from manyfaces.io.report_files import REPORT_NAME, report_text
from manyfaces.io.video_writing import VideoWriter, write_video
from manyfaces.pipeline.predictor import Predictor
from manyfaces.pipeline.video.chunks import ChunkWriter, remove_chunks
from manyfaces.pipeline.video.drawing import OverlayDrawer, shrunk
from manyfaces.pipeline.video.following import Say
from manyfaces.pipeline.video.frames import LostFrame, TrackedFrame
from manyfaces.pipeline.video.options import TrackOptions
from manyfaces.pipeline.video.person import FIRST_PASS_FRAMES, ClipPerson, find_person, no_face
from manyfaces.pipeline.video.shared import SHARED_FILES, write_shared
from manyfaces.pipeline.video.tally import Tally
from manyfaces.pipeline.video.tracking import track

OVERVIEW = "overview.mp4"

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how many frames of it are, and of how many."""


@dataclass(frozen=True)
class ClipResult:
    """What became of a clip.

    Attributes:
        tracked: frames that were reconstructed.
        lost: frames on which the person was not found.
        faults: what could not be read.
        seconds: from the first frame of the second pass to the last.
    """

    tracked: int
    lost: int
    faults: tuple[VideoError, ...]
    seconds: float


def reconstruct_clip(
    path: str | Path,
    folder: Path,
    predictor: Predictor,
    options: TrackOptions | None = None,
    run: Mapping[str, Any] | None = None,
    say: Say = lambda remark: None,
    progress: Progress = lambda stage, done, of: None,
) -> ClipResult:
    """Reconstruct one person in a video file, in two passes: who it is, then every frame.

    Writes `frames/*.npz` (see `frame_arrays`), `faces.npz` and `faces.glb` (see `write_shared`), `overview.mp4`, and
    `report.json` last. It says `"complete": false` where the file could not be read to its end, or the work was
    interrupted; the other files then hold what was done before.

    Args:
        path: the video; or a folder of pictures, in natural order.
        folder: made if missing; results of an earlier run are replaced.
        predictor: a model.
        options: how to track.
        run: plain values for the report's `run` entry.
        say: takes remarks.
        progress: told of every frame.

    Raises:
        VideoError: it is no video.
        NoFaceError: no frame shows a face.
        OutputError: the folder cannot be written.
        KeyboardInterrupt: when interrupted, after what was done has been written.
    """
    options = options or TrackOptions()
    person = None
    if options.person is None:
        person = _who(path, predictor, options, say, progress)
        options = replace(options, person=person.identity)
    (folder / REPORT_NAME).unlink(missing_ok=True)
    remove_chunks(folder)
    tally, started, interrupted = Tally(), time.perf_counter(), False
    with open_frames(path) as stream:
        with write_video(folder / OVERVIEW, stream.fps) as video:
            writing = _Writing(folder, video, Path(path).name)
            try:
                for one in track(stream, predictor, options, say):
                    tally.count(one)
                    writing.add(one)
                    progress("frames", tally.n_frames, stream.expected)
            except KeyboardInterrupt:
                interrupted = True
            finally:
                writing.chunks.flush()
            if tally.tracked == 0:
                raise KeyboardInterrupt if interrupted else no_face(stream, tally.n_frames)
        seconds = time.perf_counter() - started
        report = {
            "manyfaces": manyfaces.__version__,
            "model": predictor.method.name,
            "photo": {"name": Path(path).name},
            **writing.described(),
            **_described(tally, stream),
            "fps": {"clip": round(stream.fps, 3), "tracked": round(tally.n_frames / seconds, 2)},
            "identity_from_frames": None if person is None else person.frames,
            "run": dict(run or {}),
            "complete": not interrupted and not stream.faults,
        }
    write_bundle(folder, {REPORT_NAME: report_text(report).encode()})
    if interrupted:
        raise KeyboardInterrupt
    return ClipResult(tally.tracked, tally.lost, stream.faults, seconds)


class _Writing:
    """All files but the report, from one frame to the next."""

    def __init__(self, folder: Path, video: VideoWriter, name: str):
        self._folder, self._video = folder, video
        self._drawer = OverlayDrawer()
        self._name = name
        self._head: str | None = None
        self.chunks = ChunkWriter(folder)

    def add(self, one: TrackedFrame | LostFrame) -> None:
        if isinstance(one, LostFrame):
            return
        if self._head is None:
            write_shared(self._folder, replace(one.reconstruction, source=self._name))
            self._head = one.reconstruction.head.data.name
        self.chunks.add(one)
        self._video.add(one.frame.time_s, shrunk(one.frame.rgb), self._drawer.draw(one.reconstruction))

    def described(self) -> dict[str, Any]:
        return {"head": self._head, "files": [*SHARED_FILES, OVERVIEW]}


def _who(path: str | Path, predictor: Predictor, options: TrackOptions, say: Say, progress: Progress) -> ClipPerson:
    with open_frames(path) as whole:
        every = max(1, (whole.expected or 0) // FIRST_PASS_FRAMES)
    done = 0
    with open_frames(path, every=every) as stream:

        def seen(_: object) -> None:
            nonlocal done
            done += 1
            progress("who it is", done, stream.expected)

        return find_person(stream, predictor, options, say, seen)


def _described(tally: Tally, stream: FrameStream) -> dict[str, Any]:
    return {
        "frames": {"tracked": tally.tracked, "lost": tally.lost, "expected": stream.expected},
        "lost": [asdict(span) for span in tally.spans],
        "faults": [{"message": fault.message, "fix": fault.fix} for fault in stream.faults],
    }
