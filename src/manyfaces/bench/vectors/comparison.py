"""Two numbers side by side: how far apart they are, and how far they may be."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from manyfaces.bench.report import Provenance, Table, write_report


@dataclass(frozen=True)
class Tolerance:
    """|ours - theirs| <= absolute + relative * |theirs|, for every number; both zero: they must be equal."""

    absolute: float = 0.0
    relative: float = 0.0

    def __str__(self) -> str:
        parts = [f"{self.absolute:g}"] * bool(self.absolute) + [f"{self.relative:g} rel"] * bool(self.relative)
        return " + ".join(parts) or "equal"


EQUAL = Tolerance()


@dataclass(frozen=True)
class Comparison:
    """The worst difference of one quantity.

    Attributes:
        file: of the set, without ending.
        quantity: by its name in there; a star stands for many.
        count: how many numbers were compared.
        error: largest absolute difference.
        relative: that over the largest magnitude there.
        share: largest difference in units of what the tolerance allows; above 1 it is exceeded.
        tolerance: what is allowed.
    """

    file: str
    quantity: str
    count: int
    error: float
    relative: float
    share: float
    tolerance: Tolerance

    @property
    def met(self) -> bool:
        """Is it within the tolerance?"""
        return self.share <= 1


def compare(file: str, quantity: str, ours: Any, theirs: Any, tolerance: Tolerance) -> Comparison:
    """Compare two arrays; another shape, or a number that is not finite, counts as infinitely far."""
    a, b = _array(ours), _array(theirs)
    if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
        return Comparison(file, quantity, b.size, math.inf, math.inf, math.inf, tolerance)
    difference, allowed = np.abs(a - b), tolerance.absolute + tolerance.relative * np.abs(b)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(difference == 0, 0.0, difference / allowed)
    error, magnitude = float(difference.max(initial=0)), float(np.abs(b).max(initial=0))
    relative = error / magnitude if magnitude else error
    return Comparison(file, quantity, b.size, error, relative, float(share.max(initial=0)), tolerance)


def worst(quantity: str, parts: Sequence[Comparison]) -> Comparison:
    """Many comparisons of one kind as one: the worst of each figure."""
    first = parts[0]
    return Comparison(
        first.file,
        quantity,
        sum(part.count for part in parts),
        max(part.error for part in parts),
        max(part.relative for part in parts),
        max(part.share for part in parts),
        first.tolerance,
    )


@dataclass(frozen=True)
class VectorReport:
    """All comparisons of a set."""

    seed: str
    comparisons: tuple[Comparison, ...]

    @cached_property
    def exceeded(self) -> tuple[Comparison, ...]:
        """Those outside their tolerance."""
        return tuple(c for c in self.comparisons if not c.met)

    @property
    def tables(self) -> tuple[Table, ...]:
        """One table for each file, and one of all files."""
        files = list(dict.fromkeys(c.file for c in self.comparisons))
        by_file = {file: [c for c in self.comparisons if c.file == file] for file in files}
        header = ("quantity", "error", "relative", "tolerance", "share", "")
        tables = [Table(file, header, tuple(map(_row, parts))) for file, parts in by_file.items()]
        summary = [_summary(file, parts) for file, parts in by_file.items()]
        title = f"Worst of each file, set {self.seed!r}"
        return (*tables, Table(title, ("file", "numbers", "relative", "share", ""), tuple(summary)))

    def write(self, out: Path, source: Provenance) -> None:
        """Write `vectors.json` and the tables into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        values = {"seed": self.seed, "comparisons": [{**asdict(c), "met": c.met} for c in self.comparisons]}
        write_report("vectors", self.tables, out, source, values)


def _array(values: Any) -> np.ndarray:
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    return array.astype(np.float64)


def _row(c: Comparison) -> tuple[str, ...]:
    return (c.quantity, f"{c.error:.2g}", f"{c.relative:.2g}", str(c.tolerance), f"{c.share:.2g}", _verdict([c]))


def _summary(file: str, parts: Sequence[Comparison]) -> tuple[str, ...]:
    relative, share = max(c.relative for c in parts), max(c.share for c in parts)
    return (file, str(sum(c.count for c in parts)), f"{relative:.2g}", f"{share:.2g}", _verdict(parts))


def _verdict(parts: Iterable[Comparison]) -> str:
    return "met" if all(c.met for c in parts) else "EXCEEDED"
