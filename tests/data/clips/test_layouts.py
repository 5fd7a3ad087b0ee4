"""Published layouts in miniature: who is on each clip, its split, what is refused and in which words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from manyfaces.core.errors import ChoiceError, DataError
from manyfaces.data.clips import ClipSource, open_clips


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def said(clips: tuple[ClipSource, ...]) -> list[tuple[str, str, str | None]]:
    return [(clip.name, clip.subject, clip.split) for clip in clips]


def bupt(root: Path) -> Path:
    people = ("African/m.01", "African/m.02", "Indian/m.07")
    touch(root, *(f"race_per_7000/{person}/{k}_0.jpg" for person in people for k in range(2)))
    return touch(root, "race_per_7000/list.txt")


def celeb_df(root: Path) -> Path:
    touch(root, "Celeb-real/id0_0000.mp4", "Celeb-real/id12_0003.mp4", "YouTube-real/00170.mp4")
    touch(root, "Celeb-synthesis/id0_id12_0000.mp4", "Celeb-real/.id0_0000.mp4")
    lines = "1 YouTube-real/00170.mp4\n0 Celeb-synthesis/id0_id12_0000.mp4\n1 Celeb-real/id12_0003.mp4\n"
    (root / "List_of_testing_videos.txt").write_text(lines)
    return root


def mead(root: Path) -> Path:
    touch(root, "M003/video/front/angry/level_1/001.mp4", "M003/video/left_30/neutral/level_1/002.mp4")
    touch(root, "W009/front/sad/level_3/021.mp4", "M003/audio/angry/level_1/001.m4a", "M003/video/notes/angry/a/1.mp4")
    return root


def faceforensics(root: Path) -> Path:
    originals, forgeries = root / "original_sequences", root / "manipulated_sequences"
    touch(originals, "youtube/c23/videos/000.mp4", "youtube/c40/videos/000.mp4", "youtube/c40/videos/003.mp4")
    touch(originals, "actors/c40/videos/01__exit_phone_room.mp4")
    touch(forgeries, "Deepfakes/c23/videos/000_003.mp4", "DeepFakeDetection/c23/videos/01_02__walking__ABC.mp4")
    (root / "splits").mkdir()
    for name, pairs in {"train": [["000", "003"]], "val": [["071", "054"]], "test": []}.items():
        (root / "splits" / f"{name}.json").write_text(json.dumps(pairs))
    return root


MAKERS = {"bupt": bupt, "celeb-df": celeb_df, "mead": mead, "faceforensics": faceforensics}


def test_bupt(tmp_path: Path) -> None:
    opened = open_clips("bupt", bupt(tmp_path))
    names = ["African/m.01", "African/m.02", "Indian/m.07"]
    assert said(opened.clips) == [(name, name, None) for name in names]
    assert not opened.clips[0].is_video
    assert open_clips("bupt", tmp_path / "race_per_7000").clips == opened.clips


def test_celeb_df_without_and_with_forgeries(tmp_path: Path) -> None:
    opened = open_clips("celeb-df", celeb_df(tmp_path))
    assert said(opened.clips) == [
        ("Celeb-real/id0_0000", "id0", "train"),
        ("Celeb-real/id12_0003", "id12", "test"),
        ("YouTube-real/00170", "youtube-00170", "test"),
    ]
    *_, forged = open_clips("celeb-df", tmp_path, fakes=True).clips
    assert forged.fake
    assert said((forged,)) == [("Celeb-synthesis/id0_id12_0000", "id0_id12", "test")]


def test_mead_with_and_without_its_video_folder(tmp_path: Path) -> None:
    opened = open_clips("mead", mead(tmp_path))
    assert said(opened.clips) == [
        ("M003/video/front/angry/level_1/001", "M003", None),
        ("M003/video/left_30/neutral/level_1/002", "M003", None),
        ("W009/front/sad/level_3/021", "W009", None),
    ]
    front = open_clips("mead", tmp_path, only="*/front/*")
    assert [clip.subject for clip in front.clips] == ["M003", "W009"]
    alone = open_clips("mead", tmp_path / "M003")
    assert {clip.subject for clip in alone.clips} == {"M003"}
    assert len(alone.clips) == 2


def test_faceforensics_takes_the_best_compression_of_each_sequence(tmp_path: Path) -> None:
    opened = open_clips("faceforensics", faceforensics(tmp_path))
    assert said(opened.clips) == [
        ("original_sequences/actors/01__exit_phone_room", "actor-01", None),
        ("original_sequences/youtube/000", "youtube-000", "train"),
    ]
    assert "c23" in opened.clips[1].path.parts
    assert not any(clip.fake for clip in opened.clips)
    forged = [clip for clip in open_clips("faceforensics", tmp_path, fakes=True).clips if clip.fake]
    assert [clip.subject for clip in forged] == ["actor-01_02__walking__ABC", "youtube-000_003"]
    assert [clip.split for clip in forged] == [None, "train"]


def test_splits_may_be_absent_but_not_in_part(tmp_path: Path) -> None:
    faceforensics(tmp_path)
    (tmp_path / "splits" / "val.json").unlink()
    with pytest.raises(DataError, match=r"val\.json is missing, beside"):
        open_clips("faceforensics", tmp_path)
    for name in ("train", "test"):
        (tmp_path / "splits" / f"{name}.json").unlink()
    assert {clip.split for clip in open_clips("faceforensics", tmp_path).clips} == {None}


def test_any_folder_takes_folders_for_people(tmp_path: Path) -> None:
    root = touch(tmp_path / "films", "ada/1.mp4", "ada/old/b.JPG", "ben/p.png", "ben/q.png", "c.mov", "notes.txt")
    opened = open_clips("any", root)
    assert said(opened.clips) == [
        ("ada/1.mp4", "ada", None),
        ("ada/old", "ada", None),
        ("ben", "ben", None),
        ("c.mov", "films", None),
    ]
    assert said(open_clips("any", root / "c.mov").clips) == [("c", "c", None)]


def test_a_folder_named_by_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(touch(tmp_path / "ada", "1.png"))
    assert said(open_clips("any", Path()).clips) == [("ada", "ada", None)]


@pytest.mark.parametrize("kind", [*MAKERS, "any"])
def test_an_empty_folder_is_told_what_was_expected(kind: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is missing|is not a folder of|holds no clips|holds neither") as error:
        open_clips(kind, tmp_path)
    assert str(tmp_path) in error.value.message
    assert "." in error.value.fix
    with pytest.raises(DataError, match="there is no folder"):
        open_clips(kind, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("line", "says"), [("2 YouTube-real/1.mp4", "line 1"), ("1 nothing", "line 1"), ("1 a/b.mp4 c", "line 1")]
)
def test_a_list_that_makes_no_sense(line: str, says: str, tmp_path: Path) -> None:
    (celeb_df(tmp_path) / "List_of_testing_videos.txt").write_text(line)
    with pytest.raises(DataError, match=says):
        open_clips("celeb-df", tmp_path)


def test_a_list_that_is_missing(tmp_path: Path) -> None:
    (celeb_df(tmp_path) / "List_of_testing_videos.txt").unlink()
    with pytest.raises(DataError, match="cannot read the list"):
        open_clips("celeb-df", tmp_path)


@pytest.mark.parametrize("text", ["[1, 2]", "{", '[["a"]]'])
def test_splits_that_make_no_sense(text: str, tmp_path: Path) -> None:
    (faceforensics(tmp_path) / "splits" / "train.json").write_text(text)
    with pytest.raises(DataError, match=r"cannot read the list .*train\.json"):
        open_clips("faceforensics", tmp_path)


def test_unknown_kinds_and_names(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match="celeb-df"):
        open_clips("lfw", tmp_path)
    with pytest.raises(DataError, match="no clip of the name W1/"):
        open_clips("mead", mead(tmp_path), only="W1/*")


@pytest.mark.parametrize("make", MAKERS.values())
def test_names_are_unique(make: Callable[[Path], Path], tmp_path: Path) -> None:
    kind = next(kind for kind, maker in MAKERS.items() if maker is make)
    names = [clip.name for clip in open_clips(kind, make(tmp_path), kind in ("celeb-df", "faceforensics")).clips]
    assert len(set(names)) == len(names) >= 3
