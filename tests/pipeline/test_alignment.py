import numpy as np
import pytest
import torch

from manyfaces.detect import FacePoints
from manyfaces.geometry import HEAD_TO_CAMERA, Crop, OrthographicCamera, matrix_from_euler
from manyfaces.methods.ofer.point_encoder import PointEncoder
from manyfaces.pipeline.alignment import Aligner, Coefficients, Deviations
from manyfaces.pipeline.preprocess import FaceView

CROP = Crop((150.0, 140.0), 200.0, 0.2)
DEVIATIONS = Deviations(torch.full((100,), 0.3), torch.full((50,), 0.3))


@pytest.fixture(scope="module")
def aligner(open_head):
    torch.manual_seed(0)
    encoder = PointEncoder()
    encoder.error_modes.directions.copy_(torch.linalg.qr(torch.randn(936, 40))[0].T)
    return Aligner(open_head, encoder)


@pytest.fixture(scope="module")
def truth(open_head):
    """A random head, its camera and its points on the picture."""
    generator = torch.Generator().manual_seed(0)
    identity = torch.randn(1, 100, generator=generator)
    rotation = HEAD_TO_CAMERA @ matrix_from_euler(*(torch.tensor(a) for a in (0.3, 0.1, -0.2)))
    camera = OrthographicCamera(torch.tensor([800.0]), rotation[None], torch.tensor([[150.0, 140.0]]))
    points_px = camera.project(open_head.landmarks(open_head.neutral(identity), "468")).points_px[0].numpy()
    return identity, camera, points_px


def _drawn(identity, m):
    return Coefficients(identity.expand(m, -1), torch.zeros(m, 50), torch.zeros(m, 3))


def _view(points_px, hidden=None, scale_px=2.0):
    return FaceView(
        condition=torch.zeros(256),
        points_px=points_px.astype(np.float32),
        scale_px=np.full(468, scale_px, np.float32),
        hidden=np.zeros(468, bool) if hidden is None else hidden,
        mask=np.zeros((300, 300), bool),
        detected=FacePoints(points_px.astype(np.float32), np.zeros(468, np.float32), 1.0, CROP),
    )


def _run(aligner, drawn, view, one_identity=True, spread=1.0):
    return aligner.align(drawn, DEVIATIONS, view, torch.Generator().manual_seed(0), one_identity, spread)


def test_a_perfect_first_hypothesis_stays(aligner, truth):
    identity, camera, points_px = truth
    found = _run(aligner, _drawn(identity, 3), _view(points_px))
    torch.testing.assert_close(found.cameras.rotation[0], camera.rotation[0], atol=3e-3, rtol=0)
    torch.testing.assert_close(found.cameras.scale_px[:1], camera.scale_px, rtol=3e-3, atol=0)
    torch.testing.assert_close(found.coefficients.identity[:1], identity, atol=0.05, rtol=0)


def test_settling_brings_visible_points_closer(aligner, truth, open_head):
    identity, _, points_px = truth
    off = identity + 0.5 * torch.randn(1, 100, generator=torch.Generator().manual_seed(5))

    def error(deviations):
        view = _view(points_px, scale_px=0.5)
        found = aligner.align(_drawn(off, 1), deviations, view, torch.Generator(), True, 0.0)
        c = found.coefficients
        points = open_head.landmarks(open_head(c.identity, c.expression), "468")
        return np.linalg.norm(found.cameras.project(points).points_px[0].numpy() - points_px, axis=-1).mean()

    held = Deviations(torch.zeros(100), torch.zeros(50))
    assert error(DEVIATIONS) < 0.5 * error(held)


def test_one_identity_stays_one(aligner, truth):
    identity, _, points_px = truth
    off = identity + 0.3
    found = _run(aligner, _drawn(off, 4), _view(points_px)).coefficients.identity
    assert torch.equal(found, found[:1].expand_as(found))
    varied = _run(aligner, _drawn(off, 4), _view(points_px), one_identity=False).coefficients.identity
    assert varied.std(0).mean() > 1e-3


def test_cameras_differ_and_spread_scales_it(aligner, truth):
    identity, _, points_px = truth

    def shifts(spread):
        return _run(aligner, _drawn(identity, 30), _view(points_px), spread=spread).cameras.translation_px.std(0).mean()

    assert shifts(0.0) < 0.01
    assert shifts(2.0) == pytest.approx(2 * shifts(1.0), rel=0.25)
    assert shifts(1.0) > 0.01


def test_hidden_points_hardly_count(aligner, truth):
    identity, camera, points_px = truth
    hidden = np.arange(468) >= 380
    moved_px = points_px + 15 * hidden[:, None]
    found = _run(aligner, _drawn(identity, 1), _view(moved_px, hidden))
    assert (found.cameras.translation_px - camera.translation_px).norm() < 2.0
