"""The recipes on prepared photos, end to end in miniature."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.data.clips import ClipConfig, ClipSet, ClipSource, Seeing, prepare_clips
from manyfaces.methods.personal.detail import skin_view
from manyfaces.train.config import TrainConfig
from manyfaces.train.personal import photos, recipes
from manyfaces.train.personal.photos import PHOTO_RECIPES, PhotoRecipe

BRIEF = TrainConfig(steps=1, validation_batches=1, ema_decay=0.0, warmup_steps=0)


@pytest.fixture(scope="module")
def prepared(squares, tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    people = {"ada": squares.ADA, "ben": squares.BEN}
    clips = tuple(
        ClipSource(name, name, squares.film(folder / f"{name}.mp4", [squares.frame(squares.Square(colour))] * 3))
        for name, colour in people.items()
    )
    prepare_clips(ClipSet("people", clips), folder / "out", Seeing(squares.SquareEyes, names="squares"), ClipConfig())
    return folder / "out"


@pytest.fixture
def tiny(personal_stand_in, monkeypatch):
    recipe = PhotoRecipe(
        network=personal_stand_in.TINY, coarse=BRIEF, teacher=BRIEF, detail=BRIEF, batch_size=2, frames_per_clip=2
    )
    monkeypatch.setitem(PHOTO_RECIPES, "photos", recipe)
    monkeypatch.setattr(recipes, "OPEN_RESNET", replace(recipes.OPEN_RESNET, widths=(8, 8), n_drive=7))


def test_all_parts_learn_from_photos_alone(tiny, prepared, tmp_path):
    for part in ("coarse", "detail-teacher", "detail", "detail-alone"):
        result = recipes.train(part, "photos", tmp_path, data=prepared)
        assert result.finished
        assert all(torch.isfinite(tensor).all() for tensor in result.model.state_dict().values())


def test_skin_is_learned_from_finer_pictures_than_the_face(tiny, prepared, tmp_path, monkeypatch):
    sides = set()

    def seen(face, surface, c, pictures, skin):
        sides.add(pictures.shape[-1])
        return skin_view(face, surface, c, pictures, skin)

    monkeypatch.setattr(photos, "skin_view", seen)
    for part in ("coarse", "detail-teacher"):
        recipes.train(part, "photos", tmp_path, data=prepared)
    assert sides == {224}


def test_photos_are_asked_for_and_refused(tmp_path, prepared):
    with pytest.raises(InputError, match="needs photos"):
        recipes.train("coarse", "photos", tmp_path)
    with pytest.raises(InputError, match="draws its own people"):
        recipes.train("coarse", "open-tiny", tmp_path, data=prepared)
