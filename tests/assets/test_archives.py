"""Of an archive, only plain files of the right name come out, into one folder; everything else is refused."""

import io
import stat
import tarfile
import zipfile

import pytest

from manyfaces import assets
from manyfaces.assets import archives
from manyfaces.assets.archives import unpack
from manyfaces.core.errors import AssetError

MODEL = b"a head model" * 1000


def write_zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def write_tar(path, entries):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models" / "out"


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_what_fits_comes_out_flat(tmp_path, folder, write):
    archive = write(tmp_path / "a", {"F/": b"", "F/one.PKL": MODEL, "F/x/two.pkl": b"2", "F/Readme.pdf": b"no"})
    files = unpack(archive, ("*.pkl",), folder)
    assert [file.name for file in files] == ["one.PKL", "two.pkl"]
    assert files[0].read_bytes() == MODEL
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_a_folder_that_was_there_is_replaced(tmp_path, folder):
    folder.mkdir(parents=True)
    (folder / "old.pkl").write_bytes(b"old")
    unpack(write_zip(tmp_path / "a", {"new.pkl": MODEL}), ("*.pkl",), folder)
    assert [path.name for path in folder.iterdir()] == ["new.pkl"]


@pytest.mark.parametrize("name", ["../a.pkl", "F/../../a.pkl", "/etc/a.pkl", "..\\a.pkl", "C:\\a.pkl", "\\a.pkl"])
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_name_that_points_outside_is_refused(tmp_path, folder, write, name):
    with pytest.raises(AssetError, match="points outside"):
        unpack(write(tmp_path / "a", {name: MODEL}), ("*.pkl",), folder)
    assert list(tmp_path.rglob("*.pkl")) == []


def test_a_link_in_a_zip_is_refused(tmp_path, folder):
    info = zipfile.ZipInfo("a.pkl")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(AssetError, match="a link"):
        unpack(tmp_path / "a", ("*.pkl",), folder)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar_is_refused(tmp_path, folder, kind):
    info = tarfile.TarInfo("a.pkl")
    info.type, info.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "a", "w") as archive:
        archive.addfile(info)
    with pytest.raises(AssetError, match="a link"):
        unpack(tmp_path / "a", ("*.pkl",), folder)


def test_two_files_of_one_name_are_refused(tmp_path, folder):
    with pytest.raises(AssetError, match="two files"):
        unpack(write_zip(tmp_path / "a", {"F/a.pkl": b"1", "G/a.pkl": b"2"}), ("*.pkl",), folder)


def test_too_much_is_refused_while_it_comes(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 5_000_000)
    bomb = write_zip(tmp_path / "a", {"a.pkl": bytes(3_000_000), "b.pkl": bytes(3_000_000)})
    assert bomb.stat().st_size < 10_000
    with pytest.raises(AssetError, match="more than"):
        unpack(bomb, ("*.pkl",), folder)
    assert list(tmp_path.rglob("*.pkl")) == []


def test_too_many_entries_are_refused(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRIES", 5)
    with pytest.raises(AssetError, match="more than 5 entries"):
        unpack(write_zip(tmp_path / "a", {f"{i}.txt": b"" for i in range(6)}), ("*.pkl",), folder)


def test_an_archive_without_the_file_says_what_was_looked_for(tmp_path, folder):
    with pytest.raises(AssetError, match=r"holds no \*\.pkl or \*\.npz"):
        unpack(write_zip(tmp_path / "a", {"a.txt": b"", "__MACOSX/._a.pkl": b"x"}), ("*.pkl", "*.npz"), folder)


def test_an_encrypted_entry_is_refused(tmp_path, folder):
    path = write_zip(tmp_path / "a", {"a.pkl": MODEL})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(AssetError, match="plain file"):
        unpack(path, ("*.pkl",), folder)


@pytest.mark.parametrize("damage", ["cut", "flipped", "noise", "empty"])
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_damaged_archive_is_told(tmp_path, folder, write, damage):
    path = write(tmp_path / "a", {"a.pkl": MODEL})
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(
        {
            "cut": data[:middle],
            "flipped": data[:60] + bytes(255 - byte for byte in data[60:64]) + data[64:],
            "noise": b"no archive" * 100,
            "empty": b"",
        }[damage]
    )
    with pytest.raises(AssetError, match="not a whole archive"):
        unpack(path, ("*.pkl",), folder)
    assert not folder.exists()
    assert list(tmp_path.rglob("*.pkl")) == []


def test_a_fetched_archive_is_kept_and_its_files_are_given(serve, put_up, tmp_path, empty_cache):
    content = write_zip(tmp_path / "a", {"F/flame.pkl": MODEL, "F/Readme.pdf": b"no"}).read_bytes()
    served = serve(content=content)
    put_up(served.address, member="F.zip", unpack=("*.pkl",))
    folder = assets.fetch("thing")
    assert [path.name for path in folder.iterdir()] == ["flame.pkl"]
    assert (empty_cache / "assets" / "thing.zip").read_bytes() == content

    (folder / "flame.pkl").unlink()
    folder.rmdir()
    assert [status.state for status in assets.list_assets()] == ["damaged"]
    assert (assets.fetch("thing") / "flame.pkl").read_bytes() == MODEL
    assert len(served.asked) == 1  # taken out of the archive that is here


def test_an_archive_that_is_none_is_not_recorded_as_the_right_one(serve, put_up, empty_cache):
    put_up(serve(content=b"Sorry, too many downloads today").address, member="F.zip", unpack=("*.pkl",))
    with pytest.raises(AssetError, match="not a whole archive"):
        assets.fetch("thing")
    assert [path for path in (empty_cache / "assets").iterdir() if not path.name.endswith(".lock")] == []
