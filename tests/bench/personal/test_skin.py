"""Whose skin the protocol asks whom for."""

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from manyfaces.bench.figures.grid import CAPTION_PX, GAP_PX, HEAD_PX, MARGIN_PX, TILE_PX
from manyfaces.bench.personal.detail import FLAT, NO_TENSION, OTHER, OTHER_TENSION, OWN, STUDENT, TEACHER
from manyfaces.bench.personal.skin import Persons, SkinNetworks, detail_cases, own_cases, photo_cases
from manyfaces.bench.personal.skin_page import draw_skin_page
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.personal import detail_surface
from manyfaces.methods.personal.adapted import AdaptedSkin

SIDE = 32


@pytest.fixture(scope="module")
def persons(personal_stand_in):
    face = load_face_model("openhead", personal_stand_in.LAYOUT)
    return Persons(face, detail_surface(face.head, SIDE), frames=1)


@pytest.fixture(scope="module")
def networks(personal_stand_in):
    return SkinNetworks(*personal_stand_in.detail_nets())


def saying(student, height_mm):
    """A person's network with relief of one height, on one half of the face."""
    network = AdaptedSkin(copy.deepcopy(student), width=2)
    torch.nn.init.zeros_(network.network.decoder_pred.weight)
    with torch.no_grad():
        network.relief_mm[0, :, : SIDE // 2] = height_mm
    return network.eval()


def test_everybodys_networks_are_asked_for_each_person(persons, networks):
    done = []
    cases = detail_cases(persons, networks, 2, lambda: done.append(1))
    assert [case.subject for case in cases] == ["person 0", "person 0", "person 1", "person 1"]
    assert all(case.said.keys() == {TEACHER, STUDENT, NO_TENSION, OTHER_TENSION, FLAT} for case in cases)
    assert len(done) == 2
    moved = cases[1].said
    assert moved[STUDENT].changed.any()
    assert not moved[NO_TENSION].changed.any()


def test_photos_are_read_by_predicted_faces(persons, networks, personal_stand_in):
    coarse = personal_stand_in.coarse_net()
    cases = photo_cases(persons, coarse, networks, 1)
    assert [case.said.keys() for case in cases] == [{TEACHER, STUDENT, FLAT}]
    (case,) = cases
    assert not case.said[FLAT].shown.any()
    flat_mm = 1e3 * np.sqrt(np.square(case.truth.shown[case.visible]).mean())
    assert case.rmse_mm(FLAT, case.visible) == pytest.approx(flat_mm, rel=1e-5)
    assert np.isnan(case.wrinkles(STUDENT))  # there is no other expression
    # The mean face, which an untrained network says, lies elsewhere on the picture.
    assert (persons.photos(0, persons.photographed(coarse)).visible != persons.seen(0).any.visible).any()


def test_persons_have_their_own_network_and_their_neighbours(persons, networks):
    learned, done = {}, []

    def learn(view, name):
        learned[name] = view
        return saying(networks.student, len(learned))

    cases = own_cases(persons, networks, learn, 3, n_learned=2, tick=lambda: done.append(1))
    assert list(learned) == ["skin-0", "skin-1", "skin-2"]
    assert len(done) == 3
    on_skin = persons.surface.skin.numpy() == 1
    right = np.arange(SIDE) < SIDE // 2
    for row, (own, other) in enumerate([(1, 3), (2, 1), (3, 2)]):
        said = cases[2 * row].said
        assert said.keys() == {TEACHER, STUDENT, OWN, OTHER}
        for name, height_mm in ((OWN, own), (OTHER, other)):
            assert np.allclose(said[name].shown[on_skin & right], height_mm / 1e3, atol=1e-5)
            assert np.allclose(said[name].shown[on_skin & ~right], 0, atol=1e-5)


class Asked(nn.Module):
    """Remembers what it is asked."""

    def __init__(self):
        super().__init__()
        self.textures = []

    def forward(self, texture, tension):
        self.textures.append(texture)
        return torch.zeros_like(tension)


def test_what_is_learned_from_is_not_what_is_measured(persons, networks):
    learned, network = [], Asked()

    def learn(view, name):
        learned.append(view.contrast)
        return network

    some = replace(persons, frames=3)
    cases = own_cases(some, networks, learn, 1, n_learned=3)
    assert OTHER not in cases[0].said  # there is nobody else
    assert torch.equal(persons.learned(0, 3).contrast, learned[0])
    asked = torch.cat(network.textures)
    assert not any(torch.equal(one, other) for one in learned[0] for other in asked)


def test_the_page_shows_every_network_beside_the_truth(persons, networks):
    page = draw_skin_page(persons, networks.by_name(), 2)
    # The photo, the truth, teacher, student, and the student without tension.
    assert page.shape[1] == 2 * MARGIN_PX + 5 * TILE_PX + 4 * GAP_PX
    first, second = (page[HEAD_PX + k * (TILE_PX + CAPTION_PX) :][:TILE_PX] for k in range(2))
    assert (first != second).any()
    tiles = [first[:, MARGIN_PX + k * (TILE_PX + GAP_PX) :][:, :TILE_PX] for k in range(5)]
    assert all((one != other).any() for one, other in itertools.pairwise(tiles))
