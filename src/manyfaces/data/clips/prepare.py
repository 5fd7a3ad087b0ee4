"""Prepare the clips of a set in several processes, and keep the frames as shards; see `data.tar_shards`.

Each frame is four files in a row: `.crop.jpg` (colours at full resolution), `.skin.png`, `.geometry.npz`
(`landmarks_px`, `confidence`) and `.json` (name, subject, clip, split, frame, time_s, faces). What was left out is in
`report.json`.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from manyfaces.data.clips.clip import ClipConfig, LeftOutFrame, prepare_clip
from manyfaces.data.clips.eyes import ClipEyes
from manyfaces.data.clips.report import REPORTS, ClipReport, Report, read_reports, write_report, write_reports
from manyfaces.data.clips.sample import ClipSet, ClipSource, PreparedFrame
from manyfaces.data.processes import in_processes
from manyfaces.data.tar_shards import PREPARED_FRAMES, Packed, Shard, begin_shards, finish_shards, write_shard

_MOST_SHARDS = 5000
_FRAMES_APART = 10**6
"""Frames are numbered through a set: clip times this, and their place in the clip."""


@dataclass(frozen=True)
class Seeing:
    """What looks at clips, as it is told to a process.

    Attributes:
        load: gives the eyes; a function of a module, that processes can find by its name.
        given: its arguments.
        names: how the eyes are called in the plan of a folder, so that others do not go on with it.
    """

    load: Callable[..., ClipEyes]
    given: tuple[Any, ...] = ()
    names: str = "open"


def prepare_clips(
    clips: ClipSet,
    folder: Path,
    seeing: Seeing,
    config: ClipConfig | None = None,
    workers: int = 1,
    tick: Callable[[int], None] | None = None,
) -> Report:
    """Prepare all clips of a set; what an interrupted run has finished stays.

    Up to 5,000 clips, each is a shard of its own, so that no more than one clip for each process is lost.

    Args:
        clips: what to prepare.
        folder: where shards, their index and `report.json` go.
        seeing: what looks at them.
        config: which frames, and how; the defaults when None.
        workers: processes; 1 works in this one.
        tick: called with the number of clips each time some are done.

    Returns:
        What was kept and left out, by this run and earlier ones; `report.json` says it, of unfinished runs too.

    Raises:
        InputError: the folder holds shards of other clips or settings.
        OutputError: the folder cannot be written.
    """
    config = config or ClipConfig()
    per_shard = -(-len(clips.clips) // _MOST_SHARDS)
    shards = begin_shards(folder, _plan(clips, seeing, config), len(clips.clips), per_shard)
    try:
        for shard in _written(clips, shards, seeing, config, workers):
            if tick:
                tick(len(shard.rows))
    finally:
        report = write_report(folder, clips.name, read_reports(folder))
    finish_shards(folder, shards)
    return report


def _written(
    clips: ClipSet, shards: tuple[Shard, ...], seeing: Seeing, config: ClipConfig, workers: int
) -> Iterator[Shard]:
    """All shards, those first that are there."""
    yield from (shard for shard in shards if shard.done)
    jobs = [_Job(shard, clips.clips[shard.rows.start : shard.rows.stop]) for shard in shards if not shard.done]
    if workers <= 1 or len(jobs) <= 1:
        worker = _Worker(seeing, config) if jobs else None
        for job in jobs:
            assert worker is not None
            worker.write(job)
            yield job.shard
        return
    for job, _ in in_processes(_write, jobs, min(workers, len(jobs)), _begin, (seeing, config)):
        yield job.shard


def _plan(clips: ClipSet, seeing: Seeing, config: ClipConfig) -> dict[str, Any]:
    """What is prepared and how: an interrupted run goes on only if nothing of it has changed."""
    listed = repr([(clip.name, clip.subject, clip.split, clip.fake) for clip in clips.clips])
    return {
        "kind": PREPARED_FRAMES,
        "set": clips.name,
        "clips": len(clips.clips),
        "list_sha256": hashlib.sha256(listed.encode()).hexdigest(),
        "eyes": seeing.names,
        **asdict(config),
    }


@dataclass(frozen=True)
class _Job:
    """A shard and the clips that go into it."""

    shard: Shard
    clips: tuple[ClipSource, ...]


class _Worker:
    """Writes shards; a process has one."""

    def __init__(self, seeing: Seeing, config: ClipConfig):
        self._eyes = seeing.load(*seeing.given)
        self._config = config

    def write(self, job: _Job) -> None:
        """Write one shard with its report."""
        write_shard(job.shard, self._packed(job))

    def _packed(self, job: _Job) -> Iterator[Packed]:
        reports = []
        for number, clip in zip(job.shard.rows, job.clips, strict=True):
            left_out: list[LeftOutFrame] = []
            kept = 0
            for frame in prepare_clip(clip, self._eyes, self._config):
                if isinstance(frame, LeftOutFrame):
                    left_out.append(frame)
                else:
                    yield _packed(number * _FRAMES_APART + kept, frame, self._config.quality)
                    kept += 1
            reports.append(ClipReport(clip.name, clip.subject, kept, tuple(left_out)))
        # Before the shard takes its name: a shard that is there is in the reports.
        write_reports(job.shard.path.parent / REPORTS / f"{job.shard.path.stem}.json", reports)


def _packed(number: int, frame: PreparedFrame, quality: int) -> Packed:
    crop, skin, geometry = io.BytesIO(), io.BytesIO(), io.BytesIO()
    Image.fromarray(frame.crop).save(crop, format="JPEG", quality=quality, subsampling=0)
    Image.fromarray(frame.skin).save(skin, format="PNG")
    np.savez(geometry, landmarks_px=frame.landmarks_px, confidence=frame.confidence)
    told = {
        "name": f"{frame.clip}#{frame.number}",
        "subject": frame.subject,
        "clip": frame.clip,
        "split": frame.split,
        "frame": frame.number,
        "time_s": frame.time_s,
        "faces": frame.n_faces,
    }
    files = {"crop.jpg": crop.getvalue(), "skin.png": skin.getvalue(), "geometry.npz": geometry.getvalue()}
    return Packed(number, told, files)


_own: list[_Worker] = []


def _begin(seeing: Seeing, config: ClipConfig) -> None:
    _own.append(_Worker(seeing, config))


def _write(job: _Job) -> None:
    _own[0].write(job)
