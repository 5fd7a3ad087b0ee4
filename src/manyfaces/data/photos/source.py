"""Training examples drawn from sets of photos: an item, then some photos of it, as the paper draws them."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.core.seeds import numpy_generator, stream_seed
from manyfaces.data.photos.augment import OcclusionAugment
from manyfaces.data.photos.sample import Sample, SampleSet
from manyfaces.data.sources import ALL_ROWS
from manyfaces.detect.alignment import to_face_crops
from manyfaces.methods.ofer import Example

_READERS = 8  # threads; decoding and reading release Python's lock


@dataclass(frozen=True)
class Item:
    """Photos that share their truth.

    Attributes:
        at: the set, by its place in the mixture.
        subject: the person.
        rows: photos, rows of that set.
    """

    at: int
    subject: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class PhotoSource:
    """Endless examples from one or several sets; the same for the same arguments on any machine.

    Every draw takes an item at random, then `n_images` of its photos at random, with replacement.

    Attributes:
        sets: what to draw from.
        items: what may be drawn of them.
        n_images: photos of each item drawn.
        shares: how often each set is drawn from; by their numbers of items when None.
        augment: hides parts of the photos.
    """

    sets: tuple[SampleSet, ...]
    items: tuple[Item, ...]
    n_images: int = 4
    shares: tuple[float, ...] | None = None
    augment: OcclusionAugment | None = None

    @property
    def has_expression(self) -> bool:
        """Expressions are known for all photos; without them they read as zero, which teaches nothing."""
        return all(photos.has_expression for photos in self.sets)

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> Example:
        """Draw `size` examples, their conditions `FaceCrops`, and read those of them that are named by `rows`.

        Raises:
            InputError: a file is damaged, or has gone since the set was opened.
        """
        drawn = self.draw(seed, step, size)
        numbers = torch.arange(size)[rows].tolist()
        with ThreadPoolExecutor(_READERS) as readers:
            samples = list(readers.map(lambda k: self.sets[drawn[k][0]].read(drawn[k][1]), numbers))
            crops = list(readers.map(lambda k, sample: self._crops(sample, seed, step, k), numbers, samples))
        aligned, portrait = (np.stack(part) for part in zip(*crops, strict=True))
        truths = [sample.truth for sample in samples]
        return Example(
            to_face_crops(aligned, portrait),
            _stacked([truth.identity for truth in truths]),
            _stacked([truth.expression for truth in truths]),
            _stacked([truth.jaw for truth in truths]),
        )

    def draw(self, seed: int, step: int, size: int) -> list[tuple[int, int]]:
        """Which photos a batch holds: (set, row) of each."""
        generator = numpy_generator(seed, "photos", step)
        n_items = -(-size // self.n_images)
        chosen = generator.choice(len(self.items), n_items, p=self._chances)
        places = []
        for item in (self.items[int(k)] for k in chosen):
            rows = generator.integers(len(item.rows), size=self.n_images)
            places += [(item.at, item.rows[int(row)]) for row in rows]
        return places[:size]

    @cached_property
    def _chances(self) -> np.ndarray | None:
        if self.shares is None:
            return None
        counts = np.bincount([item.at for item in self.items], minlength=len(self.sets))
        chances = np.array([self.shares[item.at] / counts[item.at] for item in self.items])
        return chances / chances.sum()

    def _crops(self, sample: Sample, seed: int, step: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        aligned, portrait = sample.aligned, sample.portrait
        if self.augment is None:
            return aligned, portrait
        return self.augment(aligned, portrait, numpy_generator(seed, "occlusion", step, number))


def photo_source(
    sets: Sequence[SampleSet],
    side: Literal["train", "validation", "all"] = "all",
    validation_share: float = 0.05,
    n_images: int = 4,
    shares: Sequence[float] | None = None,
    augment: OcclusionAugment | None = None,
) -> PhotoSource:
    """Mix sets and take one side of a split by subject.

    Which subjects are held out depends on their names alone, not on the order of files or sets.

    Args:
        sets: what to draw from.
        side: no subject is on both sides; "all" splits nothing.
        validation_share: share of subjects held out, at least one.
        n_images: photos of each item drawn, 4 in the published configuration.
        shares: how often each set is drawn from; by their numbers of items when None.
        augment: hides parts of the photos.

    Raises:
        InputError: there is nothing to draw, or the numbers make no sense.
    """
    if shares is not None and (len(shares) != len(sets) or min(shares) < 0 or sum(shares) <= 0):
        raise InputError(f"{len(shares)} shares for {len(sets)} sets", "give one share >= 0 for each set")
    if n_images < 1 or not 0 < validation_share < 1:
        raise InputError(f"n_images {n_images}, validation_share {validation_share}", "needed: >= 1; within (0, 1)")
    items = [item for at, photos in enumerate(sets) for item in _items(at, photos)]
    if side != "all":
        held = held_out({item.subject for item in items}, validation_share)
        items = [item for item in items if (item.subject in held) == (side == "validation")]
    if not items:
        raise InputError(f"the sets leave nothing for {side}", "give more subjects")
    return PhotoSource(tuple(sets), tuple(items), n_images, None if shares is None else tuple(shares), augment)


def _items(at: int, photos: SampleSet) -> list[Item]:
    rows, subjects = defaultdict(list), {}
    for row, entry in enumerate(photos.entries):
        rows[entry.item].append(row)
        subjects[entry.item] = entry.subject
    return [Item(at, subjects[item], tuple(of_item)) for item, of_item in rows.items()]


def held_out(subjects: set[str], share: float) -> set[str]:
    """Choose subjects for validation, at least one, by their names alone."""
    order = sorted(subjects, key=lambda subject: stream_seed(0, "held out", subject))
    return set(order[: max(1, round(share * len(order)))])


def _stacked(rows: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(rows))
