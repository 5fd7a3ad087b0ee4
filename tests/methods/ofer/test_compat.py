"""Quirks by name."""

import pytest

from manyfaces.core.errors import ChoiceError
from manyfaces.methods.ofer.compat import NO_QUIRKS, OFFICIAL, QUIRKS, Compat, compat


def test_all_and_nothing_have_names():
    assert compat("official") == OFFICIAL
    assert compat("none") == NO_QUIRKS == Compat()
    assert compat(",".join(QUIRKS)) == OFFICIAL


@pytest.mark.parametrize("name", QUIRKS)
def test_each_quirk_comes_alone(name):
    chosen = compat(f" {name} ")
    assert [quirk for quirk in QUIRKS if getattr(chosen, quirk)] == [name]
    assert name in Compat.__doc__


@pytest.mark.parametrize("names", ["", "Official", "halve_jaw,", "halve_jaw,none", "teeth"])
def test_what_is_no_quirk_is_named_with_those_that_are(names):
    with pytest.raises(ChoiceError, match="wrong_ddim"):
        compat(names)
