import dataclasses

import numpy as np
import pytest
import torch

from manyfaces.bench import ours
from manyfaces.bench.baselines import head_prior
from manyfaces.detect import POINTS_68_FROM_468, FaceBox, FaceDetector
from manyfaces.diffusion import ScheduleConfig
from manyfaces.heads import HeadModel
from manyfaces.heads.data import LandmarkEmbedding
from manyfaces.io.head_files import load_head
from manyfaces.methods.ofer import OPEN, FrontFace, Ofer, UNetConfig


@pytest.fixture(scope="module")
def result(synthetic):
    data = synthetic.ball_head()
    face_ids = np.arange(468) % len(data.faces)
    corners = np.tile(np.array([[1.0, 0, 0]], np.float32), (468, 1))
    data = dataclasses.replace(data, landmarks={"468": LandmarkEmbedding(face_ids, corners)})
    return synthetic.ball_reconstruction(perspective=False, head=HeadModel(data))


class ThreeFaces(FaceDetector):
    def __init__(self) -> None:
        pass

    def __call__(self, image: np.ndarray, min_score: float = 0.5) -> list[FaceBox]:
        return [FaceBox(np.array([0.0, 0, size, size]), np.zeros((6, 2)), 0.9) for size in (30, 20, 10)]


def test_points_are_what_the_cameras_show_of_the_heads(result) -> None:
    points = ours.points_68_px(result)
    assert points.shape == (3, 68, 2)
    # One corner of a triangle each; 400 px per metre, y down, the head's origin at (80, 60).
    corner = result.head.data.faces[np.arange(468) % len(result.head.data.faces), 0]
    vertices = result.vertices[1].numpy()[corner]
    expected = POINTS_68_FROM_468 @ (np.array([80, 60]) + 400 * vertices[:, :2] * [1, -1])
    assert points[1] == pytest.approx(expected, abs=1e-3)


def test_the_chosen_face_is_asked_for_with_joint_hypotheses(result, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class FakePredictor:
        def __init__(self, model) -> None:
            self.detect = ThreeFaces()

        def reconstruct(self, image, **options):
            asked.append(options)
            return [result]

    @dataclasses.dataclass(frozen=True)
    class FakeModel:
        detector: object

    monkeypatch.setattr(ours, "Predictor", FakePredictor)
    monkeypatch.setattr(ours, "OferMethod", lambda model: model)
    monkeypatch.setattr(ours, "load_ofer", lambda name, device: FakeModel(None))
    reconstruct = ours.predictor_reconstructor(ThreeFaces(), seed=4)
    image = np.zeros((40, 40, 3), np.uint8)
    found = reconstruct(image, "auto", lambda boxes: int(boxes[:, 2].argmin()))
    assert found is not None
    assert found.points_68_px.shape == (3, 68, 2)
    assert (found.visible == result.visible).all()
    assert asked == [{"occlusion": "auto", "identities": "varied", "n_expressions": 15, "seed": 4, "face": 2}]
    assert reconstruct(image, "auto", lambda boxes: None) is None


def test_the_prior_of_the_baselines_is_that_of_the_head() -> None:
    head = HeadModel(load_head("openhead"))
    prior = head_prior(head, n_draws=60)
    spread_mm = 1000 * (prior.draws - prior.mean).std(0).mean()
    assert 0.5 < spread_mm < 8
    assert np.abs(prior.mean).max() < 0.3
    again = head_prior(head, n_draws=60)
    assert (again.draws == prior.draws).all()


def test_the_fast_sampler_is_compared_for_both_networks() -> None:
    torch.manual_seed(0)
    small = UNetConfig(widths=(16, 8), heads=1, head_dim=8, n_qkv=2, time_dim=16)
    config = dataclasses.replace(
        OPEN,
        idgen=small,
        expgen=small,
        n_identity=4,
        n_expression=3,
        identity_condition_dim=5,
        expression_condition_dim=5,
        rank_condition_dim=5,
        schedule=ScheduleConfig(n_steps=100, beta_end=0.1),
    )
    basis = torch.zeros(4, config.idrank.n_vertices, 3)
    ofer = Ofer(config, FrontFace(basis[0], basis))
    gaps = ours.sampler_gaps(ofer, torch.randn(2, 5), n_samples=30)
    assert set(gaps) == {"idgen", "expgen"}
    assert all(np.isfinite(gap.statistics) and gap.energy > 0 for gap in gaps.values())
