import hashlib
import subprocess
import zipfile

import pytest

from manyfaces import assets
from manyfaces.assets import cache, fetching, manifest, sources
from manyfaces.assets.manifest import Asset
from manyfaces.core.errors import AssetError, ChoiceError

CONTENTS = {"one": b"first file" * 50, "two": b"second file" * 70}


def entry(name, source, content):
    digest = hashlib.sha256(content).hexdigest()
    return Asset(name, source, f"pkg/models/{name}.tflite", len(content), digest, "Apache-2.0", "terms")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MANYFACES_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def wheel_entries(monkeypatch):
    """Two files of one made-up wheel in place of the real manifest."""
    entries = tuple(entry(name, "pypi:pkg==1.0", content) for name, content in CONTENTS.items())
    monkeypatch.setattr(fetching, "MANIFEST", entries)
    monkeypatch.setattr(manifest, "MANIFEST", entries)
    return entries


def write_wheel(path, contents=CONTENTS):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(f"pkg/models/{name}.tflite", content)


class FakePip:
    """Stands in for subprocess.run: notes its calls, leaves a wheel or fails with a message."""

    def __init__(self, contents=CONTENTS, error=""):
        self.calls, self.contents, self.error = [], contents, error

    def __call__(self, command, **_):
        self.calls.append(command)
        if self.error:
            return subprocess.CompletedProcess(command, 1, "", self.error)
        folder = command[command.index("-d") + 1]
        write_wheel(sources.Path(folder) / "pkg-1.0-cp311-cp311-any.whl", self.contents)
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def pip(monkeypatch):
    fake = FakePip()
    monkeypatch.setattr(sources.subprocess, "run", fake)
    return fake


def test_one_download_serves_every_file_of_the_wheel(home, wheel_entries, pip):
    path = assets.fetch("one")
    assert path.is_relative_to(home)
    assert path.read_bytes() == CONTENTS["one"]
    assert assets.fetch("two").read_bytes() == CONTENTS["two"]
    assert len(pip.calls) == 1


def test_pip_is_asked_to_download_and_never_to_install(home, wheel_entries, pip):
    assets.fetch("one")
    command = pip.calls[0]
    assert command[1:4] == ["-m", "pip", "download"]
    assert "--no-deps" in command
    assert "--only-binary=:all:" in command
    assert command[-1] == "pkg==1.0"
    assert not any("://" in word for word in command)


def test_nothing_but_the_files_stays(home, wheel_entries, pip):
    assets.fetch("one")
    assert sorted(p.name for p in home.rglob("*") if p.is_file()) == ["one.tflite", "two.tflite"]


def test_a_cached_file_needs_no_network(home, wheel_entries, pip):
    assets.fetch("one")
    pip.error = "ERROR: no network"
    assert assets.fetch("one").read_bytes() == CONTENTS["one"]
    assert len(pip.calls) == 1


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * len(CONTENTS["one"])])
def test_a_damaged_file_is_noticed_and_fetched_again(home, wheel_entries, pip, damage):
    path = assets.fetch("one")
    path.write_bytes(damage)
    assert [s.state for s in assets.list_assets()] == ["damaged", "ready"]
    assert assets.fetch("one").read_bytes() == CONTENTS["one"]
    assert len(pip.calls) == 2


def test_status_of_an_empty_cache(home, wheel_entries, pip):
    statuses = assets.list_assets()
    assert [(s.asset.name, s.state) for s in statuses] == [("one", "missing"), ("two", "missing")]
    assert not pip.calls


def test_no_network_says_so_and_what_to_do(home, wheel_entries, pip):
    pip.error = "WARNING: retrying\nERROR: Could not find a version that satisfies the requirement pkg==1.0\n"
    with pytest.raises(AssetError, match="Could not find a version") as caught:
        assets.fetch("one")
    assert "network" in caught.value.fix
    assert str(home) in caught.value.fix


def test_no_pip_says_so(home, wheel_entries, pip):
    pip.error = "/usr/bin/python3: No module named pip\n"
    with pytest.raises(AssetError, match="has no pip") as caught:
        assets.fetch("one")
    assert "ensurepip" in caught.value.fix


def test_a_wheel_carried_over_by_hand_is_used(home, wheel_entries, pip):
    pip.error = "ERROR: no network"
    write_wheel(home / "wheels" / "pkg-1.0-cp311-cp311-any.whl")
    assert assets.fetch("two").read_bytes() == CONTENTS["two"]
    assert not pip.calls


def test_other_bytes_than_the_manifest_names_are_refused(home, wheel_entries, pip):
    pip.contents = {**CONTENTS, "one": b"something else"}
    with pytest.raises(AssetError, match="checksum"):
        assets.fetch("one")
    assert not list(home.rglob("*one*"))


def test_a_wheel_without_the_file_is_named(home, wheel_entries, pip):
    pip.contents = {"two": CONTENTS["two"]}
    with pytest.raises(AssetError, match=r"holds no such file.*one"):
        assets.fetch("one")


def test_a_broken_wheel_is_named(home, wheel_entries):
    (home / "wheels").mkdir(parents=True)
    (home / "wheels" / "pkg-1.0-any.whl").write_bytes(b"not a zip file")
    with pytest.raises(AssetError, match="not a readable wheel"):
        assets.fetch("one")


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch, wheel_entries, pip):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MANYFACES_HOME", str(tmp_path / "file"))
    with pytest.raises(AssetError, match="cannot write") as caught:
        assets.fetch("one")
    assert "MANYFACES_HOME" in caught.value.fix


def test_an_unknown_name_lists_the_valid_ones(home):
    with pytest.raises(ChoiceError, match="face_landmarks_468"):
        assets.fetch("face")


def test_the_cache_is_the_users_without_the_variable(monkeypatch):
    monkeypatch.delenv("MANYFACES_HOME", raising=False)
    folder = cache.cache_folder()
    assert folder.is_absolute()
    assert "manyfaces" in folder.parts


def test_the_manifest_is_sound():
    names = [asset.name for asset in assets.MANIFEST]
    assert len(set(names)) == len(names)
    for asset in assets.MANIFEST:
        assert asset.source.startswith(("pypi:", "url:https://", "page:https://"))
        assert asset.licence
        assert asset.terms
        # What the program itself needs comes without questions and is known to the byte.
        assert asset.on_request or (asset.sha256 and len(asset.sha256) == 64 and asset.size and not asset.site)
        assert not asset.on_request or asset.page.startswith("https://")
    assert all(set(group) <= set(names) and name not in names for name, group in assets.GROUPS.items())


def test_the_real_files_are_there():
    # Set-up fetches them; where this fails, `manyfaces assets fetch` says why.
    for asset in assets.MANIFEST:
        if not asset.on_request:
            assert assets.fetch(asset.name).stat().st_size == asset.size
