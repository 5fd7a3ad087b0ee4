"""What `model.json` says of bases and of persons."""

import json

import pytest

from manyfaces.core.config import to_json
from manyfaces.core.errors import WeightError
from manyfaces.io.model_folders import (
    CARD_NAME,
    PersonalCard,
    PersonalFolder,
    PersonCard,
    PersonFolder,
    Source,
    Training,
    read_model_folder,
)
from manyfaces.methods.personal import OPEN, PUBLISHED

BASE = PersonalCard("personal", "openhead", OPEN, (Source("coarse", "a.safetensors", 3, "0" * 64),), "1.2")
PERSON = PersonCard("person", "personal-open", ("a" * 64, "b" * 64), (16, 8), 42, "1.2")


def kept(folder, card):
    folder.mkdir()
    (folder / CARD_NAME).write_text(card if isinstance(card, str) else to_json(card))
    return folder


@pytest.mark.parametrize("sizes", [OPEN, PUBLISHED], ids=["open", "published"])
def test_a_bases_card_makes_a_round_trip(tmp_path, sizes):
    training = (Training("coarse", "open", 10, 20),)
    card = PersonalCard("personal", "openhead", sizes, BASE.sources, "1.2", training)
    read = read_model_folder(kept(tmp_path / "mine", card))
    assert isinstance(read, PersonalFolder)
    assert read.card == card
    assert read.name == "mine"
    assert read.weights("detail") == tmp_path / "mine" / "detail.safetensors"


def test_a_persons_card_makes_a_round_trip(tmp_path):
    read = read_model_folder(kept(tmp_path / "ada", PERSON))
    assert isinstance(read, PersonFolder)
    assert read.card == PERSON
    assert read.weights() == tmp_path / "ada" / "person.safetensors"


def changed(card, **values):
    return json.dumps({**json.loads(to_json(card)), **values})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (changed(PERSON, widths=[16]), "widths"),
        (changed(PERSON, n_frames="many"), "n_frames"),
        (changed(PERSON, colour="blue"), "colour"),
        (changed(PERSON, method="nothing"), "cannot be used"),
        (changed(PERSON, method=["person"]), "cannot be used"),
        (changed(BASE, head=7), "head"),
        ("{", "cannot be used"),
        ("[]", "cannot be used"),
        ("", "cannot be used"),
    ],
)
def test_a_damaged_card_is_one_clear_error(tmp_path, text, what):
    with pytest.raises(WeightError, match=what) as error:
        read_model_folder(kept(tmp_path / "broken", text))
    assert str(tmp_path / "broken") in error.value.message


def test_a_folder_without_a_card_is_no_model(tmp_path):
    with pytest.raises(WeightError, match=r"holds no model\.json"):
        read_model_folder(tmp_path)
