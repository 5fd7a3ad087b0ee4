"""Make a benchmark in parallel; an interrupted run is picked up again."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

from manyfaces.assets import packaged
from manyfaces.core.config import to_json
from manyfaces.core.errors import DataError
from manyfaces.data.co545.config import Co545Config
from manyfaces.data.co545.cover import cover_scene, hidden_share
from manyfaces.data.co545.items import (
    Co545Item,
    Co545Set,
    checksum,
    clean_path,
    kept_row,
    open_co545,
    write_item,
    write_people,
)
from manyfaces.data.co545.manifest import MANIFEST, ItemRow, Manifest, read_manifest, this_machine, write_manifest
from manyfaces.data.co545.recorded import RecordedScenes
from manyfaces.data.co545.rendered import RenderedScenes
from manyfaces.data.co545.scenes import SceneSource, front_of, steady_of
from manyfaces.io.image import write_image
from manyfaces.metrics import VertexLaw, fit_vertex_law

SHIPPED = ("openhead",)
"""Benchmarks whose manifest comes with the package, by head model."""


@dataclass(frozen=True)
class Build:
    """What a run of `build_co545` came to.

    Attributes:
        items: the benchmark.
        differing: items that are not what the shipped manifest says, bit for bit; None where none is shipped.
    """

    items: Co545Set
    differing: tuple[int, ...] | None


def open_source(config: Co545Config, recordings: Path | None = None) -> SceneSource:
    """Where the faces of a benchmark come from.

    Args:
        config: which source, which head.
        recordings: folder of the recordings.

    Raises:
        DataError: recordings are asked for, and there is no folder, or it does not hold enough of them.
        HeadFileError: the head model is missing.
    """
    if config.source == "render":
        return RenderedScenes(config)
    if recordings is None:
        raise DataError("CoMA's recordings are not here", "name their folder: --data DIR")
    return RecordedScenes(config, recordings)


def build_co545(
    config: Co545Config,
    out: Path,
    recordings: Path | None = None,
    n_workers: int = 2,
    tick: Callable[[int], None] | None = None,
) -> Build:
    """Make a benchmark, or what is missing of it.

    Args:
        config: what it holds.
        out: its folder.
        recordings: folder of the recordings, for source "coma".
        n_workers: processes; 1 works in this one.
        tick: called with the number of items each time some are done.

    Raises:
        DataError: the source does not give it.
        OutputError: `out` cannot be written.
    """
    maker = _Maker(config, recordings, out)
    rows: list[ItemRow] = []
    for done in _all_scenes(maker, n_workers):
        rows += done
        if tick:
            tick(len(done))
    source = maker.source
    neutral = torch.stack([source.neutral(k) for k in range(len(source.subjects))])
    write_people(out, neutral, population_law(source))
    manifest = Manifest(config, source.subjects, tuple(rows), this_machine())
    write_manifest(out / MANIFEST, manifest)
    shipped = shipped_manifest(config)
    differing = None if shipped is None else manifest_differences(manifest, shipped)
    return Build(open_co545(out), differing)


def make_item(source: SceneSource, config: Co545Config, number: int) -> Co545Item:
    """Make one item from scratch; each depends on the settings and its own number alone."""
    scene = source.scene(config.scene_of(number))
    covered = cover_scene(scene, source.head, config, number)
    row = ItemRow(
        number=number,
        scene=config.scene_of(number),
        subject=scene.subject,
        expression=scene.expression,
        kind=config.kind_of(number),
        attempt=covered.attempt,
        hidden_share=round(hidden_share(covered.front, source.head), 4),
        sha256=checksum(covered.image, covered.mask, covered.front, scene.vertices),
    )
    return Co545Item(
        row, covered.image, covered.mask, scene.vertices, covered.front, scene.projected, scene.points_68_px
    )


def shipped_manifest(config: Co545Config) -> Manifest | None:
    """The manifest that comes with the package, if it is of these settings."""
    if config.source != "render" or config.head not in SHIPPED:
        return None
    manifest = read_manifest(packaged(f"co545/{config.head}.json"))
    return manifest if manifest.config == config else None


def manifest_differences(found: Manifest, shipped: Manifest) -> tuple[int, ...]:
    """Items of which two manifests say different things."""
    pairs = zip(found.rows, shipped.rows, strict=True)
    return tuple(one.number for one, other in pairs if one != other)


def population_law(source: SceneSource) -> VertexLaw:
    """What is plausible by a source's population, over the vertices of the front."""
    front = front_of(source.head)
    return fit_vertex_law(source.population(front), source.head.template[front], steady_of(source.head)[front])


class _Maker:
    """Makes the items of single scenes; a process has one."""

    def __init__(self, config: Co545Config, recordings: Path | None, out: Path):
        self.given = (config, recordings, out)
        self.source = open_source(config, recordings)
        self._fingerprint = hashlib.sha256(to_json(config).encode()).hexdigest()

    def scene(self, number: int) -> list[ItemRow]:
        """Make the items of a scene that are not there yet."""
        config, _, out = self.given
        kept = [kept_row(out, item, self._fingerprint) for item in config.items_of(number)]
        if clean_path(out, number).is_file() and all(kept):
            return [row for row in kept if row]
        write_image(clean_path(out, number), self.source.scene(number).image)
        made = [make_item(self.source, config, item) for item in config.items_of(number)]
        for item in made:
            write_item(out, item, self._fingerprint)
        return [item.row for item in made]


def _all_scenes(maker: _Maker, n_workers: int) -> Iterator[list[ItemRow]]:
    config, _, _ = maker.given
    if n_workers == 1:
        yield from map(maker.scene, range(config.n_scenes))
        return
    with multiprocessing.get_context("spawn").Pool(n_workers, _start_worker, maker.given) as pool:
        yield from pool.imap(_make_scene, range(config.n_scenes))


_own: list[_Maker] = []


def _start_worker(config: Co545Config, recordings: Path | None, out: Path) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _own.append(_Maker(config, recordings, out))


def _make_scene(number: int) -> list[ItemRow]:
    return _own[0].scene(number)
