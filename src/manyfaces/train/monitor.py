"""What a person sees of a run: a progress bar, and TensorBoard where it is installed."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Monitor:
    """Shows and logs a run; a context manager.

    Args:
        title: left of the bar.
        steps: length of the bar.
        done: steps done in earlier sittings.
        log_dir: folder of the TensorBoard files; None for none.
        visible: whether to show the bar.
    """

    def __init__(self, title: str, steps: int, done: int, log_dir: Path | None, visible: bool):
        self.console = Console(stderr=True, quiet=not visible)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TextColumn("validation {task.fields[validation]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not visible,
        )
        self._task = self._bar.add_task(title, total=steps, completed=done, loss="-", validation="-")
        self._board = _board(log_dir)

    def __enter__(self) -> "Monitor":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        if self._board is not None:
            self._board.close()

    def advance(self, step: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=step)

    def report(self, step: int, **values: float) -> None:
        """Show `loss` and `validation`, and log all numbers."""
        shown = {k: f"{v:.4f}" for k, v in values.items() if k in ("loss", "validation")}
        self._bar.update(self._task, **shown)  # type: ignore[arg-type]
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self.console.print(text)


class StopRequest:
    """Turns Ctrl-C and SIGTERM into a flag, so that a step is never cut in two; a second Ctrl-C stops at once.

    Processes that train together are asked at different steps, and stop after the same one: `share` is the part of
    them that had been asked when it began.

    Args:
        patient: bear a second request, as `torchrun` hands on what a terminal has sent to all already.
    """

    def __init__(self, patient: bool = False) -> None:
        self.asked = False
        self.share = 0.0
        self._patient = patient
        self._old: dict[int, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():  # elsewhere Python forbids handlers
            self._old = {s: signal.signal(s, self._ask) for s in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    @property
    def agreed(self) -> bool:
        """Whether to stop now."""
        return self.share > 0

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and not self._patient:
            raise KeyboardInterrupt
        self.asked = True


def _board(log_dir: Path | None) -> Any:
    if log_dir is None:
        return None
    try:
        from torch.utils.tensorboard import SummaryWriter  # type: ignore[attr-defined]  # extra `train`
    except ImportError:
        return None
    return SummaryWriter(str(log_dir))
