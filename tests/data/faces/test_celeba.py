"""CelebA in both layouts gives the same photos; what is missing or damaged is said by name."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from manyfaces.core.errors import ChoiceError, DataError
from manyfaces.data.faces import (
    MEASURED_ON,
    TRAINED_ON,
    choose,
    open_celeba,
    open_celeba_records,
    open_face_set,
    photos,
)


def test_the_original_layout(celeba: Path, flat_celeba: Path) -> None:
    faces = open_celeba(celeba)
    assert faces.name == "img_align_celeba"
    assert [entry.split for entry in faces.entries] == ["train"] * 5 + ["validation"] * 3 + ["test"] * 2
    third = faces.read(2)
    assert (third.name, third.split, third.occluded) == ("000003.jpg", "train", True)
    assert third.rgb.shape == (218, 178, 3)
    np.testing.assert_array_equal(third.points_px, [(71, 111), (108, 115), (79, 144), (75, 154), (110, 156)])
    np.testing.assert_array_equal(third.five_px, third.points_px)
    assert [row for row, photo in enumerate(photos(faces)) if photo.occluded] == [2, 5]
    for mine, other in zip(photos(faces), photos(open_face_set("celeba", flat_celeba)), strict=True):
        np.testing.assert_array_equal(mine.rgb, other.rgb)


def test_records_hold_the_same(celeba: Path, celeba_records: Path) -> None:
    faces, records = open_celeba(celeba), open_face_set("celeba", celeba_records.parent.parent)
    assert records.name == "celeb_a 2.1.0"
    assert [entry.name for entry in records.entries[2:6]] == [
        "train-00000-000002",
        "train-00001-000000",
        "train-00001-000001",
        "validation-00000-000000",
    ]
    for mine, other in zip(photos(faces), photos(records), strict=True):
        np.testing.assert_array_equal(mine.rgb, other.rgb)
        np.testing.assert_array_equal(mine.points_px, other.points_px)
        assert (mine.split, mine.occluded) == (other.split, other.occluded)
    np.testing.assert_array_equal(records.read(7).points_px, faces.read(7).points_px)  # in any order
    assert len(open_celeba_records(celeba_records).entries) == 10


def test_the_split_of_the_paper(celeba: Path) -> None:
    faces = open_celeba(celeba)
    trained, measured = (choose(faces, splits) for splits in (TRAINED_ON, MEASURED_ON))
    assert [entry.name for entry in measured.entries] == ["000006.jpg", "000007.jpg", "000008.jpg"]
    assert measured.read(0).occluded
    names = {entry.name for entry in trained.entries}
    assert len(names) == 7
    assert not names & {entry.name for entry in measured.entries}
    with pytest.raises(ChoiceError, match=r"'val'.*valid: train, validation, test"):
        choose(faces, ["val"])


def test_lists_of_photos(celeba: Path, tmp_path: Path) -> None:
    faces, names = open_celeba(celeba), tmp_path / "natural.txt"
    names.write_text("# naturally occluded\n000006.jpg\n\n000003\n")
    assert [entry.name for entry in choose(faces, (), names).entries] == ["000003.jpg", "000006.jpg"]
    assert [entry.name for entry in choose(faces, MEASURED_ON, names).entries] == ["000006.jpg"]
    with pytest.raises(DataError, match="no photo that is asked for"):
        choose(faces, ["test"], names)
    names.write_text("000006.jpg\n123.jpg\n")
    with pytest.raises(DataError, match=r"natural.txt names 123.jpg \(1 of 2 are not in img_align_celeba\)"):
        choose(faces, (), names)
    with pytest.raises(DataError, match="cannot read the list"):
        choose(faces, (), tmp_path / "gone.txt")


def test_without_attributes_nothing_is_said_of_occlusion(celeba: Path) -> None:
    (celeba / "Anno" / "list_attr_celeba.txt").unlink()
    assert open_celeba(celeba).read(2).occluded is None


@pytest.mark.parametrize("name", ["Anno/list_landmarks_align_celeba.txt", "Eval/list_eval_partition.txt"])
def test_a_missing_list(celeba: Path, name: str) -> None:
    (celeba / name).unlink()
    with pytest.raises(DataError, match=f"holds no {Path(name).name}"):
        open_celeba(celeba)


def test_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no img_align_celeba or img_celeba"):
        open_face_set("celeba", tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        open_face_set("celeba", tmp_path / "gone")
    with pytest.raises(ChoiceError, match="valid: celeba, aflw2000, photos"):
        open_face_set("celebb", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("nose_x", "nase_x", "its header lacks nose_x"),
        ("10\n", "ten\n", "does not begin with its length"),
        ("10\n", "11\n", "says that it lists 11 photos, and lists 10"),
        ("000004.jpg  72", "000004.jpg  x", r"line 6: '000004.jpg  x"),
        ("000004.jpg  72", "000004.jpg ", r"line 6: '000004.jpg "),
        ("000004.jpg", "000014.jpg", r"lacks 000004.jpg \(1 of 10"),
    ],
)
def test_a_damaged_list_of_points(celeba: Path, old: str, new: str, wrong: str) -> None:
    path = celeba / "Anno" / "list_landmarks_align_celeba.txt"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DataError, match=wrong):
        open_celeba(celeba)


@pytest.mark.parametrize("line", ["000011.jpg 3", "000011.jpg", "000001.jpg 0"])
def test_a_damaged_list_of_parts(celeba: Path, line: str) -> None:
    path = celeba / "Eval" / "list_eval_partition.txt"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(DataError, match=r"list_eval_partition.txt, line 11"):
        open_celeba(celeba)
    path.write_text("")
    with pytest.raises(DataError, match="is empty"):
        open_celeba(celeba)


def test_fewer_photos_than_are_listed(celeba: Path) -> None:
    pictures = celeba / "Img" / "img_align_celeba"
    for name in ("000002.jpg", "000009.jpg"):
        (pictures / name).unlink()
    with pytest.raises(DataError, match=r"lacks 000002.jpg \(2 of 10 photos.*--missing skip"):
        open_celeba(celeba)
    faces = open_celeba(celeba, "skip")
    assert faces.skipped == ("000002.jpg", "000009.jpg")
    assert faces.read(1).name == "000003.jpg"
    assert faces.read(1).occluded
    for path in pictures.iterdir():
        path.unlink()
    with pytest.raises(DataError, match="unpack the pictures there"):
        open_celeba(celeba, "skip")


def test_a_record_file_is_missing(celeba_records: Path) -> None:
    (celeba_records / "celeb_a-train.tfrecord-00001-of-00002").unlink()
    with pytest.raises(DataError, match=r"train.tfrecord-00001-of-00002 is missing \(1 of 00002 files of train"):
        open_celeba_records(celeba_records)


def test_a_record_file_is_short(celeba_records: Path) -> None:
    path = celeba_records / "celeb_a-test.tfrecord-00000-of-00001"
    raw = path.read_bytes()
    first = 16 + int.from_bytes(raw[:8], "little")
    path.write_bytes(raw[:first])
    with pytest.raises(DataError, match=r"00000-of-00001 holds 1 records, dataset_info.json says 2"):
        open_celeba_records(celeba_records)
    path.write_bytes(raw[:-9])
    with pytest.raises(DataError, match=rf"is cut off: it ends within the record at byte {first}"):
        open_celeba_records(celeba_records)
    path.write_bytes(raw[: first + 500] + b"?" + raw[first + 501 :])
    faces = open_celeba_records(celeba_records)
    assert faces.read(8).split == "test"
    with pytest.raises(DataError, match=rf"wrong checksum of the record at byte {first}"):
        faces.read(9)
    (celeba_records / "dataset_info.json").write_text(json.dumps({"splits": [{"name": "test"}]}))
    with pytest.raises(DataError, match=r"dataset_info.json is damaged: KeyError"):
        open_celeba_records(celeba_records)


@pytest.mark.parametrize("feature", ["image", "landmarks/nose_y", "attributes/Eyeglasses"])
def test_records_of_something_else(write_records: Callable[[str], Path], feature: str) -> None:
    faces = open_celeba_records(write_records(feature))
    with pytest.raises(DataError, match=rf"train.tfrecord-00001-of-00002, record 1 \(from 0\).*{feature}.* missing"):
        faces.read(4)


def test_the_newest_version_is_taken(celeba_records: Path) -> None:
    celeba_records.rename(celeba_records.with_name("2.10.0"))
    (old := celeba_records.with_name("2.9.0")).mkdir()
    (old / "celeb_a-test.tfrecord-00000-of-00001").touch()
    assert open_celeba_records(celeba_records.parent).name == "celeb_a 2.10.0"
