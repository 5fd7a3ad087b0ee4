"""Shards give what the files gave, survive interruption, and are read by others too."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces.core.errors import DataError, InputError
from manyfaces.data.photos import PackConfig, open_photo_set, open_set, open_shards, pack, photo_source
from manyfaces.data.tar_shards import INDEX

SMALL = PackConfig(photos_per_shard=4)
IN_ORDER = PackConfig(photos_per_shard=4, shuffle_seed=None)


@pytest.fixture
def sets(published):
    return [open_photo_set(folder) for folder in (*published.paper(), published.tempeh(subjects=2))]


def test_packed_is_as_good_as_files(sets, tmp_path: Path) -> None:
    pack(sets[:1], tmp_path, IN_ORDER)
    files, shards = photo_source(sets[:1], n_images=2), photo_source([open_set(tmp_path)], n_images=2)
    a, b = files.batch(0, 3, 8), shards.batch(0, 3, 8)
    for x, y in zip(
        (a.condition.aligned, a.condition.portrait), (b.condition.aligned, b.condition.portrait), strict=True
    ):
        assert torch.equal(x, y)
    assert torch.equal(a.identity, b.identity)
    assert torch.equal(a.expression, b.expression)
    assert torch.equal(a.jaw, b.jaw)


def test_every_photo_of_every_set_comes_back(sets, tmp_path: Path) -> None:
    pack(sets, tmp_path, SMALL)
    shards = open_shards(tmp_path)
    packed = {entry: shards.read(row) for row, entry in enumerate(shards.entries)}
    assert len(packed) == sum(len(photos.entries) for photos in sets)
    for photos in sets:
        for row, entry in enumerate(photos.entries):
            sample = photos.read(row)
            assert packed[entry].portrait_file == sample.portrait_file
            np.testing.assert_array_equal(packed[entry].aligned, sample.aligned)
            for part in ("identity", "expression", "jaw"):
                np.testing.assert_array_equal(getattr(packed[entry].truth, part), getattr(sample.truth, part))
    assert not shards.has_expression
    assert [entry.name for entry in shards.entries] != [e.name for photos in sets for e in photos.entries]


def test_same_photos_same_bytes(sets, tmp_path: Path) -> None:
    for name in ("a", "b"):
        pack(sets, tmp_path / name, SMALL)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["plan.json", *(f"shard-{k:06d}.tar" for k in range(7)), "shards.json"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_interrupted_run_goes_on(sets, tmp_path: Path) -> None:
    done: list[int] = []

    def stop_after_two(n: int) -> None:
        done.append(n)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(sets, tmp_path / "cut", SMALL, stop_after_two)
    with pytest.raises(DataError, match="not finished: run it again"):
        open_set(tmp_path / "cut")
    kept = (tmp_path / "cut" / "shard-000000.tar").stat().st_mtime_ns
    pack(sets, tmp_path / "cut", SMALL)
    pack(sets, tmp_path / "whole", SMALL)
    assert (tmp_path / "cut" / INDEX).read_bytes() == (tmp_path / "whole" / INDEX).read_bytes()
    assert (tmp_path / "cut" / "shard-000000.tar").stat().st_mtime_ns == kept


def test_a_folder_of_something_else_is_left_alone(sets, tmp_path: Path) -> None:
    pack(sets[:1], tmp_path / "a", SMALL)
    with pytest.raises(InputError, match="other sets or settings"):
        pack(sets[:2], tmp_path / "a", SMALL)
    with pytest.raises(InputError, match="other sets or settings"):
        pack(sets[:1], tmp_path / "a", IN_ORDER)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "holiday.tar").touch()
    with pytest.raises(InputError, match="not begun here"):
        pack(sets[:1], tmp_path / "b", SMALL)


def test_damage_is_found(sets, tmp_path: Path) -> None:
    pack(sets[:1], tmp_path, IN_ORDER)
    shards = open_shards(tmp_path)
    shards.verify()
    path = tmp_path / "shard-000001.tar"
    raw = path.read_bytes()
    path.write_bytes(raw[:-3000] + b"x" + raw[-2999:])
    with pytest.raises(DataError, match=r"shard-000001.tar.*checksum"):
        shards.verify()
    path.write_bytes(raw[:600])
    with pytest.raises(DataError, match=r"shard-000001.tar is damaged at STIRLING_HQ"):
        shards.read(4)
    path.unlink()
    with pytest.raises(DataError, match=r"cannot read .*shard-000001.tar"):
        shards.read(4)
    with pytest.raises(DataError, match=r"shard-000001.tar is missing \(1 of 3"):
        open_shards(tmp_path)
    (tmp_path / INDEX).write_text("{")
    with pytest.raises(DataError, match="damaged"):
        open_shards(tmp_path)


def test_plain_tar_in_the_form_that_webdataset_wants(sets, tmp_path: Path) -> None:
    pack(sets[3:], tmp_path, IN_ORDER)
    with tarfile.open(tmp_path / "shard-000000.tar") as shard:
        names = shard.getnames()
        told = json.load(shard.extractfile("000000001.json"))  # type: ignore[arg-type]
    endings = ("portrait.jpg", "aligned.png", "truth.npz", "json")
    assert names == [f"{k:09d}.{ending}" for k in range(4) for ending in endings]
    assert told["set"] == "TEMPEH"
    assert told["subject"] == "TEMPEH/FaMoS_subject_000"


def test_webdataset_reads_them(sets, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    pack(sets, tmp_path, SMALL)
    shards = open_shards(tmp_path)
    urls = [str(path) for path in shards.shards]
    stream = webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8")
    for row, found in enumerate(stream):
        sample = shards.read(row)
        assert found["json"]["name"] == sample.entry.name
        np.testing.assert_array_equal(found["aligned.png"], sample.aligned)
        np.testing.assert_array_equal(found["truth.npz"]["identity"], sample.truth.identity)
    assert row + 1 == len(shards.entries)


def test_shards_know_their_head(published, tmp_path: Path) -> None:
    of_2023 = open_photo_set(published.listed("FLORENCE", {"a": ["a/1.jpg"]}))
    of_2020 = open_photo_set(published.listed("LYHM", {"b": ["b/1.jpg"]}, parameters="FLAME_parameters"))
    unknown = open_photo_set(published.tempeh(subjects=1))
    assert [photos.head for photos in (of_2023, of_2020, unknown)] == ["flame23", "flame20", None]
    pack([unknown, of_2023], tmp_path / "new", IN_ORDER)
    assert open_set(tmp_path / "new", head="flame23").head == "flame23"  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="coefficients of flame23, not of flame20"):
        open_set(tmp_path / "new", head="flame20")
    with pytest.raises(InputError, match="different heads: FLORENCE flame23, LYHM flame20"):
        pack([of_2023, of_2020], tmp_path / "mixed", IN_ORDER)
    pack([unknown], tmp_path / "unknown", IN_ORDER)
    assert open_set(tmp_path / "unknown", head="flame20").head is None  # type: ignore[attr-defined]
