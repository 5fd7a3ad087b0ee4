"""Write sets of photos as tar shards, see `data.tar_shards`.

Each photo is four files in a row: `.portrait.jpg` (the file as it was) or `.portrait.png`, `.aligned.png` (nothing
lost), `.truth.npz` (identity, expression, jaw) and `.json` (name, item, subject, set).
"""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from manyfaces.core.errors import InputError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.photos.sample import Sample, SampleSet
from manyfaces.data.tar_shards import Packed, write_shards

_PNG = b"\x89PNG"


@dataclass(frozen=True)
class PackConfig:
    """How sets are packed.

    Attributes:
        photos_per_shard: about 40 MB of crops.
        shuffle_seed: photos are packed in an order drawn from it, so that a reader that goes through the shards from
            front to back sees all sets and people mixed. None: the sets' own order.
    """

    photos_per_shard: int = 1000
    shuffle_seed: int | None = 0


def pack(
    sets: Sequence[SampleSet],
    folder: Path,
    config: PackConfig | None = None,
    tick: Callable[[int], None] | None = None,
) -> Path:
    """Write sets as shards; what an interrupted run has finished stays.

    Args:
        sets: what to pack.
        folder: where `shard-000000.tar`, ... and `shards.json` go.
        config: how; the defaults when None.
        tick: called with the number of photos each time some are done.

    Returns:
        The index, which is written last: without it a folder of shards is not finished.

    Raises:
        InputError: the folder holds shards of other sets or settings, or the photos' truths have different lengths or
            are of different heads.
        DataError: a file of a set is missing or damaged.
        OutputError: the folder cannot be written.
    """
    config = config or PackConfig()
    places = [(at, row) for at, photos in enumerate(sets) for row in range(len(photos.entries))]
    if config.shuffle_seed is not None:
        order = numpy_generator(config.shuffle_seed, "pack").permutation(len(places))
        places = [places[int(k)] for k in order]

    def packed(numbers: range) -> Iterator[Packed]:
        for number in numbers:
            at, row = places[number]
            yield _packed(number, sets[at].name, sets[at].read(row))

    return write_shards(folder, _plan(sets, config), len(places), config.photos_per_shard, packed, tick)


def _plan(sets: Sequence[SampleSet], config: PackConfig) -> dict[str, Any]:
    """What is packed and how: an interrupted run goes on only if nothing of it has changed."""
    lengths = {(len(truth.identity), len(truth.expression)) for truth in (photos.read(0).truth for photos in sets)}
    if len(lengths) > 1:
        raise InputError(f"the sets have truths of different lengths: {sorted(lengths)}", "read all with the same")
    heads = {photos.name: photos.head for photos in sets if photos.head}
    if len(set(heads.values())) > 1:
        said = ", ".join(f"{name} {head}" for name, head in heads.items())
        raise InputError(f"the sets have coefficients of different heads: {said}", "pack those of each head apart")
    described = [
        {
            "name": photos.name,
            "photos": len(photos.entries),
            "has_expression": photos.has_expression,
            "list_sha256": hashlib.sha256(repr(photos.entries).encode()).hexdigest(),
        }
        for photos in sets
    ]
    (n_identity, n_expression) = lengths.pop()
    return {
        "shuffle_seed": config.shuffle_seed,
        "n_identity": n_identity,
        "n_expression": n_expression,
        "head": next(iter(heads.values()), None),
        "sets": described,
    }


def _packed(number: int, set_name: str, sample: Sample) -> Packed:
    aligned, truth = io.BytesIO(), io.BytesIO()
    Image.fromarray(sample.aligned).save(aligned, format="PNG")
    np.savez(truth, identity=sample.truth.identity, expression=sample.truth.expression, jaw=sample.truth.jaw)
    ending = "png" if sample.portrait_file.startswith(_PNG) else "jpg"
    files = {
        f"portrait.{ending}": sample.portrait_file,
        "aligned.png": aligned.getvalue(),
        "truth.npz": truth.getvalue(),
    }
    return Packed(number, {"set": set_name, **asdict(sample.entry)}, files)
