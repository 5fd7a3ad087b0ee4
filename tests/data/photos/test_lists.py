"""Published lists, in both orders, read without running anything and checked before anything is trained."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from manyfaces.core.errors import DataError, InputError
from manyfaces.data.photos import open_photo_set, open_set


class Harmful:
    def __reduce__(self):
        return eval, ("__import__('pathlib').Path('harm').touch()",)


PEOPLE = {"F1001": ["F1001/F1001_001.jpg", "F1001/F1001_002.jpg"], "F1002": ["F1002/F1002_001.jpg"]}


@pytest.mark.parametrize("order", ["mica", "ofer"])
@pytest.mark.parametrize("key", ["shape", "betas"])
def test_both_orders_and_both_parameter_layouts(published, order: str, key: str) -> None:
    folder = published.listed("STIRLING_HQ", PEOPLE, order, params_key=key)
    photos = open_photo_set(folder)
    assert [entry.name for entry in photos.entries] == [
        *("STIRLING_HQ/F1001/F1001_001", "STIRLING_HQ/F1001/F1001_002", "STIRLING_HQ/F1002/F1002_001")
    ]
    assert photos.entries[2].item == "STIRLING_HQ/F1002"
    sample = photos.read(2)
    with np.load(folder / "FLAME23_parameters" / "F1002" / "F1002_N.npz") as truth:
        np.testing.assert_array_equal(sample.truth.identity, truth[key].reshape(-1)[:300])
        if key == "betas":
            np.testing.assert_array_equal(sample.truth.expression, truth[key][300:350])
            np.testing.assert_array_equal(sample.truth.jaw, truth["pose"][6:9])
    assert photos.has_expression == (key == "betas")
    if key == "shape":
        assert not sample.truth.expression.any()


def test_crops_are_what_was_written(published) -> None:
    photos = open_photo_set(published.listed("LYHM", {"00001": ["00001/1C.png"]}))
    sample = photos.read(0)
    stem = published.root / "LYHM" / "arcface_input" / "00001" / "1C"
    planes = np.load(f"{stem}.npy")
    np.testing.assert_allclose(sample.aligned.transpose(2, 0, 1) / 127.5 - 1, planes, atol=1e-6)
    np.testing.assert_array_equal(sample.portrait, np.asarray(Image.open(f"{stem}.jpg")))


def test_the_four_sets_of_the_paper(published) -> None:
    sets = [open_photo_set(folder) for folder in published.paper()]
    assert [len(photos.entries) for photos in sets] == [11, 3, 2, 1]
    assert not any(photos.has_expression for photos in sets)
    assert all(photos.read(0).truth.identity.shape == (300,) for photos in sets)


@pytest.mark.parametrize("pickled", [True, False])
def test_recordings_with_parameters(published, pickled: bool) -> None:
    folder = published.tempeh(pickled=pickled)
    photos = open_photo_set(folder)
    assert len(photos.entries) == 12
    assert photos.entries[3].item == "TEMPEH/FaMoS_subject_000__mouth_open__000020"
    assert photos.entries[3].subject == "TEMPEH/FaMoS_subject_000"
    assert photos.has_expression
    stored = np.load(
        folder / f"FaMoS_subject_000/mouth_open/mouth_open.000020.{'npy' if pickled else 'npz'}", allow_pickle=True
    )
    stored = stored[()] if pickled else stored
    truth = photos.read(3).truth
    np.testing.assert_array_equal(truth.expression, stored["exp"][:50])
    np.testing.assert_array_equal(truth.jaw, stored["pose"][3:6])


def test_parts_of_one_set_show_the_same_people(published) -> None:
    high, low = (open_photo_set(published.listed(f"STIRLING_{q}", PEOPLE)) for q in ("HQ", "LQ"))
    assert {e.subject for e in high.entries} == {e.subject for e in low.entries} == {"STIRLING/F1001", "STIRLING/F1002"}
    assert {e.item for e in high.entries}.isdisjoint(e.item for e in low.entries)


def test_swapped_channels(published) -> None:
    folder = published.listed("FLORENCE", PEOPLE, channels="bgr")
    with pytest.warns(UserWarning, match=r"FLORENCE: red and blue look exchanged in 3 of 3.*--channels bgr"):
        wrong = open_photo_set(folder)
    right = open_photo_set(folder, channels="bgr")  # pytest turns no warning into an error, but there must be none
    np.testing.assert_array_equal(right.read(0).aligned, wrong.read(0).aligned[..., ::-1])


def test_right_channels_do_not_warn(published, recwarn: pytest.WarningsRecorder) -> None:
    open_photo_set(published.listed("FLORENCE", PEOPLE))
    open_photo_set(published.listed("LYHM", PEOPLE, channels="bgr"), channels="bgr")
    assert [str(w.message) for w in recwarn if "exchanged" in str(w.message)] == []


def test_entries_that_point_nowhere(published) -> None:
    folder = published.listed("STIRLING_HQ", PEOPLE)
    gone = folder / "arcface_input" / "F1001" / "F1001_002.npy"
    gone.unlink()
    with pytest.raises(DataError) as caught:
        open_photo_set(folder)
    assert str(gone) in caught.value.message
    assert "STIRLING_HQ.npy names it" in caught.value.message
    assert "more" not in caught.value.message
    assert "--missing skip" in caught.value.fix
    (folder / "FLAME23_parameters" / "F1002" / "F1002_N.npz").unlink()
    with pytest.raises(DataError, match="and 1 more photos of it point nowhere"):
        open_photo_set(folder)
    kept = open_photo_set(folder, missing="skip")
    assert [entry.name for entry in kept.entries] == ["STIRLING_HQ/F1001/F1001_001"]
    assert kept.skipped == ("STIRLING_HQ/F1001/F1001_002", "STIRLING_HQ/F1002/F1002_001")
    gone.with_name("F1001_001.jpg").unlink()
    with pytest.raises(DataError, match="none of its 3 photos is there"):
        open_photo_set(folder, missing="skip")


def test_a_list_that_would_run_something(published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = published.listed("STIRLING_HQ", PEOPLE)
    published.save_list("STIRLING_HQ", {"F1001": [Harmful(), ["a.jpg"]]})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"STIRLING_HQ.npy asks for builtins.eval.*nothing was run"):
        open_photo_set(folder)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"F1": ["F1.npz", "F1.jpg"]}, "needed"),
        ({"F1": [["a.jpg"], ["b.jpg"]]}, "needed"),
        ({"F1": ["F1.npz"]}, "needed"),
        ({"F1": ["F1.npz", [3]]}, "needed"),
        ({"F1": ["../../secret.npz", ["a.jpg"]]}, "outside"),
        ({"F1": ["F1.npz", ["/etc/passwd"]]}, "outside"),
        ({}, "names nothing"),
    ],
)
def test_lists_that_make_no_sense(published, table: dict, says: str) -> None:
    folder = published.listed("LYHM", PEOPLE)
    published.save_list("LYHM", table)
    with pytest.raises(DataError, match=says) as caught:
        open_photo_set(folder)
    assert "LYHM.npy" in str(caught.value)


def test_lists_that_cannot_be_found_or_read(published) -> None:
    folder = published.listed("LYHM", PEOPLE)
    path = published.save_list("LYHM", {"F1": ["F1.npz", ["a.jpg"]]})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"LYHM.npy is damaged"):
        open_photo_set(folder)
    published.save_json_list("LYHM", {})
    with pytest.raises(DataError, match="has 2 lists"):
        open_photo_set(folder)
    path.unlink()
    (published.root / "image_paths" / "LYHM.json").unlink()
    with pytest.raises(DataError, match=r"no list of LYHM"):
        open_photo_set(folder)
    with pytest.raises(DataError, match="not a folder"):
        open_photo_set(published.root / "none")


def spoilt(path: Path, kind: str) -> None:
    file = io.BytesIO()
    if kind == "nan":
        np.savez(file, shape=np.full(300, np.nan))
    elif kind == "short":
        np.savez(file, shape=np.zeros(100))
    elif kind == "other":
        np.savez(file, vertices=np.zeros(3))
    elif kind == "pose":
        np.savez(file, shape=np.zeros(300), exp=np.zeros(100), pose=np.zeros(7))
    path.write_bytes(file.getvalue() or b"PK\x03\x04 cut")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("nan", "not finite"),
        ("short", "100 of identity"),
        ("other", "holds vertices"),
        ("pose", "7 numbers"),
        ("cut", "cannot be read"),
    ],
)
def test_parameters_of_no_use(published, kind: str, says: str) -> None:
    photos = open_photo_set(published.listed("LYHM", PEOPLE))
    spoilt(photos.files[2].truth, kind)
    with pytest.raises(DataError, match=says) as caught:
        photos.read(2)
    assert "F1002_N.npz" in str(caught.value)


def test_crops_of_no_use(published) -> None:
    photos = open_photo_set(published.listed("LYHM", PEOPLE))
    files = photos.files[0]
    np.save(files.aligned, np.zeros((3, 112, 112), np.float32) + 3)
    with pytest.raises(InputError, match=r"F1001_001.npy"):
        photos.read(0)
    Image.new("RGB", (200, 224)).save(photos.files[1].portrait)
    with pytest.raises(DataError, match=r"F1001_002 has 200x224 px"):
        _ = photos.read(1).portrait
    photos.files[2].portrait.unlink()
    with pytest.raises(DataError, match=r"cannot read .*F1002_001.jpg.*LYHM.npy names it"):
        photos.read(2)


def test_one_of_several_lists(published) -> None:
    folder = published.listed("LYHM", {"a": ["a/1.jpg"], "b": ["b/1.jpg"]})
    lists = published.root / "image_paths"
    (lists / "arcface20").mkdir()
    np.save(lists / "arcface20" / "LYHM.npy", {"a": ["a/a_N.npz", ["a/1.jpg"]]}, allow_pickle=True)
    with pytest.raises(DataError, match=r"has 2 lists: .*--lists arcface20 or arcface23"):
        open_set(folder)
    assert [len(open_set(folder, lists=name).entries) for name in ("arcface20", "arcface23")] == [1, 2]
    with pytest.raises(DataError, match=r"no list of LYHM in .*image_paths.none") as caught:
        open_set(folder, lists="none")
    assert "arcface23" not in caught.value.fix
