"""What became of the clips of a set: kept frames, and those left out with their reasons, clip by clip."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.clips.clip import LeftOutFrame
from manyfaces.io.atomic import atomic_path

REPORT, REPORTS = "report.json", "reports"
"""The report of a whole set, and the folder with those of its shards."""


@dataclass(frozen=True)
class ClipReport:
    """What became of one clip.

    Attributes:
        clip: its name.
        subject: the person.
        kept: frames that were kept.
        left_out: the others that were looked at, and what could not be read.
    """

    clip: str
    subject: str
    kept: int
    left_out: tuple[LeftOutFrame, ...]


@dataclass(frozen=True)
class Report:
    """What became of a set, so far.

    Attributes:
        name: of the set.
        clips: those that are done.
    """

    name: str
    clips: tuple[ClipReport, ...]

    @property
    def kept(self) -> int:
        """Frames that were kept."""
        return sum(clip.kept for clip in self.clips)

    @property
    def reasons(self) -> dict[str, int]:
        """How many frames were left out for each reason, the most frequent first."""
        return dict(Counter(frame.reason for clip in self.clips for frame in clip.left_out).most_common())


def write_reports(path: Path, reports: Sequence[ClipReport]) -> None:
    """Write what became of the clips of a shard."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps([asdict(report) for report in reports], indent=0) + "\n")


def read_reports(folder: Path) -> tuple[ClipReport, ...]:
    """Read what became of the clips of all shards that are there.

    Raises:
        DataError: a file is damaged.
    """
    reports: list[ClipReport] = []
    for shard in sorted(folder.glob("shard-*.tar")):
        path = folder / REPORTS / f"{shard.stem}.json"
        try:
            for clip in json.loads(path.read_text()):
                left_out = tuple(LeftOutFrame(**frame) for frame in clip.pop("left_out"))
                reports.append(ClipReport(**clip, left_out=left_out))
        except (OSError, ValueError, TypeError, KeyError) as error:
            fix = f"remove {shard.name} and prepare again: it is made anew"
            raise DataError(f"cannot read {path}: {error}", fix) from None
    return tuple(reports)


def write_report(folder: Path, name: str, clips: tuple[ClipReport, ...]) -> Report:
    """Write the report of a set."""
    report = Report(name, clips)
    table = {
        "set": name,
        "clips": len(clips),
        "frames_kept": report.kept,
        "left_out": report.reasons,
        "by_clip": [asdict(clip) for clip in clips],
    }
    with atomic_path(folder / REPORT) as temporary:
        temporary.write_text(json.dumps(table, indent=1) + "\n")
    return report
