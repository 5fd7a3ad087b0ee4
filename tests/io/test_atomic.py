import os
import stat

import pytest

from manyfaces.core.errors import OutputError
from manyfaces.io.atomic import atomic_folder, atomic_path


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_the_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "new" / "a.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.suffix == ".txt"
    assert target.read_text() == "whole"
    assert names(target.parent) == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write_half() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_half()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_an_output_error(tmp_path):
    target = tmp_path / "a.txt"
    with pytest.raises(OutputError, match=r"a\.txt.*No space left") as caught, atomic_path(target):
        raise OSError(28, "No space left on device")
    assert "free space" in caught.value.fix
    assert names(tmp_path) == []


def test_a_folder_in_the_place_of_the_file_is_an_output_error(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError), atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert names(tmp_path) == ["a.txt"]


def test_a_file_in_the_place_of_the_folder_is_an_output_error(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OutputError), atomic_path(tmp_path / "a" / "b.txt"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="no such permissions")
def test_the_file_can_be_read_as_any_other(tmp_path):
    (tmp_path / "plain").write_text("")
    with atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path):
    target = tmp_path / "deep" / "folder"
    for content in ("first", "second"):
        with atomic_folder(target) as folder:
            assert not list(folder.iterdir())
            (folder / content).write_text(content)
            assert not (target / content).exists()
        assert [path.name for path in target.iterdir()] == [content]
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("kept")

    def write_half() -> None:
        with atomic_folder(target) as folder:
            (folder / "new").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "old"]


def test_a_folder_does_not_replace_a_file(tmp_path):
    target = tmp_path / "file"
    target.write_text("mine")
    with pytest.raises(OutputError, match="a file of that name"), atomic_folder(target):
        pass
    assert target.read_text() == "mine"
    with pytest.raises(OutputError, match="cannot write"), atomic_folder(target / "below"):
        pass
    assert list(tmp_path.iterdir()) == [target]
