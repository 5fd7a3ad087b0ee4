"""Sets of clips: shards that go on where they were stopped, reports that tell everything, batches by clip."""

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from manyfaces.core.errors import ChoiceError, DataError, InputError
from manyfaces.data.clips import (
    REPORT,
    ClipBatches,
    ClipConfig,
    ClipEyes,
    ClipSet,
    PreparedFrames,
    Seeing,
    clip_batches,
    open_clips,
    open_prepared,
    prepare_clips,
)
from manyfaces.data.face_batches import Faces, FaceSource

SMALL = ClipConfig(size_px=64)


@pytest.fixture
def seeing(squares: ModuleType) -> Seeing:
    return Seeing(squares.SquareEyes, names="squares")


@pytest.fixture
def clips(tmp_path: Path, squares: ModuleType) -> ClipSet:
    """Three people: two films of one, photos of another, and a wall."""
    root = tmp_path / "people"
    squares.film(root / "ada" / "1.mp4", [squares.frame(squares.Square(squares.ADA, 40 + 4 * k)) for k in range(6)])
    squares.film(
        root / "ada" / "2.mp4",
        [
            squares.frame(squares.Square(squares.ADA, 80)),
            squares.frame(),
            squares.frame(squares.Square(squares.ADA, 84)),
        ],
    )
    for k in range(4):
        squares.photo(root / "ben" / f"{k}.png", squares.frame(squares.Square(squares.BEN, 60 + 5 * k)))
    squares.film(root / "wall" / "1.mp4", [squares.frame()] * 3)
    return open_clips("any", root)


@pytest.fixture
def prepared(clips: ClipSet, tmp_path: Path, seeing: Seeing) -> PreparedFrames:
    prepare_clips(clips, tmp_path / "out", seeing, SMALL)
    return open_prepared(tmp_path / "out")


def test_a_set_comes_back_as_it_was_prepared(clips: ClipSet, tmp_path: Path, seeing: Seeing) -> None:
    done: list[int] = []
    report = prepare_clips(clips, tmp_path / "out", seeing, SMALL, tick=done.append)
    assert done == [1, 1, 1, 1]
    assert (report.kept, report.reasons) == (12, {"no face": 4})
    prepared = open_prepared(tmp_path / "out")
    assert prepared.name == "people"
    assert [(clip.name, len(clip.rows)) for clip in prepared.clips] == [("ada/1.mp4", 6), ("ada/2.mp4", 2), ("ben", 4)]
    assert prepared.subjects == ("ada", "ben")
    one = prepared.read(7)
    assert (one.clip, one.subject, one.number, one.split, one.n_faces) == ("ada/2.mp4", "ada", 2, None, 1)
    assert one.time_s == pytest.approx(0.08)
    assert one.landmarks_px.dtype == np.float32
    assert ((one.confidence > 0) & (one.confidence <= 1)).all()
    table = json.loads((tmp_path / "out" / REPORT).read_text())
    assert (table["clips"], table["frames_kept"], table["left_out"]) == (4, 12, {"no face": 4})
    assert table["by_clip"][1]["left_out"] == [{"reason": "no face", "what": "frame 2, at 0.04 s: no face"}]


def test_a_second_run_looks_at_nothing(clips: ClipSet, prepared: PreparedFrames) -> None:
    before = {path: path.read_bytes() for path in prepared.tar.paths}

    report = prepare_clips(clips, prepared.tar.folder, Seeing(_refuse, names="squares"), SMALL)
    assert report.kept == 12
    assert before == {path: path.read_bytes() for path in prepared.tar.paths}


def test_an_interrupted_run_goes_on(
    clips: ClipSet, prepared: PreparedFrames, tmp_path: Path, squares: ModuleType, seeing: Seeing
) -> None:
    out, ticks = tmp_path / "again", []

    def stop(done: int) -> None:
        ticks.append(done)
        if len(ticks) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_clips(clips, out, seeing, SMALL, tick=stop)
    with pytest.raises(DataError, match="was not finished"):
        open_prepared(out)
    assert json.loads((out / REPORT).read_text())["clips"] == 2
    looks: list = []

    def load() -> ClipEyes:
        looks.append(squares.SquareEyes())
        return looks[-1]

    prepare_clips(clips, out, Seeing(load, names="squares"), SMALL)
    assert looks[0].looks == 4  # at the photos alone: both films are there, and on the wall is nobody
    assert open_prepared(out).tar.checksums == prepared.tar.checksums


def test_a_run_that_dies_within_a_clip_leaves_no_half_shard(
    clips: ClipSet, tmp_path: Path, squares: ModuleType, seeing: Seeing
) -> None:
    class Dying(squares.SquareEyes):
        def look(self, image, box):
            if self.looks == 2:
                raise RuntimeError("third look")
            return super().look(image, box)

    with pytest.raises(RuntimeError, match="third look"):
        prepare_clips(clips, tmp_path / "out", Seeing(Dying, names="squares"), SMALL)
    assert list((tmp_path / "out").glob("*.tar")) == []
    prepare_clips(clips, tmp_path / "out", seeing, SMALL)
    assert len(open_prepared(tmp_path / "out")) == 12


def test_other_settings_do_not_go_on(
    clips: ClipSet, prepared: PreparedFrames, squares: ModuleType, seeing: Seeing
) -> None:
    folder = prepared.tar.folder
    for other, config in ((seeing, ClipConfig(size_px=32)), (Seeing(squares.SquareEyes, names="others"), SMALL)):
        with pytest.raises(InputError, match="other sets or settings"):
            prepare_clips(clips, folder, other, config)
    with pytest.raises(InputError, match="other sets or settings"):
        prepare_clips(ClipSet(clips.name, clips.clips[:2]), folder, seeing, SMALL)


def test_many_clips_share_shards(
    clips: ClipSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeing: Seeing
) -> None:
    monkeypatch.setattr("manyfaces.data.clips.prepare._MOST_SHARDS", 2)
    prepare_clips(clips, tmp_path / "out", seeing, SMALL)
    opened = open_prepared(tmp_path / "out")
    assert len(opened.tar.checksums) == 2
    assert [len(clip.rows) for clip in opened.clips] == [6, 2, 4]


def test_nobody_anywhere(clips: ClipSet, tmp_path: Path, seeing: Seeing) -> None:
    report = prepare_clips(ClipSet("walls", clips.clips[-1:]), tmp_path / "out", seeing, SMALL)
    assert report.kept == 0
    with pytest.raises(DataError, match="holds no frame"):
        open_prepared(tmp_path / "out")


def test_damage_is_named(prepared: PreparedFrames, seeing: Seeing) -> None:
    prepared.tar.paths[0].write_bytes(prepared.tar.paths[0].read_bytes()[:1000])
    with pytest.raises(DataError, match=r"shard-000000\.tar is damaged at ada/1\.mp4#5"):
        prepared.read(5)
    (prepared.tar.folder / "reports" / "shard-000001.json").write_text("[{]")
    with pytest.raises(DataError, match=r"remove shard-000001\.tar"):
        prepare_clips(open_clips("any", prepared.tar.folder.parent / "people"), prepared.tar.folder, seeing, SMALL)


def test_batches_hold_frames_of_clips(prepared: PreparedFrames) -> None:
    source: FaceSource = clip_batches(prepared, frames_per_clip=3)
    assert isinstance(source, ClipBatches)
    batch = source.batch(0, 5, 6)
    assert isinstance(batch, Faces)
    assert batch.pictures.shape == (6, 3, 64, 64)
    assert batch.skin.shape == (6, 64, 64)
    assert batch.clip[:3].unique().numel() == batch.clip[3:].unique().numel() == 1
    assert sorted(batch.person[::3].tolist()) == [0, 1]  # both people, once each
    for rows in (slice(0, 3), slice(3, 6)):
        enough = len(prepared.clips[int(batch.clip[rows][0])].rows) >= 3
        assert not enough or batch.frame_number[rows].unique().numel() == 3
    k = 4
    row = prepared.clips[int(batch.clip[k])].rows
    one = next(prepared.read(r) for r in row if prepared.tar.photos[r]["frame"] == int(batch.frame_number[k]))
    np.testing.assert_array_equal(batch.pictures[k].numpy(), one.crop.transpose(2, 0, 1))
    np.testing.assert_array_equal(batch.confidence[k].numpy(), one.confidence)
    assert prepared.subjects[int(batch.person[k])] == one.subject


def test_a_batch_depends_on_seed_and_step_alone(prepared: PreparedFrames) -> None:
    source = clip_batches(prepared, frames_per_clip=2)
    whole, again, part = source.batch(3, 1, 8), source.batch(3, 1, 8), source.batch(3, 1, 8, torch.tensor([6, 1]))
    assert torch.equal(whole.pictures, again.pictures)
    assert torch.equal(part.pictures, whole.pictures[[6, 1]])
    assert part.number.tolist() == [6, 1]
    draws = [source.draw(3, step, 8) for step in range(4)]
    assert any(draw != draws[0] for draw in draws)
    assert source.draw(4, 1, 8) != source.draw(3, 1, 8)


def test_people_are_as_likely_however_many_clips_they_have(prepared: PreparedFrames) -> None:
    source = clip_batches(prepared, frames_per_clip=1)
    of_ben = [prepared.clips[clip].subject == "ben" for step in range(300) for clip, _ in source.draw(0, step, 1)]
    assert 0.4 < np.mean(of_ben) < 0.6


def test_smaller_pictures_keep_their_landmarks(prepared: PreparedFrames) -> None:
    large, small = (clip_batches(prepared, size_px=size).batch(0, 0, 4) for size in (None, 32))
    assert (small.pictures.shape, small.skin.shape) == ((4, 3, 32, 32), (4, 32, 32))
    assert torch.equal(small.landmarks_px, large.landmarks_px)
    halved = large.pictures.float().unflatten(2, (32, 2)).unflatten(4, (32, 2)).mean((3, 5))
    assert (small.pictures.float() - halved).abs().max() <= 0.51


def test_nobody_is_on_both_sides(prepared: PreparedFrames) -> None:
    sides = {side: clip_batches(prepared, side) for side in ("train", "validation", "all")}
    people = {side: {prepared.clips[k].subject for k in source.clips} for side, source in sides.items()}
    assert people["train"] | people["validation"] == people["all"] == {"ada", "ben"}
    assert not people["train"] & people["validation"]
    with pytest.raises(DataError, match="nothing for test"):
        clip_batches(prepared, "test")
    with pytest.raises(ChoiceError, match="validation"):
        clip_batches(prepared, "dev")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="frames_per_clip 0"):
        clip_batches(prepared, frames_per_clip=0)


def test_splits_of_the_set_itself_come_first(clips: ClipSet, tmp_path: Path, seeing: Seeing) -> None:
    from dataclasses import replace

    of_clip = {"ada/1.mp4": "validation", "ada/2.mp4": "test", "ben": "train", "wall/1.mp4": "train"}
    split = ClipSet("split", tuple(replace(clip, split=of_clip[clip.name]) for clip in clips.clips))
    prepare_clips(split, tmp_path / "out", seeing, SMALL)
    opened = open_prepared(tmp_path / "out")
    for side, name in (("validation", "ada/1.mp4"), ("test", "ada/2.mp4"), ("train", "ben")):
        (clip,) = clip_batches(opened, side).clips
        assert opened.clips[clip].name == name


def _refuse() -> ClipEyes:
    raise AssertionError("nothing is to be looked at")
