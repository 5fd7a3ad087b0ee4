"""A person's frames out of whatever there is; the rest is listed."""

import pytest

from manyfaces.core.errors import InputError
from manyfaces.train.personal.gathering import GatherOptions, gather

SIDE = 32


@pytest.fixture
def photos(squares, tmp_path):
    """Six photos: the third out of focus, the fifth of an empty wall."""
    folder = tmp_path / "photos"
    for number in range(6):
        ada = squares.Square(squares.ADA, 50 + 10 * number, blurred=number == 2)
        squares.photo(folder / f"{number}.png", squares.frame(*([] if number == 4 else [ada])))
    return folder


@pytest.fixture
def film(squares, tmp_path):
    frames = [squares.frame(squares.Square(squares.ADA, 60 + 4 * k)) for k in range(12)]
    return squares.film(tmp_path / "clip.mp4", frames)


def places(gathered):
    return [(frame.clip, frame.number) for frame in gathered.frames]


def test_what_cannot_be_used_is_listed(squares, photos):
    said = []
    found = gather([photos], squares.SquareEyes(), SIDE, tick=said.append)
    assert places(found) == [("photos", number) for number in (0, 1, 3, 5)]
    assert len(found.left_out) == 2
    assert all(line.startswith(f"{photos}: frame ") for line in found.left_out)
    assert "frame 3" in found.left_out[0]
    assert "blurred" in found.left_out[0]
    assert "frame 5" in found.left_out[1]
    assert "no face" in found.left_out[1]
    assert said == ["photos"] * 6
    assert found.frames[0].crop.shape == (SIDE, SIDE, 3)


def test_frames_are_spread_over_what_there_is(squares, film):
    found = gather([film], squares.SquareEyes(), SIDE, GatherOptions(frames=4))
    assert places(found) == [("clip.mp4", number) for number in (0, 3, 6, 9)]


def test_two_sources_follow_each_other(squares, photos, film):
    found = gather([film, photos / "0.png"], squares.SquareEyes(), SIDE, GatherOptions(frames=7))
    # One video and one photo: the video may fill all but is then thinned together with the photo.
    clips = [clip for clip, _ in places(found)]
    assert clips == sorted(clips, reverse=True)
    assert set(clips) == {"clip.mp4", "0.png"}
    assert len(found.frames) == 7


def test_photos_take_no_frames_from_a_video(squares, photos, film):
    alone = gather([film], squares.SquareEyes(), SIDE, GatherOptions(frames=6))
    photo_paths = [photos / f"{number}.png" for number in (0, 1, 3)]
    both = gather([film, *photo_paths], squares.SquareEyes(), SIDE, GatherOptions(frames=6))
    assert len(alone.frames) == len(both.frames) == 6
    assert sum(frame.clip == "clip.mp4" for frame in both.frames) >= 4


def test_of_several_sources_one_person_is_meant(squares, photos, tmp_path):
    squares.photo(tmp_path / "ben.png", squares.frame(squares.Square(squares.BEN)))
    sources = [photos, tmp_path / "ben.png"]
    knowing = gather(sources, squares.SquareEyes(knows_people=True), SIDE)
    assert "ben.png" not in {frame.clip for frame in knowing.frames}
    assert any("ben.png" in line and "other person" in line for line in knowing.left_out)
    guessing = gather(sources, squares.SquareEyes(), SIDE)
    assert "ben.png" in {frame.clip for frame in guessing.frames}


def test_nobody_anywhere_is_one_clear_error(squares, tmp_path):
    squares.photo(tmp_path / "wall.png", squares.frame())
    with pytest.raises(InputError, match=r"no frame shows a face well enough: .*wall\.png: frame 1.*no face"):
        gather([tmp_path / "wall.png"], squares.SquareEyes(), SIDE)


def test_a_file_that_is_no_picture_is_listed(squares, photos):
    (photos / "text.jpg").write_text("not a picture")
    found = gather([photos], squares.SquareEyes(), SIDE)
    assert len(found.frames) == 4
    assert any("text.jpg" in line for line in found.left_out)


@pytest.mark.parametrize("frames", [0, -1, 401])
def test_a_number_of_frames_that_cannot_be_meant(squares, photos, frames):
    with pytest.raises(InputError, match=f"{frames} frames cannot be learned from"):
        gather([photos], squares.SquareEyes(), SIDE, GatherOptions(frames=frames))


def test_no_sources(squares):
    with pytest.raises(InputError, match="no photo, folder or video was named"):
        gather([], squares.SquareEyes(), SIDE)
