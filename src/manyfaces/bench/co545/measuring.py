"""Measuring all pictures: a process for each core, a scene at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.bench.co545.figures import Figures, Ruler, identity_figures
from manyfaces.bench.co545.methods import MeanHead, MeshFolder, RandomHeads, Regressor, ReleasedModel, average
from manyfaces.bench.co545.options import Co545Options
from manyfaces.bench.co545.views import Drawn, Method, Picture, View, views_of_scene
from manyfaces.bench.regressor import has_regressor
from manyfaces.data.co545 import Co545Set, front_of, open_co545
from manyfaces.data.processes import in_processes
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head

AVERAGE = "average of samples"
RANKED, IDEAL, MEAN = "ranked", "ideal", "average"
"""Which of a picture's identities: the first by rank, that of the least median, or the mean of all figures."""


@dataclass(frozen=True)
class Score:
    """What one method scored on one picture.

    Attributes:
        method: its name.
        picture: with or without occluder.
        name: of the picture.
        subject: whose face it is.
        expression: "neutral", or another.
        kind: of occluder.
        figures: by name, see `manyfaces.bench.co545.figures`; None: the method has no hypotheses for this picture.
        identities: median, mean and deviation of the identities' distances, mm, by choice of the identity.
    """

    method: str
    picture: Picture
    name: str
    subject: str
    expression: str
    kind: str
    figures: Figures | None
    identities: dict[str, tuple[float, float, float]] | None = None


@dataclass(frozen=True)
class Setting:
    """Where and how to measure; all that a process must be told.

    Attributes:
        folder: of the benchmark.
        options: what is measured.
        model: name or folder of the model.
        device: where it runs.
        seed: of all sampling.
    """

    folder: Path
    options: Co545Options
    model: str
    device: str
    seed: int


class Bench:
    """Methods and what they are measured with.

    Args:
        setting: which.

    Raises:
        DataError: the benchmark is not whole.
        InputError: the model's head is another than the benchmark's.
    """

    def __init__(self, setting: Setting):
        options = setting.options
        self.items: Co545Set = open_co545(setting.folder)
        self.head = HeadModel(load_head(self.items.config.head))
        self.methods = tuple(_methods(setting, self.head))
        self._ruler = Ruler(self.head, self.items.law())
        self._options = options
        front = front_of(self.head)
        self.neutral = dict(zip(self.items.subjects, self.items.neutral()[:, front], strict=True))

    @property
    def n_items(self) -> int:
        """How many items are measured."""
        return min(len(self.items), self._options.limit or len(self.items))

    @property
    def scenes(self) -> range:
        """The scenes that they show."""
        return range(self.items.config.scene_of(self.n_items - 1) + 1)

    @torch.no_grad()
    def measure(self, scene: int) -> list[Score]:
        """All methods on all pictures of a scene."""
        views = views_of_scene(self.items, scene, self._options.clean, self.n_items)
        return [score for view in views for method in self.methods for score in self._scores(method, view)]

    def _scores(self, method: Method, view: View) -> Iterator[Score]:
        if view.picture == "clean" and method is not self._first_of(method):
            return  # without an occluder there is one way to tell the model so
        drawn = method(view)
        yield self._score(method.name, method, drawn, view)
        if drawn is not None and method is self._first_model and len(drawn.vertices) > 1:
            yield self._score(AVERAGE, method, average(drawn), view)

    def _score(self, name: str, method: Method, drawn: Drawn | None, view: View) -> Score:
        figures = None if drawn is None else self._ruler.figures(method, drawn, view)
        row = view.item.row
        compared = None
        if drawn is not None and drawn.identities is not None and view.picture == "occluded":
            compared = by_choice(identity_figures(drawn.identities, self.neutral[row.subject]))
        return Score(name, view.picture, view.name, row.subject, row.expression, row.kind, figures, compared)

    @property
    def _first_model(self) -> Method | None:
        return next((method for method in self.methods if isinstance(method, ReleasedModel)), None)

    def _first_of(self, method: Method) -> Method | None:
        return self._first_model if isinstance(method, ReleasedModel) else method


def by_choice(figures: Float[Tensor, "I 3"]) -> dict[str, tuple[float, float, float]]:
    """The figures of the first identity, of the best and of the average one."""
    rows = {RANKED: figures[0], IDEAL: figures[figures[:, 0].argmin()], MEAN: figures.mean(0)}
    return {name: (float(row[0]), float(row[1]), float(row[2])) for name, row in rows.items()}


def measure_scenes(bench: Bench, setting: Setting, workers: int, advance: Callable[[int], None]) -> list[Score]:
    """Measure every scene.

    Args:
        bench: made of the same setting; it is used where one process is enough.
        setting: for the processes' own.
        workers: processes.
        advance: called with the number of pictures that are done.

    Returns:
        In the order of the scenes.
    """
    done: dict[int, list[Score]] = {}
    for scene, scores in _run(bench, setting, min(workers, len(bench.scenes))):
        done[scene] = scores
        advance(len({score.name for score in scores}))
    return [score for scene in bench.scenes for score in done[scene]]


def _run(bench: Bench, setting: Setting, workers: int) -> Iterator[tuple[int, list[Score]]]:
    if workers <= 1:
        yield from ((scene, bench.measure(scene)) for scene in bench.scenes)
        return
    yield from in_processes(_measure, bench.scenes, workers, _begin, (setting,))


def _methods(setting: Setting, head: HeadModel) -> Iterator[Method]:
    options, seed = setting.options, setting.seed
    if options.model:
        sizes = options.n_hypotheses, options.n_identities
        models = [ReleasedModel(setting.model, head, m, *sizes, seed, setting.device) for m in options.masks]
        yield from models
        if has_regressor(models[0].loaded):
            yield Regressor(models[0], options.masks[0])
    for folder in options.predictions:
        yield MeshFolder(folder, head.n_vertices, options.unit, options.n_hypotheses)
    yield RandomHeads(head, options.n_hypotheses, seed)
    yield MeanHead(head)


_own: list[Bench] = []


def _begin(setting: Setting) -> None:
    _own.append(Bench(setting))


def _measure(scene: int) -> list[Score]:
    return _own[0].measure(scene)


def missing_pictures(scores: Sequence[Score]) -> dict[str, tuple[str, ...]]:
    """Names of the pictures without hypotheses, by method."""
    lost: dict[str, list[str]] = {}
    for score in scores:
        if score.figures is None:
            lost.setdefault(score.method, []).append(score.name)
    return {method: tuple(names) for method, names in lost.items()}
