"""Models in the landmark benchmarks: their rows, sheets, what is kept of them, and where their points are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from manyfaces.bench.annotated_points import annotated_68_px
from manyfaces.bench.landmarks import LandmarkOptions, LandmarkReport, models
from manyfaces.bench.landmarks.models import Marks, predictor_marks
from manyfaces.core.errors import InputError
from manyfaces.data.landmarks import LandmarkSample
from manyfaces.detect import FaceDetector
from manyfaces.heads import HeadModel, outline_mesh
from manyfaces.heads.outline import turned_camera
from manyfaces.io.head_files import load_head
from manyfaces.io.image import read_image

if TYPE_CHECKING:
    from tests.bench.landmarks.conftest import Fake, Run


@dataclass(frozen=True)
class Eyes:
    detector: object


Figure = Callable[[LandmarkReport, str, str, str], float]


@pytest.fixture
def w300(miniatures: ModuleType, tmp_path: Path) -> Path:
    miniatures.write_ibug(tmp_path / "300w", {"ibug": ["1_1", "2_1", "3_1"]})
    return tmp_path / "300w"


def test_a_model_has_a_row_and_a_sheet(run: "Run", w300: Path, figure: Figure, tmp_path: Path) -> None:
    report = run("300w", w300, methods=("facemesh",), models=("mine",))
    assert figure(report, "300-W, full", "mine", "boundary") == pytest.approx(1)
    assert figure(report, "300-W, full", "mine", "inner") == pytest.approx(2)
    assert figure(report, "300-W, full", "mine", "overall") == pytest.approx((17 + 2 * 51) / 68)
    assert figure(report, "300-W, full", "facemesh", "inner") == pytest.approx(2, abs=1e-4)
    sheet = read_image(tmp_path / "out" / "300w_mine.png")
    assert sheet.ndim == 3
    assert not (tmp_path / "out" / ".unfinished").exists()


def test_a_face_that_the_model_misses(run: "Run", fake: "Fake", w300: Path) -> None:
    fake.missed = {1}
    report = run("300w", w300, methods=(), models=("mine",))
    assert report.missing() == {"mine": ["ibug/2_1"]}


def test_only_the_first_so_many(run: "Run", w300: Path) -> None:
    assert len(run("300w", w300, methods=(), models=("mine",), limit=2).errors.samples) == 2


def test_a_stopped_run_goes_on_unless_the_model_has_changed(tmp_path: Path) -> None:
    samples = [LandmarkSample(str(k), Path(), np.zeros((68, 2)), str(k), ("all",)) for k in range(3)]
    image = np.zeros((4, 4, 3), np.uint8)
    asked: list[float] = []

    def ask(value: float) -> list[np.ndarray | None]:
        def find(picture, choose):
            asked.append(value)
            return None if len(asked) == 2 else np.full((68, 2), value)

        asked.clear()
        marks = Marks(find, tmp_path, "mine")
        return [marks(sample, image, lambda boxes: None) for sample in samples]

    first = ask(1.0)
    assert len(asked) == 3
    again = ask(1.0)
    assert len(asked) == 1  # the first face says that it is the same model
    assert first[1] is None
    assert again[1] is None
    assert np.array_equal(again[2], np.full((68, 2), 1.0))
    ask(2.0)
    assert len(asked) == 3


def test_models_are_asked_unsettled(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    class FakePredictor:
        def __init__(self, method: object):
            pass

        def detect(self, image: np.ndarray) -> list[object]:
            return []

        def __call__(self, image: np.ndarray, **options: object) -> np.ndarray:
            asked.append(options)
            return image

    monkeypatch.setattr(models, "load_method", lambda *arguments: SimpleNamespace(eyes=Eyes(None)))
    monkeypatch.setattr(models, "Predictor", FakePredictor)
    monkeypatch.setattr(models, "annotated_68_px", lambda result: np.zeros((68, 2)))
    for unsettled in (False, True):
        predictor_marks("mine", FaceDetector.__new__(FaceDetector), seed=3, unsettled=unsettled)(
            np.zeros((4, 4, 3), np.uint8), lambda boxes: 0
        )
    assert asked == [{"face": 0, "seed": 3}, {"face": 0, "seed": 3, "settle": False}]


def test_names_of_rows_are_no_models() -> None:
    with pytest.raises(InputError, match="facemesh"):
        LandmarkOptions(models=("facemesh",))
    assert LandmarkOptions(methods=(), models=("mine",)).models == ("mine",)


def test_the_jaw_line_follows_the_outline(synthetic: ModuleType) -> None:
    head = HeadModel(load_head("openhead"))
    camera = turned_camera(torch.tensor([0.6]))
    result = synthetic.ball_reconstruction(
        1,
        head=head,
        identities=torch.zeros(1, 5),
        scores=torch.ones(1),
        order=torch.zeros(1).long(),
        identity_index=torch.zeros(1).long(),
        expressions=torch.zeros(1, 3),
        cameras=camera,
    )
    found = annotated_68_px(result)
    points = camera.project(head.landmarks(result.vertices)).points_px[0].double().numpy()
    hidden = ~outline_mesh(head).seen(result.vertices, camera).jaw_seen[0].numpy()
    assert hidden.any()
    assert np.allclose(found[17:], points[17:])
    assert np.allclose(found[:17][~hidden], points[:17][~hidden])
    assert (found[:17][hidden, 0] > points[:17][hidden, 0]).all()
