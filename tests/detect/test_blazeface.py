import numpy as np
import pytest

from manyfaces.detect.blazeface import FULL_RANGE, SHORT_RANGE, BlazeFace
from manyfaces.geometry.crop import Crop

IMAGE = np.zeros((480, 640, 3), np.uint8)


def network(layout, cell, offsets, logit=2.0):
    """A stand-in that reports one box at one cell and notes what it was given."""
    count = len(layout.anchors())

    def run(tensor):
        run.given = tensor
        raw, logits = np.zeros((1, count, 16), np.float32), np.full((1, count, 1), -9, np.float32)
        raw[0, cell], logits[0, cell] = offsets, logit
        return [raw, logits]

    return run


def test_as_many_cells_as_outputs():
    assert SHORT_RANGE.anchors().shape == (896, 2)
    assert FULL_RANGE.anchors().shape == (2304, 2)
    np.testing.assert_allclose(
        SHORT_RANGE.anchors()[[0, 1, 2, 511, 512, 517, 518]][:, 0] * 16, [0.5, 0.5, 1.5, 15.5, 1, 1, 3]
    )
    np.testing.assert_allclose(FULL_RANGE.anchors()[[0, 1, 48]] * 48, [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]])


@pytest.mark.parametrize("layout", [SHORT_RANGE, FULL_RANGE])
def test_a_box_by_hand(layout):
    # Cell 0 of a window from (-0.5, -0.5) to (319.5, 319.5), moved so that the box's centre is the window's.
    size = layout.input_size
    middle = (0.5 - layout.anchors()[0]) * size
    offsets = np.concatenate([middle, [size / 2, size / 4], np.tile(middle, 6)])
    found = BlazeFace(network(layout, 0, offsets), layout)(IMAGE, Crop((159.5, 159.5), 320.0), 0.5)
    np.testing.assert_allclose(found.values[0], [79.5, 119.5, 239.5, 199.5, *[159.5] * 12], atol=1e-4)
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-2)), rtol=1e-6)


def test_the_network_sees_minus_one_to_one():
    run = network(SHORT_RANGE, 0, np.zeros(16))
    BlazeFace(run, SHORT_RANGE)(np.full((128, 128, 3), 255, np.uint8), Crop((63.5, 63.5), 256.0), 0.5)
    assert run.given.shape == (1, 128, 128, 3)
    assert run.given.dtype == np.float32
    assert run.given[0, 64, 64].tolist() == [1, 1, 1]
    assert run.given[0, 0, 0].tolist() == [-1, -1, -1]


def test_doubtful_boxes_are_left_out():
    detect = BlazeFace(network(SHORT_RANGE, 3, np.zeros(16), logit=0.4), SHORT_RANGE)
    assert len(detect(IMAGE, Crop((0.0, 0.0), 10.0), 0.59).scores) == 1
    assert len(detect(IMAGE, Crop((0.0, 0.0), 10.0), 0.61).scores) == 0
