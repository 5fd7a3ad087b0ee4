import numpy as np
import pytest

from manyfaces.io.npz_writing import Rows, write_npz


def test_whole_arrays_and_arrays_in_parts(tmp_path):
    whole = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    parts = (whole[k : k + 2] for k in range(0, 6, 2))
    path = tmp_path / "out" / "a.npz"
    write_npz(path, {"whole": whole.astype(np.int32), "turned": whole.T, "parts": Rows(whole.shape, "<f4", parts)})
    with np.load(path) as file:
        assert sorted(file.files) == ["parts", "turned", "whole"]
        np.testing.assert_array_equal(file["parts"], whole)
        np.testing.assert_array_equal(file["turned"], whole.T)
        assert file["whole"].dtype == np.int32


def test_parts_that_do_not_make_up_the_shape_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="short got 2 values"):
        write_npz(tmp_path / "a.npz", {"short": Rows((3,), "<f4", [np.zeros(2)])})
    assert list(tmp_path.iterdir()) == []
