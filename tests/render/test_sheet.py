import numpy as np
import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.render import contact_sheet, overlay, to_bytes


def test_overlay_blends_by_mask_and_opacity():
    photo = np.full((1, 3, 3), 100, np.uint8)
    over = overlay(photo, torch.ones(1, 3, 3), torch.tensor([[0.0, 0.5, 1.0]]), opacity=0.8)
    np.testing.assert_array_equal(over[0, :, 0], [100, 162, 224])
    same = overlay(photo, np.ones((1, 3, 3), np.float32), np.zeros((1, 3), np.float32))
    np.testing.assert_array_equal(same, photo)


def test_bytes_round_and_survive_nonsense():
    values = torch.tensor([[0.0, 0.5, 1.0], [-3.0, 7.0, float("nan")]])
    np.testing.assert_array_equal(to_bytes(values), [[0, 128, 255], [0, 255, 0]])


def test_sheet_places_pictures_in_rows():
    images = [np.full((10, 20, 3), 10 * k, np.uint8) for k in range(1, 6)]
    sheet = contact_sheet(images, columns=3, gap_px=2)
    assert sheet.shape == (2 + 2 * 12, 2 + 3 * 22, 3)
    for k in range(5):
        assert sheet[2 + k // 3 * 12 + 5, 2 + k % 3 * 22 + 10, 0] == 10 * (k + 1)
    assert (sheet[-6, -6] == 255).all()
    assert (sheet[0] == 255).all()


def test_smaller_pictures_sit_in_the_middle():
    sheet = contact_sheet([np.zeros((20, 20, 3), np.uint8), np.zeros((10, 4, 3), np.uint8)], 2, gap_px=0)
    np.testing.assert_array_equal(np.argwhere(sheet[:, 20:, 0] == 0).min(0), [5, 8])


def test_captions_stay_under_their_picture():
    images = [np.full((40, 60, 3), 128, np.uint8)] * 2
    text = "a caption that is far too long for so small a picture"
    sheet = contact_sheet(images, 2, ["", text], background=(0, 0, 0))
    strip = sheet[48:]
    assert strip.max() > 150
    assert strip[:, :68].max() == 0
    assert strip[:, 136:].max() == 0
    accents = contact_sheet(images, 2, ["Zoë", "π ≈ 3"])
    assert accents.shape == sheet.shape


@pytest.mark.parametrize(("count", "columns", "captions"), [(0, 1, None), (1, 0, None), (2, 1, ["one"])])
def test_impossible_sheets_are_refused(count, columns, captions):
    with pytest.raises(InputError):
        contact_sheet([np.zeros((2, 2, 3), np.uint8)] * count, columns, captions)
