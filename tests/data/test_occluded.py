"""Photos behind occluders: seeded by name, files complete, the mask fit for `reconstruct --occlusion`."""

import json
from pathlib import Path

import numpy as np
import pytest

from manyfaces.core.errors import OutputError
from manyfaces.data.occluded import OccludedFiles, occlude_photo, write_occluded
from manyfaces.io.image import read_image, read_mask
from manyfaces.occlusion.props.site import MEAN_POINTS_68

POINTS = 60 + 80 * MEAN_POINTS_68


@pytest.fixture
def photo() -> np.ndarray:
    return np.full((200, 190, 3), (180, 140, 120), np.uint8)


def test_photos_of_one_seed_get_different_occluders(photo: np.ndarray) -> None:
    first, again, other = (occlude_photo(photo, POINTS, "random", 5, name) for name in ("a", "a", "b"))
    np.testing.assert_array_equal(first.rgb, again.rgb)
    assert (first.rgb != other.rgb).any()


def test_what_is_written_can_be_read(photo: np.ndarray, tmp_path: Path) -> None:
    occluded = occlude_photo(photo, POINTS, "mask", 0, "a")
    files = OccludedFiles.named(tmp_path, "a")
    write_occluded(occluded, files, "a.jpg")
    np.testing.assert_array_equal(read_image(files.picture), occluded.rgb)
    np.testing.assert_array_equal(read_mask(files.mask, (200, 190)), occluded.mask)
    record = json.loads(files.record.read_text(encoding="utf-8"))
    assert (record["kind"], record["seed"], record["size"], record["source"]) == ("mask", 0, [200, 190], "a.jpg")
    assert 0.3 < record["hidden_share"] < 0.9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.png", "a_mask.png"]


def test_the_hidden_share_is_that_of_the_face(photo: np.ndarray) -> None:
    occluded = occlude_photo(photo, POINTS, "shofi", 0, "a")
    # The square is as wide as the face or wider and covers the middle of brow to chin; the jaw leaves its corners free.
    assert 0.8 < occluded.hidden_share <= 1


def test_the_record_comes_last(photo: np.ndarray, tmp_path: Path) -> None:
    files = OccludedFiles.named(tmp_path, "a")
    files.mask.mkdir()  # so the mask cannot be written
    with pytest.raises(OutputError, match="a_mask"):
        write_occluded(occlude_photo(photo, POINTS, "dsofi", 0, "a"), files, "a.jpg")
    assert not files.record.exists()
