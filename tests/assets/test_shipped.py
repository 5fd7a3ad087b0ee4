import hashlib

import pytest

from manyfaces.assets import packaged, packaged_folder, shipped, verify_packaged
from manyfaces.core.errors import AssetError, ChoiceError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "packaged_folder", lambda: tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.bin").write_bytes(b"weights")
    (tmp_path / "b.bin").write_bytes(b"unlisted")
    digest = hashlib.sha256(b"weights").hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"# made at bake time\n{digest}  models/a.bin\n")
    return tmp_path


def test_a_file_is_found_by_name(folder):
    assert packaged("models/a.bin") == folder / "models" / "a.bin"


@pytest.mark.parametrize("name", ["c.bin", "", "models", "../outside", "/etc/hostname"])
def test_what_is_not_shipped_is_an_error(folder, name):
    with pytest.raises(AssetError, match="holds no file"):
        packaged(name)


def test_a_whole_file_passes(folder):
    assert verify_packaged("models/a.bin").read_bytes() == b"weights"


def test_a_damaged_file_is_named(folder):
    (folder / "models" / "a.bin").write_bytes(b"weightz")
    with pytest.raises(AssetError, match=r"a\.bin does not have the checksum"):
        verify_packaged("models/a.bin")


def test_a_file_without_checksum_is_an_error(folder):
    with pytest.raises(ChoiceError, match=r"models/a\.bin"):
        verify_packaged("b.bin")


@pytest.mark.parametrize("text", ["abc  models/a.bin", "0" * 64])
def test_a_malformed_list_is_an_error(folder, text):
    (folder / "SHA256SUMS").write_text(text)
    with pytest.raises(AssetError, match="format"):
        verify_packaged("models/a.bin")


def test_shipped_files_lie_in_the_package():
    assert packaged_folder().parts[-3:] == ("manyfaces", "assets", "files")
