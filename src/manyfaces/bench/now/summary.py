"""Figures of the NoW benchmark: pooled over the scan vertices of all images, with intervals over subjects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.bench.now.dataset import CHALLENGES, NowImage
from manyfaces.core.seeds import torch_generator
from manyfaces.metrics import Interval, bootstrap_interval

STATISTICS = ("median", "mean", "std")
N_BINS = 2000
GROUPS = ("all", "unoccluded", "occluded", *CHALLENGES)


@dataclass(frozen=True)
class Figures:
    """Pooled errors, mm.

    Attributes:
        median, mean, std: over all vertices of all images alike; std of the population.
        n_images: how many images.
        n_vertices: how many vertices in all of them.
        intervals: 95 %, by statistic; empty where there are fewer than two subjects.
    """

    median: float
    mean: float
    std: float
    n_images: int
    n_vertices: int
    intervals: Mapping[str, Interval]

    def plain(self) -> dict[str, float]:
        """The three figures by name."""
        return {name: getattr(self, name) for name in STATISTICS}


def group_of(images: Sequence[NowImage], group: str) -> list[int]:
    """Which images belong to a group: a challenge, all, occluded (that challenge alone) or unoccluded (all others)."""
    tests = {"all": lambda i: True, "occluded": lambda i: i.occluded, "unoccluded": lambda i: not i.occluded}
    test = tests.get(group, lambda i: i.challenge == group)
    return [row for row, image in enumerate(images) if test(image)]


def pool(distances: Sequence[Float[np.ndarray, "_"]], subjects: Sequence[str], seed: int = 0) -> Figures:
    """Pool the errors of some images.

    Args:
        distances: of each image, mm; at least one image.
        subjects: whose each image is: intervals are over these, for the images of one person share one scan.
        seed: of the resamples.
    """
    everything = np.concatenate(distances).astype(np.float64)
    return Figures(
        median=float(np.median(everything)),
        mean=float(everything.mean()),
        std=float(everything.std()),
        n_images=len(distances),
        n_vertices=len(everything),
        intervals=_intervals(distances, subjects, seed),
    )


@dataclass(frozen=True)
class _SubjectSums:
    """What is needed of each subject to pool any draw of them.

    Attributes:
        counts, sums, squares: number of values, their sum, the sum of their squares.
        below: how many are below each edge. The median of any draw of subjects lies between the least and the greatest
            of their own medians, so edges lie there.
        edges: mm.
    """

    counts: Float[Tensor, " S"]
    sums: Float[Tensor, " S"]
    squares: Float[Tensor, " S"]
    below: Float[Tensor, "S E"]
    edges: Float[np.ndarray, " E"]

    def median(self, rows: Int[Tensor, " R"]) -> float:
        """Of the pooled values, to the distance of the edges."""
        return float(np.interp(float(self.counts[rows].sum()) / 2, self.below[rows].sum(0).numpy(), self.edges))

    def mean(self, rows: Int[Tensor, " R"]) -> float:
        """Of the pooled values."""
        return float(self.sums[rows].sum() / self.counts[rows].sum())

    def std(self, rows: Int[Tensor, " R"]) -> float:
        """Of the pooled values."""
        return float(self.squares[rows].sum() / self.counts[rows].sum() - self.mean(rows) ** 2) ** 0.5


def _intervals(distances: Sequence[np.ndarray], subjects: Sequence[str], seed: int) -> dict[str, Interval]:
    names = sorted(set(subjects))
    if len(names) < 2:
        return {}
    own = [np.concatenate([d for d, s in zip(distances, subjects, strict=True) if s == name]) for name in names]
    sums = _subject_sums([values.astype(np.float64) for values in own])
    # The same stream for each: the three intervals are of the same draws.
    interval = partial(bootstrap_interval, subjects=torch.arange(len(names)))
    return {
        name: interval(getattr(sums, name), generator=torch_generator(seed, "now", "bootstrap")) for name in STATISTICS
    }


def _subject_sums(values: Sequence[np.ndarray]) -> _SubjectSums:
    medians = [float(np.median(v)) for v in values]
    edges = np.linspace(min(medians), max(medians), N_BINS)
    below = np.stack([np.searchsorted(np.sort(v), edges) for v in values])
    return _SubjectSums(
        counts=torch.tensor([float(len(v)) for v in values], dtype=torch.float64),
        sums=torch.tensor([float(v.sum()) for v in values], dtype=torch.float64),
        squares=torch.tensor([float(np.square(v).sum()) for v in values], dtype=torch.float64),
        below=torch.from_numpy(below.astype(np.float64)),
        edges=edges,
    )
