"""Tensors and dicts out of pickles: the same numbers as torch and numpy read, and nothing is run."""

import io
import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch

from manyfaces.core.errors import DataError, HeadFileError
from manyfaces.io.restricted_pickle import load_arrays, load_npy, load_npy_dict

KINDS = (torch.float64, torch.float32, torch.float16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def saved(value: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(value, dtype=object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize("kind", [*KINDS, torch.bool])
@pytest.mark.parametrize(
    "view", [lambda t: t, lambda t: t.T, lambda t: t[1:, ::2], lambda t: t[0, 0], lambda t: t[:0], lambda t: t[:, 1:2]]
)
def test_tensors(kind: torch.dtype, view: Callable) -> None:
    tensor = view((10 * torch.randn(5, 4, generator=torch.Generator().manual_seed(0))).to(kind))
    for protocol in (2, 4):
        found = load_arrays(pickle.dumps({"a": tensor}, protocol=protocol), "t.pkl")["a"]
        assert found.shape == tuple(tensor.shape)
        np.testing.assert_array_equal(found, tensor.numpy())


def test_a_tensor_in_a_dict_of_an_array_file() -> None:
    found = load_npy(saved({"ids": torch.arange(6).reshape(2, 3), "plain": np.arange(3.0)}), "x.npy")
    np.testing.assert_array_equal(found["ids"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["plain"], [0, 1, 2])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"LongStorage", b"EvilStorage"),
        (b"storageq", b"stonageq"),
        (b"ctorch\n", b"cposix\n"),
        (bytes([6, 0, 0, 0, 0, 0, 0, 0, 0]), bytes([7, 0, 0, 0, 0, 0, 0, 0, 0])),  # more numbers than there are
        (b"K\x02K\x03\x86", b"K\x02K\x09\x86"),  # a larger size than the numbers
        (b"K\x03K\x01\x86", b"K\xffK\x01\x86"),  # a stride beyond them
        (b"\x6c\xfc\x9c\x46", b"\x6c\xfc\x9c\x47"),  # torch's magic number
    ],
)
def test_tensors_that_do_not_hold_together(old: bytes, new: bytes) -> None:
    raw = pickle.dumps({"a": torch.arange(6).reshape(2, 3)}, protocol=2)
    raw = raw if old in raw else pickle.dumps({"a": torch.arange(6).reshape(2, 3)}, protocol=4)
    assert old in raw
    with pytest.raises(HeadFileError):
        load_arrays(raw.replace(old, new), "t.pkl")


def test_lists_of_images() -> None:
    lists = {"F1001": [["F1001/a.jpg", "F1001/b.jpg"], "F1001/F1001_N.npz"], "F1002": ("F1002/x.npz", ["F1002/c.jpg"])}
    assert load_npy_dict(saved(lists), "list.npy") == lists


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (saved({"a": [["x.jpg"], "y.npz"]})[:-30], "damaged"),
        (saved(["a", "b"]), "array of objects"),
        (saved({"a": {1, 2}}), "set"),
        (b"", "damaged"),
        (b"\x93NUMPY\x01\x00", "damaged"),
        (b"\x93NUMPY\x01\x00\x0a\x00{'descr':\n", "damaged"),
    ],
)
def test_what_is_no_dict_of_plain_values(raw: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says):
        load_npy_dict(raw, "list.npy")


def test_a_plain_array_is_no_dict() -> None:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    np.testing.assert_array_equal(load_npy(file.getvalue(), "x.npy"), np.zeros(3))
    with pytest.raises(DataError, match="plain array"):
        load_npy_dict(file.getvalue(), "list.npy")


def test_lists_that_hold_one_another_end() -> None:
    twice: list = []
    for _ in range(64):
        twice = [twice, twice]
    assert load_npy_dict(saved({"a": twice}), "list.npy").keys() == {"a"}
    own: list = []
    own.append(own)
    with pytest.raises(DataError, match="recursion"):
        load_npy_dict(saved({"a": own}), "list.npy")


def test_only_the_outermost_box_is_opened() -> None:
    with pytest.raises(HeadFileError, match="array of objects"):
        load_arrays(pickle.dumps({"v_template": np.array({"a": 1}, dtype=object)}), "head.pkl")
