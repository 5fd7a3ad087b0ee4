from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from manyfaces.assets import fetch
from manyfaces.core.errors import AssetError
from manyfaces.io.litert import load_network


def test_a_network_is_a_function():
    network = load_network(fetch("face_detection_short_range"))
    boxes, logits = network(np.zeros((1, 128, 128, 3), np.float32))
    assert boxes.shape == (1, 896, 16)
    assert logits.shape == (1, 896, 1)


def test_results_do_not_change_under_the_callers_hands():
    network = load_network(fetch("face_detection_short_range"))
    first = network(np.zeros((1, 128, 128, 3), np.float32))
    copies = [output.copy() for output in first]
    network(np.ones((1, 128, 128, 3), np.float32))
    assert all((a == b).all() for a, b in zip(first, copies, strict=True))


def test_threads_take_turns():
    network = load_network(fetch("face_detection_short_range"))
    inputs = [np.full((1, 128, 128, 3), value, np.float32) for value in np.linspace(-1, 1, 8)]
    alone = [network(tensor)[0] for tensor in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda tensor: network(tensor)[0], inputs * 4))
    assert all((got == alone[i % 8]).all() for i, got in enumerate(together))


@pytest.mark.parametrize("content", [b"", b"not a network" * 100])
def test_a_file_that_is_no_network(tmp_path, content):
    (tmp_path / "a.tflite").write_bytes(content)
    with pytest.raises(AssetError, match=r"a\.tflite"):
        load_network(tmp_path / "a.tflite")


def test_a_missing_file(tmp_path):
    with pytest.raises(AssetError, match=r"a\.tflite"):
        load_network(tmp_path / "a.tflite")
