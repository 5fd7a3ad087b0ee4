"""One clip: which frames are taken, whose face, what is left out and why."""

import tracemalloc
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from manyfaces.data.clips import ClipConfig, LeftOutFrame, PreparedFrame, landmark_confidence, prepare_clip, skin_mask
from manyfaces.detect import POINTS_68_FROM_468, rnet_crop, rnet_five
from manyfaces.methods.ofer.point_encoder import ERROR_SPREAD

SMALL = ClipConfig(size_px=64)
EVERY_FRAME = ClipConfig(size_px=64, frames_per_clip=0)


def both(results) -> tuple[list[PreparedFrame], list[LeftOutFrame]]:
    results = list(results)
    return (
        [one for one in results if isinstance(one, PreparedFrame)],
        [one for one in results if isinstance(one, LeftOutFrame)],
    )


def colour(one: PreparedFrame) -> str:
    red, _, blue = one.crop[20:44, 20:44].reshape(-1, 3).mean(0)
    return "ada" if red > blue else "ben"


def test_a_frame_holds_the_face_in_r_nets_place(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes()
    squares.photo(tmp_path / "1.png", squares.frame(squares.Square(squares.ADA, x=60)))
    (one,), left_out = both(prepare_clip(squares.clip_of(tmp_path), eyes, SMALL))
    assert left_out == []
    assert (one.crop.shape, one.skin.shape, one.number, one.n_faces) == ((64, 64, 3), (64, 64), 0, 1)
    box = eyes.detect(squares.frame(squares.Square(squares.ADA, x=60)))[0].box_px
    points = POINTS_68_FROM_468 @ (squares.FACE * (box[2] - box[0]) / 2 + (box[:2] + box[2:]) / 2)
    wanted = rnet_crop(squares.frame(squares.Square(squares.ADA, x=60)), rnet_five(points))  # at 224
    np.testing.assert_allclose(one.landmarks_px, wanted.to_crop(points), atol=0.01)
    large = next(iter(both(prepare_clip(squares.clip_of(tmp_path), eyes, ClipConfig(size_px=96)))[0]))
    np.testing.assert_allclose(large.landmarks_px, one.landmarks_px, atol=0.01)
    np.testing.assert_allclose(large.confidence, one.confidence, atol=1e-4)


def test_frames_are_spread_over_a_video(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes()
    video = squares.film(tmp_path / "a.mp4", [squares.frame(squares.Square(squares.ADA))] * 10)
    for config, wanted in (
        (ClipConfig(size_px=64, frames_per_clip=3), [0, 4, 8]),
        (ClipConfig(size_px=64, frames_per_clip=3, every=2), [0, 4, 8]),
        (ClipConfig(size_px=64, every=3), [0, 3, 6, 9]),
        (EVERY_FRAME, list(range(10))),
    ):
        kept, _ = both(prepare_clip(squares.clip_of(video), eyes, config))
        assert [one.number for one in kept] == wanted
        np.testing.assert_allclose([one.time_s for one in kept], np.array(wanted) / 25, atol=1e-3)


def test_all_pictures_of_a_folder_are_taken(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes()
    for k in range(5):
        squares.photo(tmp_path / f"{k}.png", squares.frame(squares.Square(squares.ADA)))
    kept, _ = both(prepare_clip(squares.clip_of(tmp_path), eyes, ClipConfig(size_px=64, frames_per_clip=2)))
    assert len(kept) == 5


def test_what_is_left_out_and_why(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes(unsure_beyond=150)
    video = squares.film(
        tmp_path / "a.mp4",
        [
            squares.frame(squares.Square(squares.ADA)),
            squares.frame(),
            squares.frame(squares.Square(squares.ADA, blurred=True)),
            squares.frame(squares.Square(squares.ADA, x=140)),
            squares.frame(squares.Square(squares.ADA)),
        ],
    )
    kept, left_out = both(prepare_clip(squares.clip_of(video), eyes, SMALL))
    assert [one.number for one in kept] == [0, 4]
    assert [one.reason for one in left_out] == ["no face", "blurred", "unsure"]
    assert left_out[0].what == "frame 2, at 0.04 s: no face"
    assert left_out[2].what.startswith("frame 4, at 0.12 s: unsure (0.")
    assert "limit 0.4" in left_out[2].what


def test_an_unreadable_picture_does_not_end_a_folder(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes()
    for k in (0, 2):
        squares.photo(tmp_path / f"{k}.png", squares.frame(squares.Square(squares.ADA)))
    (tmp_path / "1.png").write_bytes(b"no picture")
    kept, left_out = both(prepare_clip(squares.clip_of(tmp_path), eyes, SMALL))
    assert [one.number for one in kept] == [0, 2]
    assert [one.reason for one in left_out] == ["unreadable"]
    assert "frame 2" in left_out[0].what


def test_of_a_cut_video_what_can_be_read_is_kept(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes()
    noise = np.random.default_rng(0).integers(0, 50, (120, 200, 3)).astype(np.uint8)
    # An avi has its index at the end and can be read without it.
    whole = squares.film(tmp_path / "a.mp4", [squares.frame(squares.Square(squares.ADA)) + noise] * 12)
    avi = tmp_path / "a.avi"
    _as_avi(whole, avi)
    avi.write_bytes(avi.read_bytes()[: avi.stat().st_size // 2])
    kept, left_out = both(prepare_clip(squares.clip_of(avi), eyes, EVERY_FRAME))
    assert 2 <= len(kept) < 12
    assert [one.reason for one in left_out] == ["unreadable"]
    assert "cut" in left_out[0].what
    broken = tmp_path / "b.mp4"
    broken.write_bytes(whole.read_bytes()[:500])
    assert [one.reason for one in both(prepare_clip(squares.clip_of(broken), eyes, SMALL))[1]] == ["unreadable"]


def _as_avi(video: Path, to: Path) -> None:
    import cv2

    from manyfaces.io.frames import open_frames

    writer = cv2.VideoWriter(str(to), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 25, (200, 120))
    with open_frames(video) as stream:
        for one in stream:
            writer.write(one.rgb[..., ::-1])
    writer.release()


def two_people(squares: ModuleType) -> list[np.ndarray]:
    """Ada, first in front; then Ben comes nearer than she is."""
    sides = [(56, 44), (54, 46), (50, 50), (46, 56), (44, 60)]
    return [
        squares.frame(squares.Square(squares.ADA, 50, ada), squares.Square(squares.BEN, 150, ben)) for ada, ben in sides
    ]


def test_a_face_is_followed_though_another_is_larger(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes()
    kept, _ = both(prepare_clip(squares.clip_of(squares.film(tmp_path / "a.mp4", two_people(squares))), eyes, SMALL))
    assert [colour(one) for one in kept] == ["ada"] * 5
    assert {one.n_faces for one in kept} == {2}
    assert eyes.looks == 5  # who is not meant is not looked at


def test_pictures_of_a_folder_are_not_followed(tmp_path: Path, squares: ModuleType) -> None:
    eyes = squares.SquareEyes()
    for k, picture in enumerate(two_people(squares)):
        squares.photo(tmp_path / f"{k}.png", picture)
    kept, _ = both(prepare_clip(squares.clip_of(tmp_path), eyes, SMALL))
    assert [colour(one) for one in kept][0::4] == ["ada", "ben"]


def test_people_who_are_known_are_told_apart(tmp_path: Path, squares: ModuleType) -> None:
    alone = [squares.frame(squares.Square(squares.BEN))] * 2
    changed = [squares.frame(squares.Square(squares.ADA, 150, 60), squares.Square(squares.BEN, 50, 40))] * 3
    someone_else = [squares.frame(squares.Square(squares.ADA))]
    video = squares.film(tmp_path / "a.mp4", [*someone_else, *alone, *changed])
    kept, left_out = both(
        prepare_clip(
            squares.clip_of(video), squares.SquareEyes(knows_people=True), ClipConfig(size_px=64, min_confidence=0.2)
        )
    )
    assert [one.number for one in kept] == [1, 2, 3, 4, 5]
    assert {colour(one) for one in kept} == {"ben"}
    assert [one.reason for one in left_out] == ["other person"]


def test_the_person_of_the_first_part_is_the_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, squares: ModuleType
) -> None:
    monkeypatch.setattr("manyfaces.data.clips.clip.PART", 3)
    video = squares.film(
        tmp_path / "a.mp4",
        [squares.frame()] * 3
        + [squares.frame(squares.Square(squares.ADA))] * 3
        + [squares.frame(squares.Square(squares.BEN))] * 6,
    )
    kept, left_out = both(prepare_clip(squares.clip_of(video), squares.SquareEyes(knows_people=True), SMALL))
    assert [one.number for one in kept] == [3, 4, 5]
    assert [one.reason for one in left_out] == ["no face"] * 3 + ["other person"] * 6


def test_memory_does_not_grow_with_a_video(
    tmp_path: Path, squares: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("manyfaces.data.clips.clip.PART", 12)
    peaks = []
    for length in (24, 96):
        video = squares.film(tmp_path / f"{length}.mp4", [squares.frame(squares.Square(squares.ADA))] * length)
        tracemalloc.start()
        kept = sum(1 for _ in prepare_clip(squares.clip_of(video), squares.SquareEyes(), EVERY_FRAME))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert kept == length
    assert peaks[1] < 1.2 * peaks[0]


def test_confidence_is_the_share_of_points_nearby() -> None:
    scale, rng = 4.0, np.random.default_rng(0)
    # The encoder's law: the distance of a point has the density of a sum of two exponentials of mean s / 2 each.
    distance = rng.exponential(ERROR_SPREAD * scale / 2, (2, 200_000)).sum(0)
    assert distance.mean() == pytest.approx(ERROR_SPREAD * scale, rel=0.01)
    found = landmark_confidence(np.full(468, scale), np.zeros(468))
    np.testing.assert_allclose(found, (distance < 6).mean(), atol=0.005)
    half = landmark_confidence(np.full(468, scale), np.full(468, 0.5))
    np.testing.assert_allclose(half, found / 2, atol=1e-6)
    assert landmark_confidence(np.full(468, 1e-9), np.zeros(468)).min() == 1


def test_skin_is_what_is_seen_of_the_face(squares: ModuleType) -> None:
    # A face as dark and blue as no law of colours takes for skin, before a wall of the colour of skin; half is hidden.
    photo_rgb = np.full((200, 200, 3), (224, 172, 140), np.uint8)
    points = (squares.FACE * 60 + 100).astype(np.float32)
    photo_rgb[45:155, 45:155] = (30, 30, 60)
    hidden = np.zeros((200, 200), bool)
    hidden[:, 110:] = True
    five = rnet_five(POINTS_68_FROM_468 @ points)
    crop = rnet_crop(photo_rgb, five, 112)
    skin = skin_mask(photo_rgb, crop, five, points, hidden)
    cheek, other_cheek, wall = (
        crop.to_crop(np.array(at, float)).round().astype(int) for at in ((70, 108), (130, 108), (30, 100))
    )
    assert skin[cheek[1], cheek[0]] > 240
    assert skin[other_cheek[1], other_cheek[0]] == 0
    assert skin[wall[1], wall[0]] > 200
    beyond = rnet_crop(photo_rgb[:, 60:], five - (60, 0), 112)
    assert skin_mask(photo_rgb[:, 60:], beyond, five - (60, 0), points - (60, 0), hidden[:, 60:])[:, 0].max() == 0
