"""Synthetic people as pictures with their truth."""

import numpy as np
import pytest
import torch

from manyfaces.core.errors import ChoiceError, ConfigError
from manyfaces.core.seeds import torch_generator
from manyfaces.data.hiding import HidingLaw, hide
from manyfaces.data.people import CoefficientLaw, People, PeopleConfig
from manyfaces.data.people.bank import PeopleBankConfig, build_people_bank
from manyfaces.data.people.source import BankFaces, EndlessFaces
from manyfaces.detect.rnet_alignment import rnet_affine
from manyfaces.faces import CoefficientLayout
from manyfaces.heads.skin_colours import DIRECTIONS, with_skin_colours
from manyfaces.io.face_models import load_face_model

LAYOUT = CoefficientLayout(identity=12, expression=53, albedo=20)


@pytest.fixture(scope="module")
def face():
    return load_face_model("openhead", LAYOUT)


@pytest.fixture(scope="module")
def people(face):
    return People(face, PeopleConfig(size_px=48))


def test_a_batch_is_a_function_of_seed_and_step(people):
    first, again, other = people.batch(3, 5, 4), people.batch(3, 5, 4), people.batch(3, 6, 4)
    assert torch.equal(first.pictures, again.pictures)
    assert torch.equal(first.coefficients, again.coefficients)
    assert not torch.equal(first.coefficients, other.coefficients)


def test_crops_are_where_the_five_points_put_them_but_for_the_configured_error(face):
    exact = CoefficientLaw(face, PeopleConfig(shift_px=0, zoom=0))
    affine = rnet_affine(face.five_px(exact.sample(64, torch_generator(1, "exact"))))
    # Perspective leaves a little; a crop's own error is sixteen times as large.
    assert float((affine[:, 0, 0] - 1).abs().max()) < 0.02
    assert float((affine[:, :, 2] + (affine[:, :1, 0] - 1) * torch.tensor([112.0, 111.0])).abs().max()) < 0.5
    off = CoefficientLaw(face, PeopleConfig(shift_px=8, zoom=0.1)).sample(256, torch_generator(1, "off"))
    zoom = 1 / rnet_affine(face.five_px(off))[:, 0, 0]
    assert 1.05 < float(zoom.max()) < 1.14
    assert 0.88 < float(zoom.min()) < 0.95


def test_one_person_keeps_identity_and_colours(face):
    law = CoefficientLaw(face, PeopleConfig(renders_per_person=3))
    c = law.sample(6, torch_generator(0, "law"))
    assert torch.equal(c.identity[0], c.identity[2])
    assert torch.equal(c.albedo[3], c.albedo[5])
    assert not torch.equal(c.identity[2], c.identity[3])
    assert not torch.equal(c.angles[0], c.angles[1])
    assert not torch.equal(c.expression[0], c.expression[1])


def test_angles_keep_their_limits(face):
    config = PeopleConfig(yaw_deg=(40, 20), pitch_deg=(40, 5), roll_deg=(40, 1))
    angles_deg = CoefficientLaw(face, config).sample(100, torch_generator(0, "law")).angles.rad2deg()
    torch.testing.assert_close(angles_deg.abs().amax(0), torch.tensor([5.0, 20.0, 1.0]))


def test_beards_are_there_or_not(face):
    albedo = CoefficientLaw(face, PeopleConfig()).sample(400, torch_generator(0, "law")).albedo
    beard = albedo[:, DIRECTIONS.index("beard")]
    assert float(beard.min()) == 0
    assert 0.2 < float((beard > 0).float().mean()) < 0.5


def test_the_face_is_where_the_coefficients_say(face, people):
    c = CoefficientLaw(face, PeopleConfig(yaw_deg=(30, 30))).sample(1, torch_generator(4, "law"))
    taken = [people.photograph(c, torch_generator(k, "photo")).float() for k in range(24)]
    usual, drawn = torch.cat(taken).mean(0), face.render(c, 48)
    inside = drawn.mask[0] > 0.99
    inside[:16] = False  # hair may be there
    wanted = drawn.rgb[0].mean(-1)

    def likeness(shift: int) -> float:
        seen = usual.mean(0).roll(shift, 1)
        return float(torch.corrcoef(torch.stack([seen[inside], wanted[inside]]))[0, 1])

    assert likeness(0) > 0.8
    assert all(likeness(shift) < likeness(0) for shift in (-2, -1, 1, 2))


def test_a_head_with_a_space_of_colours_keeps_it(face):
    assert with_skin_colours(face.head.data) is face.head.data


def test_a_bank_is_taken_up_where_it_was_left(tmp_path):
    config = PeopleBankConfig(n_pictures=6, layout=LAYOUT, people=PeopleConfig(size_px=32))
    bank = build_people_bank(config, tmp_path, n_workers=1)
    files = sorted(tmp_path.iterdir())
    times = [path.stat().st_mtime_ns for path in files]
    again = build_people_bank(config, tmp_path, n_workers=1)
    assert [path.stat().st_mtime_ns for path in files] == times
    assert len(bank) == 6
    rows = torch.tensor([5, 0])
    assert torch.equal(bank.at(rows).pictures, again.at(rows).pictures)
    assert torch.equal(bank.at(rows).coefficients, bank.coefficients[rows])


def test_rows_of_a_batch_do_not_depend_on_the_others(tmp_path, face):
    config = PeopleBankConfig(n_pictures=6, layout=LAYOUT, people=PeopleConfig(size_px=32))
    source = BankFaces(build_people_bank(config, tmp_path, n_workers=1), face)
    whole, part = source.batch(0, 1, 8), source.batch(0, 1, 8, slice(4, 8))
    assert torch.equal(whole.pictures[4:], part.pictures)
    assert torch.equal(whole.number[4:], part.number)


def test_endless_faces_are_functions_of_seed_and_step(people, face):
    source = EndlessFaces(people)
    whole, part = source.batch(0, 1, 3), source.batch(0, 1, 3, slice(1, 3))
    assert torch.equal(whole.pictures[1:], part.pictures)
    assert part.number.tolist() == [1, 2]
    assert not torch.equal(whole.pictures, source.batch(0, 2, 3).pictures)
    torch.testing.assert_close(whole.landmarks_px, face.landmarks_px(LAYOUT.split(whole.coefficients)))
    assert torch.equal(source.truth(0, 3), source.batch(0, 0, 3).coefficients)


def test_people_are_never_cut_in_two(tmp_path):
    people = PeopleConfig(size_px=16, renders_per_person=20)
    bank = build_people_bank(PeopleBankConfig(n_pictures=60, layout=LAYOUT, people=people), tmp_path, n_workers=1)
    identity = bank.coefficients[:, LAYOUT.slices["identity"]].reshape(3, 20, -1)
    assert torch.equal(identity, identity[:, :1].expand(-1, 20, -1))
    assert not torch.equal(identity[0], identity[1])
    with pytest.raises(ConfigError, match="people of 20"):
        build_people_bank(PeopleBankConfig(n_pictures=50, layout=LAYOUT, people=people), tmp_path)


def test_hiding_is_a_function_of_seed_and_number():
    pictures = torch.full((3, 3, 64, 64), 127, dtype=torch.uint8)
    points = torch.tensor(np.random.default_rng(0).uniform(60, 160, (1, 68, 2)), dtype=torch.float32).expand(3, -1, -1)
    law, numbers = HidingLaw(share=1.0, kinds=("shofi", "stars")), torch.tensor([7, 8, 9])
    hidden = hide(pictures, points, law, 1, numbers)
    assert torch.equal(hidden[1:2], hide(pictures[:1], points[:1], law, 1, numbers[1:2]))
    assert not torch.equal(hidden[0], hidden[1])
    assert bool((pictures == 127).all())


def test_half_of_the_pictures_stay_clear():
    generator = np.random.default_rng(0)
    law = HidingLaw(share=0.5, kinds=("dsofi", "shofi"), weights=(3, 1))
    drawn = [law.draw(generator) for _ in range(2000)]
    assert 0.46 < drawn.count(None) / 2000 < 0.54
    assert 0.70 < drawn.count("dsofi") / (2000 - drawn.count(None)) < 0.80


def test_laws_that_cannot_be_are_refused():
    with pytest.raises(ChoiceError, match="umbrella"):
        HidingLaw(kinds=("umbrella",))
    with pytest.raises(ConfigError, match="a weight for each kind"):
        HidingLaw(kinds=("stars",), weights=(1, 2))
