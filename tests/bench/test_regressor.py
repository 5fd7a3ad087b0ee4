import types

import numpy as np
import pytest
import torch

from manyfaces.bench import regressor
from manyfaces.detect import FaceBox
from manyfaces.methods.ofer.point_encoder import Observations, PointEncoder
from manyfaces.pipeline.conditioning import CropConditioner, PointConditioner
from manyfaces.pipeline.models import LoadedOfer


@pytest.fixture
def model() -> LoadedOfer:
    torch.manual_seed(0)
    encoder = PointEncoder()
    for part in ("coefficient_mean", "coefficient_std"):
        getattr(encoder, part).copy_(torch.rand(153))
    loaded = LoadedOfer.__new__(LoadedOfer)
    vars(loaded).update(encoder=encoder, mesh=None, conditioner=PointConditioner())
    return loaded


def test_the_answer_is_what_the_point_encoder_says(model: LoadedOfer, monkeypatch: pytest.MonkeyPatch) -> None:
    condition, asked = torch.randn(256), []

    def look(image, crop, find_mask, mesh, encoder):
        asked.append(find_mask(image, None))
        return types.SimpleNamespace(condition=condition)

    monkeypatch.setattr(regressor, "look_at_face", look)
    hidden = np.ones((20, 30), bool)
    box = FaceBox(np.array([2.0, 2, 18, 18]), np.random.default_rng(0).uniform(4, 16, (6, 2)), 0.9)
    found = regressor.regress(model, np.zeros((20, 30, 3), np.uint8), box, hidden)
    nothing = Observations(
        torch.zeros(1, 468, 2), torch.zeros(1, 468), torch.zeros(1, 16, 16), torch.zeros(1, 468), torch.ones(1)
    )
    said = model.encoder.estimate(nothing, condition[None])
    for name in ("identity", "expression", "jaw"):
        assert torch.equal(getattr(found, name), getattr(said, name))
    assert found.identity.shape == (1, 100)
    assert asked == [hidden]


def test_models_that_see_pixels_have_none(model: LoadedOfer) -> None:
    assert regressor.has_regressor(model)
    vars(model)["conditioner"] = CropConditioner()
    assert not regressor.has_regressor(model)
