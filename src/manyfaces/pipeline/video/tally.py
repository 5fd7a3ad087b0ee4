"""Counts what became of a clip's frames; frames in a row that were lost for one reason are one entry."""

from dataclasses import dataclass, replace

from manyfaces.pipeline.video.frames import LostFrame, TrackedFrame


@dataclass(frozen=True)
class LostSpan:
    """Frames in a row that were lost.

    Attributes:
        first: number of the first; last likewise.
        from_s: time of the first, seconds; until_s that of the last.
        reason: why.
    """

    first: int
    last: int
    from_s: float
    until_s: float
    reason: str

    def __str__(self) -> str:
        if self.first == self.last:
            return f"frame {self.first + 1}, at {self.from_s:.2f} s: {self.reason}"
        return f"frames {self.first + 1} to {self.last + 1}, {self.from_s:.2f} to {self.until_s:.2f} s: {self.reason}"


class Tally:
    """What became of the frames so far."""

    def __init__(self) -> None:
        self.tracked = 0
        self.lost = 0
        self.spans: list[LostSpan] = []
        self._open = False

    @property
    def n_frames(self) -> int:
        """How many there were."""
        return self.tracked + self.lost

    def count(self, one: TrackedFrame | LostFrame) -> None:
        """Count the next frame."""
        if isinstance(one, TrackedFrame):
            self.tracked += 1
            self._open = False
            return
        self.lost += 1
        if self._open and self.spans[-1].reason == one.reason:
            self.spans[-1] = replace(self.spans[-1], last=one.number, until_s=one.time_s)
        else:
            self.spans.append(LostSpan(one.number, one.number, one.time_s, one.time_s, one.reason))
        self._open = True
