"""Prepared faces from files: what is read, and what is refused by name."""

import numpy as np
import pytest
import torch
from PIL import Image

from manyfaces.core.errors import InputError
from manyfaces.detect.alignment import to_portrait
from manyfaces.io.face_crops import read_face_crops


@pytest.fixture
def prepared(tmp_path):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (224, 224, 3), dtype=np.uint8)).save(tmp_path / "one.png")
    np.save(tmp_path / "one.npy", rng.uniform(-1, 1, (3, 112, 112)))
    return tmp_path / "one.png"


def test_a_portrait_and_the_array_beside_it(prepared):
    crops = read_face_crops(prepared)
    assert len(crops) == 1
    assert torch.equal(crops.portrait, to_portrait(np.asarray(Image.open(prepared))[None]))
    np.testing.assert_allclose(crops.aligned[0], np.load(prepared.with_suffix(".npy")), atol=1e-7)
    assert torch.equal(read_face_crops(prepared, prepared.with_suffix(".npy")).aligned, crops.aligned)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([{"a": 1}]), "it holds Python objects"),
        (np.zeros((112, 112, 3)), r"float64 of shape \(112, 112, 3\)"),
        (np.zeros((3, 112, 112), np.uint8), "uint8"),
        (np.full((3, 112, 112), 200.0), "numbers up to 200"),
        (np.full((3, 112, 112), np.nan), "numbers up to nan"),
    ],
)
def test_other_arrays_are_refused(prepared, array, said):
    np.save(prepared.with_suffix(".npy"), array, allow_pickle=True)
    with pytest.raises(InputError, match=rf"one\.npy.*{said}"):
        read_face_crops(prepared)


def test_broken_files_are_named(prepared):
    aligned = prepared.with_suffix(".npy")
    aligned.write_bytes(aligned.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"one\.npy: it is damaged"):
        read_face_crops(prepared)
    aligned.unlink()
    with pytest.raises(InputError, match=r"one\.npy does not exist"):
        read_face_crops(prepared)


def test_an_archive_of_arrays_is_no_array(prepared):
    with prepared.with_suffix(".npy").open("wb") as file:
        np.savez(file, a=np.zeros(3))
    with pytest.raises(InputError, match="several arrays"):
        read_face_crops(prepared)


def test_a_portrait_of_another_size_is_refused(prepared):
    Image.new("RGB", (200, 224)).save(prepared)
    with pytest.raises(InputError, match="200x224 px, a prepared portrait 224x224"):
        read_face_crops(prepared)
