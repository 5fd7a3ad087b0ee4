"""Configuration goes to JSON and back unchanged, and says where it does not fit."""

import dataclasses
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyfaces.core.config import from_dict, from_json, to_dict, to_json
from manyfaces.core.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Widths:
    layers: tuple[int, ...] = (64, 128)
    pair: tuple[int, float] = (1, 0.5)


@dataclasses.dataclass(frozen=True)
class Recipe:
    name: str
    rate: float = 1e-4
    steps: int = 100
    ema: bool = True
    sampler: Literal["ddim", "ddpm"] = "ddim"
    limit: int | None = None
    device: int | float | str = "cpu"
    widths: Widths = Widths()


recipes = st.builds(
    Recipe,
    name=st.text(),
    rate=st.floats(allow_nan=False),
    steps=st.integers(),
    ema=st.booleans(),
    sampler=st.sampled_from(["ddim", "ddpm"]),
    limit=st.none() | st.integers(),
    device=st.integers() | st.floats(allow_nan=False) | st.text(),
    widths=st.builds(
        Widths,
        layers=st.lists(st.integers()).map(tuple),
        pair=st.tuples(st.integers(), st.floats(allow_nan=False)),
    ),
)


@given(recipes)
def test_json_and_back_changes_nothing(recipe: Recipe) -> None:
    assert from_json(Recipe, to_json(recipe)) == recipe


@given(recipes)
def test_dict_and_back_changes_nothing(recipe: Recipe) -> None:
    assert from_dict(Recipe, to_dict(recipe)) == recipe


def test_what_is_left_out_has_its_default() -> None:
    assert from_json(Recipe, '{"name": "open"}') == Recipe("open")


def test_a_whole_number_is_a_float_where_one_is_meant() -> None:
    rate = from_dict(Recipe, {"name": "open", "rate": 1}).rate
    assert rate == 1.0
    assert type(rate) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "a", "stesp": 3, "zoo": 1}, "Recipe has no key stesp, zoo. known keys: name, rate, steps"),
        ({}, "Recipe lacks name"),
        ({"name": "a", "steps": 1.5}, "Recipe.steps must be int, got 1.5"),
        ({"name": "a", "steps": True}, "Recipe.steps must be int, got True"),
        ({"name": "a", "ema": 1}, "Recipe.ema must be bool, got 1"),
        ({"name": "a", "rate": "fast"}, "Recipe.rate must be float, got 'fast'"),
        ({"name": "a", "rate": True}, "Recipe.rate must be float, got True"),
        ({"name": 3}, "Recipe.name must be str, got 3"),
        ({"name": "a", "limit": "x"}, "Recipe.limit must be int, got 'x'"),
        ({"name": "a", "steps": None}, "Recipe.steps must be int, got None"),
        ({"name": "a", "device": [1]}, "Recipe.device must be int, got [1]"),
        ({"name": "a", "widths": 3}, "Recipe.widths must be a group of keys, got 3"),
        ({"name": "a", "widths": {"layers": 3}}, "Recipe.widths.layers must be a list, got 3"),
        ({"name": "a", "sampler": "dimm"}, "Recipe.sampler is 'dimm'. valid: 'ddim', 'ddpm'"),
        ({"name": "a", "widths": {"layer": [1]}}, "Recipe.widths has no key layer"),
        ({"name": "a", "widths": {"layers": [1, "b"]}}, "Recipe.widths.layers[1] must be int, got 'b'"),
        ({"name": "a", "widths": {"pair": [1]}}, "Recipe.widths.pair needs 2 values, got 1"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(values: dict, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_dict(Recipe, values)
    assert str(caught.value).startswith(message)


def test_a_whole_number_stays_whole_where_both_kinds_are_allowed() -> None:
    assert type(from_dict(Recipe, {"name": "a", "device": 3}).device) is int


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not valid JSON"), ("[1]", "must be a JSON object"), ("3", "object")]
)
def test_text_that_is_no_object_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_json(Recipe, text)
