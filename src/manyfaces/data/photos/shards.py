"""Write sets of photos as tar shards: one large file instead of ten thousand small ones.

Each photo is four files in a row, named alike, as the WebDataset format has it: `.portrait.jpg` (the file as it was)
or `.portrait.png`, `.aligned.png` (nothing lost), `.truth.npz` (identity, expression, jaw) and `.json` (name, item,
subject, set). `shards.json` lists the shards with their checksums, and the photos with their places.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from manyfaces.core.errors import InputError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.photos.sample import Entry, Sample, SampleSet
from manyfaces.io.atomic import atomic_path

INDEX = "shards.json"
FORMAT = 1
_PLAN = "plan.json"
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
    plan = _plan(sets, config)
    _start_or_resume(folder, plan)
    shards: list[dict[str, Any]] = []
    for first in range(0, len(places), config.photos_per_shard):
        part = places[first : first + config.photos_per_shard]
        path = folder / f"shard-{first // config.photos_per_shard:06d}.tar"
        if not path.is_file():
            _write_shard(path, first, ((sets[at].name, sets[at].read(row)) for at, row in part))
        shards.append(_described(path, [sets[at].entries[row] for at, row in part]))
        if tick:
            tick(len(part))
    with atomic_path(folder / INDEX) as temporary:
        temporary.write_text(json.dumps({**plan, "shards": shards}) + "\n")
    return folder / INDEX


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        "format": FORMAT,
        "photos_per_shard": config.photos_per_shard,
        "shuffle_seed": config.shuffle_seed,
        "n_identity": n_identity,
        "n_expression": n_expression,
        "head": next(iter(heads.values()), None),
        "sets": described,
    }


def _start_or_resume(folder: Path, plan: dict[str, Any]) -> None:
    started = folder / _PLAN
    if not started.is_file():
        if folder.is_dir() and any(folder.glob("*.tar")):
            raise InputError(f"{folder} holds tar files that were not begun here", "name a new folder")
        with atomic_path(started) as temporary:
            temporary.write_text(json.dumps(plan) + "\n")
    elif json.loads(started.read_text()) != plan:
        raise InputError(f"{folder} holds shards of other sets or settings", "name a new folder, or empty this one")


def _write_shard(path: Path, first: int, samples: Iterable[tuple[str, Sample]]) -> None:
    with atomic_path(path) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as shard:
        for number, (set_name, sample) in enumerate(samples, first):
            for ending, content in _members(set_name, sample).items():
                info = tarfile.TarInfo(f"{number:09d}.{ending}")  # no owner and no date: same photos, same bytes
                info.size, info.mode = len(content), 0o644
                shard.addfile(info, io.BytesIO(content))


def _members(set_name: str, sample: Sample) -> dict[str, bytes]:
    aligned, truth = io.BytesIO(), io.BytesIO()
    Image.fromarray(sample.aligned).save(aligned, format="PNG")
    np.savez(truth, identity=sample.truth.identity, expression=sample.truth.expression, jaw=sample.truth.jaw)
    ending = "png" if sample.portrait_file.startswith(_PNG) else "jpg"
    told = {"set": set_name, **asdict(sample.entry)}
    return {
        f"portrait.{ending}": sample.portrait_file,
        "aligned.png": aligned.getvalue(),
        "truth.npz": truth.getvalue(),
        "json": json.dumps(told).encode(),
    }


def _described(path: Path, entries: list[Entry]) -> dict[str, Any]:
    """A shard for the index: checksum, and where in it the files of each photo lie."""
    with tarfile.open(path, "r:") as shard:
        places: dict[str, dict[str, list[int]]] = {}
        for member in shard:
            key, _, ending = member.name.partition(".")
            places.setdefault(key, {})[ending.split(".")[0]] = [member.offset_data, member.size]
    photos = [{**asdict(entry), **at} for entry, at in zip(entries, places.values(), strict=True)]
    return {"file": path.name, "sha256": sha256_of(path), "photos": photos}
