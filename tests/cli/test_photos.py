"""Which photos are meant, and where each one's results go."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyfaces.cli.photos import file_digest, find_photos, plan


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "deep/c.jpeg", "deep/b.jpg", "empty/readme.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(named):
    photos = find_photos(named)
    assert photos.dead_ends == []
    return photos.photos


def names(photos):
    return [photo.as_posix() for photo in photos]


def test_files_folders_and_patterns(pictures):
    assert names(found(["b.jpg"])) == ["b.jpg"]
    assert names(found(["."])) == ["a.PNG", "b.jpg"]
    assert names(found(["deep", "b.jpg"])) == ["deep/b.jpg", "deep/c.jpeg", "b.jpg"]
    assert names(found(["**/*.jp*g"])) == ["b.jpg", "deep/b.jpg", "deep/c.jpeg"]


def test_each_photo_once(pictures):
    assert names(found(["b.jpg", "*.jpg", "b.jpg"])) == ["b.jpg"]


def test_a_named_file_is_kept_whatever_it_is(pictures):
    assert names(found(["notes.txt", "absent.jpg"])) == ["notes.txt", "absent.jpg"]


def test_a_file_whose_name_looks_like_a_pattern(pictures):
    (pictures / "me[1].jpg").write_bytes(b"")
    assert names(found(["me[1].jpg"])) == ["me[1].jpg"]


@pytest.mark.parametrize("name", ["empty", "*.webp"])
def test_nothing_found_is_said(pictures, name):
    found = find_photos([name, "b.jpg"])
    assert names(found.photos) == ["b.jpg"]
    (error,) = found.dead_ends
    assert "no picture" in error.message


def folders(*photos):
    return [job.folder.name for job in plan([Path(photo) for photo in photos], Path("out"))]


def test_stems_that_collide_get_longer_names():
    assert folders("x/a.jpg", "x/b.jpg") == ["a", "b"]
    assert folders("x/a.jpg", "x/a.png", "x/b.jpg") == ["a_jpg", "a_png", "b"]
    assert folders("x/a.jpg", "y/a.jpg") == ["x_a_jpg", "y_a_jpg"]
    assert folders("x/A.jpg", "x/a.png") == ["A_jpg", "a_png"]
    first, second = folders("p/x/a.jpg", "q/x/a.jpg")
    assert first != second


def test_folders_do_not_depend_on_the_order():
    photos = [Path("x/a.jpg"), Path("y/a.jpg"), Path("y/a.png"), Path("b.jpg")]
    assert {j.photo: j.folder for j in plan(photos, Path("o"))} == {
        j.photo: j.folder for j in plan(photos[::-1], Path("o"))
    }


@given(
    st.lists(
        st.sampled_from(
            [f"{f}/{s}{e}" for f in "xy" for s in ("a", "A", "a_jpg", "x_a_jpg") for e in (".jpg", ".JPG", ".png", "")]
        ),
        unique=True,
    )
)
def test_no_two_photos_share_a_folder(photos):
    taken = [name.casefold() for name in folders(*photos)]
    assert len(set(taken)) == len(photos)


def test_digest(pictures):
    assert file_digest(pictures / "b.jpg") != file_digest(pictures / "a.PNG") != ""
    assert file_digest(pictures / "absent.jpg") == ""
