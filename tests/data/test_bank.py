import numpy as np
import pytest

from manyfaces.assets import fetch
from manyfaces.data import Bank, BankConfig, EncodedBank, observe_scenes
from manyfaces.data.sources import coefficients, observations, validation_rows
from manyfaces.detect import FaceMesh
from manyfaces.io.litert import load_network
from manyfaces.methods.ofer.point_encoder import PointEncoder

CONFIG = BankConfig(n_scenes=3, n_occluders=2, n_crops=2)


@pytest.fixture(scope="module")
def mesh():
    return FaceMesh(load_network(fetch("face_landmarks_468")))


@pytest.fixture(scope="module")
def bank(head, mesh):
    return observe_scenes(CONFIG, 0, 3, head, mesh)


def test_every_view_of_every_scene_is_there(bank):
    assert len(bank) == 3 * (1 + 2) * 2
    np.testing.assert_array_equal(np.unique(bank.scene), [0, 1, 2])


def test_clear_views_find_the_points_where_they_are(bank):
    clear = bank.hidden_at.max(1) == 0
    error = np.linalg.norm(bank.points - bank.true_points, axis=-1)[clear]
    eyes = np.linalg.norm(bank.true_points[clear, 33] - bank.true_points[clear, 263], axis=-1)
    assert clear.any()
    assert np.median(error / eyes[:, None]) < 0.15  # the crop itself is off by a tenth of its size


def test_rows_depend_on_their_number_alone(bank, head, mesh):
    alone = observe_scenes(CONFIG, 1, 2, head, mesh)
    np.testing.assert_array_equal(alone.points, bank.points[bank.scene == 1])


def test_another_seed_is_another_bank(bank, head, mesh):
    other = observe_scenes(BankConfig(seed=1, n_occluders=2), 1, 2, head, mesh)
    assert not np.array_equal(other.identity[0], bank.identity[bank.scene == 1][0])


def test_saved_banks_come_back(bank, tmp_path):
    bank.save(tmp_path / "bank.npz")
    again = Bank.load(tmp_path / "bank.npz")
    np.testing.assert_array_equal(again.true_points, bank.true_points)
    assert len(Bank.joined([bank, again])) == 2 * len(bank)


def test_no_scene_is_on_both_sides(bank):
    held = validation_rows(bank).numpy()
    assert not set(bank.scene[held]) & set(bank.scene[~held])
    assert held.any()


def test_encoded_banks_give_the_truth_with_the_condition(bank):
    encoder = PointEncoder()
    encoded = EncodedBank.encode(bank, encoder)
    assert encoded.condition.shape == (len(bank), 256)
    batch = encoded.side(validation=False).batch(seed=0, step=0, size=5)
    row = (encoded.identity == batch.identity[0]).all(1).nonzero()[0, 0]
    assert coefficients(bank, 100)[row, :100].equal(batch.identity[0])
    assert observations(bank).points.shape == (len(bank), 468, 2)
