"""What is timed of person-specific models is what they do, in any size."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from manyfaces.bench.personal import speed
from manyfaces.bench.personal.speed import LEAST, PersonalSpeed, TimedBase, measure_personal_speed
from manyfaces.pipeline.personal_models import load_personal

CPU = torch.device("cpu")


@pytest.fixture
def model(personal_stand_in, tmp_path):
    return load_personal(personal_stand_in.write_base(tmp_path / "tiny"), CPU)


@pytest.fixture
def published(personal_stand_in):
    return TimedBase.published(CPU, personal_stand_in.orthographic())


@pytest.mark.parametrize("half", [False, True])
def test_a_frame_passes_through_everything(published, half, personal_stand_in):
    coarse, whole = (work() for work in published.tasks(half).values())
    assert coarse.shape == (1, published.face.head.n_vertices, 3)
    assert whole.shape == (1, len(published.surface.grid.texels), 3)
    assert coarse.dtype == whole.dtype == torch.float32
    assert published.picture_px == personal_stand_in.TINY.coarse.picture_px


def test_half_precision_is_the_networks_alone(published):
    asked = []
    for network in (published.network, published.student):
        network.register_forward_hook(lambda *_: asked.append(torch.is_autocast_enabled("cpu")))
    for half in (False, True):
        for work in published.tasks(half).values():
            work()
            assert not torch.is_autocast_enabled("cpu")
    assert asked == [False] * 3 + [True] * 3


def test_on_a_cpu_the_model_alone_is_timed(model, tmp_path, monkeypatch):
    monkeypatch.setattr(speed, "REPEATS", 1)
    report = measure_personal_speed(model)
    assert [name.split(":")[0] for name, _ in report.rows] == ["tiny", "tiny"]
    (bar,) = report.bars
    assert bar.measured == report.rows[-1][1]
    report.write(tmp_path, "cpu")
    assert "tiny: coarse face" in (tmp_path / "personal_speed.md").read_text()


def test_on_a_gpu_the_published_sizes_are_what_counts(model, monkeypatch):
    class Timed:
        def __init__(self, name, rate):
            self.name, self.rate = name, rate

        def rates(self, half=False):
            return ((f"{self.name}{' in half' * half}", self.rate * (1 + half)),)

    timed = SimpleNamespace(of=lambda model: Timed("small", 500.0), published=lambda device: Timed("published", 130.0))
    monkeypatch.setattr(speed, "TimedBase", timed)
    monkeypatch.setattr(speed, "measure_machine", lambda device: "some machine")
    report = measure_personal_speed(replace(model, coarse=replace(model.coarse, device=torch.device("cuda"))))
    assert report.rows == (("small", 500.0), ("published", 130.0), ("published in half", 260.0))
    assert [(bar.measured, bar.met) for bar in report.bars] == [(260.0, True)]
    assert not PersonalSpeed((("all", LEAST["cuda"] - 1),), "some machine", "cuda").bars[0].met
