from dataclasses import replace

import numpy as np
import pytest
import torch

from manyfaces.core.errors import DataError, ImageError, InputError
from manyfaces.io.image import read_image
from manyfaces.pipeline import Options, Predictor
from manyfaces.pipeline.animation import load_character
from manyfaces.pipeline.export import save_photo
from manyfaces.pipeline.options import OneFaceOptions


class FakePredictor(Predictor):
    """Gives as many hypotheses as it is asked for, and keeps what it was asked."""

    def __init__(self, synthetic, kind=Options):
        self.synthetic, self.kind = synthetic, kind

    def options(self, **given):
        return self.kind(**given)

    def reconstruct(self, photo, **options):
        self.asked = options
        read_image(photo)
        n = options.get("n_expressions", 1)
        return [self.synthetic.ball_reconstruction(n, identity_index=torch.arange(5, 5 - n, -1))]


@pytest.fixture
def written(synthetic, ball, tmp_path, monkeypatch):
    """The folder of a photo with two faces."""
    monkeypatch.setattr("manyfaces.pipeline.export.draw_overview", lambda result: np.zeros((8, 8, 3), np.uint8))
    monkeypatch.setattr("manyfaces.pipeline.animation.source.load_head", lambda name: ball.data)
    results = [
        synthetic.ball_reconstruction(3, identity_index=torch.tensor([5 - k, 3, 2]), source="two.jpg") for k in (0, 1)
    ]
    return results, save_photo(results, tmp_path / "two")


def test_photos_are_reconstructed(synthetic, repository):
    photo, predictor = repository / "examples" / "astronaut.jpg", FakePredictor(synthetic)
    character = load_character(photo, predictor, hypothesis=2, face=1, seed=4)
    assert predictor.asked == {"identities": "varied", "n_expressions": 3, "face": 1, "seed": 4}
    assert character.name == "astronaut"
    torch.testing.assert_close(character.identity, torch.tensor([0.3, 0.0, 0.0, 0.0]))
    one = FakePredictor(synthetic, OneFaceOptions)
    assert load_character(str(photo), one).name == "astronaut"
    assert one.asked == {"face": "largest", "seed": 0}
    with pytest.raises(InputError, match="no hypothesis 2"):
        load_character(photo, one, hypothesis=1)
    with pytest.raises(ImageError):
        load_character(repository / "README.md", predictor)


def test_folders_of_reconstructions_are_read(written, synthetic):
    results, folder = written
    for face, hypothesis in ((0, 0), (1, 0), (1, 2)):
        character = load_character(folder, FakePredictor(synthetic), hypothesis, face)
        best = results[face].hypothesis(hypothesis)
        torch.testing.assert_close(character.identity, best.identity)
        torch.testing.assert_close(character.vertices(best.expression, best.jaw), best.vertices)
        torch.testing.assert_close(character.albedo, results[face].albedo)
        assert character.name == "two"
    largest = load_character(folder, FakePredictor(synthetic))
    torch.testing.assert_close(largest.identity, results[0].best.identity)
    own = load_character(folder / "face_1", FakePredictor(synthetic))
    torch.testing.assert_close(own.identity, results[1].best.identity)


def test_folders_that_cannot_be_used(written, synthetic, tmp_path, monkeypatch, ball):
    _, folder = written
    predictor = FakePredictor(synthetic)
    with pytest.raises(InputError, match="holds no face 2"):
        load_character(folder, predictor, face=2)
    with pytest.raises(InputError, match="no hypothesis 4"):
        load_character(folder, predictor, 3)
    with pytest.raises(DataError, match="holds no reconstruction") as told:
        load_character(tmp_path, predictor)
    assert str(folder) in told.value.fix
    turned = replace(ball.data, faces=ball.data.faces[::-1].copy())
    with monkeypatch.context() as patch:
        patch.setattr("manyfaces.pipeline.animation.source.load_head", lambda name: turned)
        with pytest.raises(DataError, match="of another head"):
            load_character(folder, predictor)
    npz = folder / "face_0" / "faces.npz"
    npz.write_bytes(npz.read_bytes()[:500])
    with pytest.raises(DataError, match="damaged"):
        load_character(folder, predictor)
