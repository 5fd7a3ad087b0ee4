"""Miniature data sets whose faces are known again by their pictures, and methods whose errors are known."""

import importlib.util
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console

from manyfaces.bench.baselines import HeadPrior
from manyfaces.bench.face_points import Choose, HypothesisPoints
from manyfaces.bench.kept import UNFINISHED
from manyfaces.bench.landmarks import LandmarkOptions, LandmarkReport, run_landmarks
from manyfaces.bench.landmarks.methods import Methods
from manyfaces.bench.landmarks.models import Marks
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.metrics import INNER_51

EYES_PX = 40.0
"""Distance of the outer eye corners of all miniature faces."""


@pytest.fixture(scope="session")
def miniatures() -> ModuleType:
    """The module that writes miniature data sets."""
    path = Path(__file__).parents[2] / "data" / "landmarks" / "miniatures.py"
    spec = importlib.util.spec_from_file_location("landmark_miniatures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Fake:
    """A detector and a model: so many percent of the eye distance off, downwards.

    Attributes:
        miniatures: knows the faces.
        boundary: the detector's error on the jaw line.
        inner: on the other points.
        first: the model's error on all points of its first hypothesis; that of its sixth is a quarter of it.
        missed: pictures on which no face is found.
    """

    miniatures: ModuleType
    boundary: float = 6.0
    inner: float = 2.0
    first: float = 4.0
    missed: set[int] = field(default_factory=set)
    looked_at: list[int] = field(default_factory=list)

    def truth(self, image: np.ndarray, choose: Choose) -> np.ndarray | None:
        shown = np.median(image.reshape(-1, 3), 0)
        number = min(range(20), key=lambda k: np.abs(self.miniatures.picture(k)[0, 0] - shown).sum())
        self.looked_at.append(number)
        points = self.miniatures.face(number)
        box = np.concatenate([points.min(0), points.max(0)])
        row = choose(np.array([[0, 0, 9, 9], box, box + 60]))
        assert row == 1
        return None if number in self.missed else points

    def find(self, image: np.ndarray, choose: Choose) -> np.ndarray | None:
        truth = self.truth(image, choose)
        if truth is None:
            return None
        return np.linalg.pinv(POINTS_68_FROM_468.astype(float)) @ self.off(truth, self.boundary, self.inner)

    def reconstruct(self, image: np.ndarray, occlusion: np.ndarray | str, choose: Choose, /) -> HypothesisPoints | None:
        assert isinstance(occlusion, str)
        truth = self.truth(image, choose)
        if truth is None:
            return None
        hypotheses = np.stack(15 * [self.off(truth, self.first, self.first)])
        hypotheses[5] = self.off(truth, self.first / 4, self.first / 4)
        return HypothesisPoints(hypotheses, np.ones(468, bool))

    def marks(self, image: np.ndarray, choose: Choose) -> np.ndarray | None:
        """A model that is half as far off as the first hypothesis, and half as far again on the jaw line."""
        truth = self.truth(image, choose)
        return None if truth is None else self.off(truth, self.first / 4, self.first / 2)

    def off(self, truth: np.ndarray, boundary: float, inner: float) -> np.ndarray:
        return truth + np.where(INNER_51, inner, boundary)[:, None] * [0, EYES_PX / 100]


@pytest.fixture
def fake(miniatures: ModuleType) -> Fake:
    return Fake(miniatures)


Run = Callable[..., LandmarkReport]


@pytest.fixture
def run(fake: Fake, prior: HeadPrior, tmp_path: Path) -> Run:
    """Measure the fakes on a benchmark; options by name."""

    def measure(name: str, data: Path, half: str = "all", **options) -> LandmarkReport:
        chosen = LandmarkOptions(**options)
        models = {name: Marks(fake.marks, tmp_path / "out" / UNFINISHED, name) for name in chosen.models}
        methods = Methods(prior, fake.find, fake.reconstruct, chosen.methods, chosen.predictions, models)
        console = Console(file=io.StringIO(), width=200)
        return run_landmarks(name, data, tmp_path / "out", half, options=chosen, methods=methods, console=console)

    return measure


def cell(report: LandmarkReport, title: str, row: str, column: str) -> float:
    """One figure of the first table whose title holds the words."""
    table = next(t for t in report.tables() if title in t.title)
    line = next(line for line in table.lines if line[0] == row)
    found = line[table.columns.index(column)]
    assert not isinstance(found, str)
    return np.nan if found.value is None else found.value


@pytest.fixture
def figure() -> Callable[[LandmarkReport, str, str, str], float]:
    return cell
