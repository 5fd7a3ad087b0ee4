"""Errors say what was wrong and what to do."""

import inspect
import pickle

import pytest

from manyfaces.core import errors
from manyfaces.core.errors import ChoiceError, ImageError, InputError, ManyfacesError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ManyfacesError)]
PLAIN = [kind for kind in KINDS if kind is not ChoiceError]


@pytest.mark.parametrize("kind", PLAIN)
def test_text_holds_the_message_and_then_the_fix(kind: type[ManyfacesError]) -> None:
    error = kind("photo.jpg holds no face", "choose another photo")
    assert str(error) == "photo.jpg holds no face. choose another photo"
    assert (error.message, error.fix) == ("photo.jpg holds no face", "choose another photo")


def test_text_without_a_fix_is_the_message_alone() -> None:
    assert str(ManyfacesError("the disk is full")) == "the disk is full"


def test_an_unknown_choice_lists_the_valid_ones() -> None:
    error = ChoiceError("sampler", "dimm", ["ddpm", "ddim"])
    assert str(error) == "unknown sampler 'dimm'. valid: ddpm, ddim"


def test_a_user_can_catch_all_bad_input_at_once() -> None:
    with pytest.raises(InputError):
        raise ImageError("photo.jpg is cut short")


@pytest.mark.parametrize("kind", PLAIN)
def test_errors_survive_the_way_back_from_a_worker_process(kind: type[ManyfacesError]) -> None:
    error = pickle.loads(pickle.dumps(kind("what", "fix")))
    assert type(error) is kind
    assert (error.message, error.fix) == ("what", "fix")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_when_it_is_raised(kind: type[ManyfacesError]) -> None:
    assert kind.__doc__
