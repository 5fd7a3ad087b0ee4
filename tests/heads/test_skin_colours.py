"""The drawn space of face colours."""

from dataclasses import replace

import numpy as np
import pytest

from manyfaces.core.errors import InputError
from manyfaces.heads import HeadModel
from manyfaces.heads.skin_colours import DIRECTIONS, hair_reach, with_skin_colours
from manyfaces.io.head_files import load_head


@pytest.fixture(scope="module")
def data():
    return load_head("openhead")


@pytest.fixture(scope="module")
def coloured(data):
    return with_skin_colours(data)


def change(coloured, name):
    return np.abs(coloured.albedo_basis[DIRECTIONS.index(name)]).max(-1)


def test_each_direction_colours_its_part_and_no_other(data, coloured):
    lips, eyes = data.masks["lips"], data.masks["eyeballs"]
    assert change(coloured, "lips_red")[lips].min() > 0.04
    assert not change(coloured, "lips_red")[~lips].any()
    assert not change(coloured, "tone")[eyes].any()
    assert not change(coloured, "iris_light")[~eyes].any()
    assert change(coloured, "iris_light")[eyes].any()
    forehead = data.template[:, 1] > data.template[data.masks["lips"], 1].mean() + 0.05
    assert change(coloured, "beard")[data.masks["front"] & forehead].max() < 0.01
    assert not change(coloured, "hair_light")[data.masks["lips"]].any()


def test_brows_are_coloured_for_themselves(coloured):
    brows = change(coloured, "brows_dark")
    assert 10 < (brows > 0.05).sum() < 100
    # The darker the brow, the less of the skin's tone is there.
    share = brows / 0.12 + change(coloured, "tone") / 0.14
    np.testing.assert_allclose(share[brows > 0.01], 1, atol=0.01)


def test_a_space_that_is_there_is_kept(coloured):
    assert with_skin_colours(coloured) is coloured


def test_a_head_without_colours_and_masks_is_skin_all_over(data):
    bare = with_skin_colours(replace(data, albedo=None, masks={}))
    assert np.ptp(bare.albedo, axis=0).max() == 0
    assert change(bare, "tone").min() > 0.13
    assert HeadModel(bare).n_albedo == len(DIRECTIONS)
    assert hair_reach(bare).min() > 1


def test_a_head_without_landmarks_is_refused(data):
    with pytest.raises(InputError, match="68 landmarks"):
        with_skin_colours(replace(data, landmarks={}))


def test_hair_is_on_the_scalp_and_far_from_eyes(data):
    reach = hair_reach(data)
    assert not reach[data.masks["scalp"] & data.masks["skin"]].any()
    assert reach[data.masks["eyeballs"]].min() > 0.5
    assert reach[data.masks["lips"]].min() > 0.1
