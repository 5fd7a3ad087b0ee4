"""One person's frames: which are learned from, and how they are seen."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.data.clips.person import PersonFrames, digest_of, halves_of
from manyfaces.train.personal.frames import rows_of, varied


@pytest.mark.parametrize(
    ("n", "held_out"), [(2, [1]), (3, [2]), (5, [4]), (6, [5]), (10, [5]), (15, [5]), (16, [5, 15]), (25, [5, 15])]
)
def test_of_each_ten_frames_the_middle_one_is_held_out(n, held_out):
    learned, judged = halves_of(n, 10)
    assert judged.tolist() == held_out
    assert sorted(learned.tolist() + held_out) == list(range(n))


def test_a_single_frame_is_on_both_sides(frames):
    one = frames.at(torch.tensor([3]))
    learned, judged = one.halves(10)
    assert torch.equal(learned.pictures, one.pictures)
    assert torch.equal(judged.pictures, one.pictures)


def test_no_frames_are_refused():
    with pytest.raises(InputError, match="no frame shows the person"):
        PersonFrames.of([])


def test_frames_as_the_loss_takes_them(frames):
    seen = frames.seen()
    assert float(seen.pictures.max()) <= 1
    assert float(seen.skin.max()) == 1
    assert seen.person.tolist() == [0] * len(frames)


def test_smaller_pictures_show_the_same(frames):
    side = frames.pictures.shape[-1]
    half = frames.shrunk(side // 2)
    assert half.pictures.shape == (len(frames), 3, side // 2, side // 2)
    assert half.pictures.dtype == half.skin.dtype == torch.uint8
    means = frames.pictures.float().unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2))
    assert float((half.pictures - means).abs().max()) <= 0.5
    assert float(half.skin.float().mean()) == pytest.approx(float(frames.skin.float().mean()), abs=0.5)
    assert torch.equal(half.landmarks_px, frames.landmarks_px)
    assert torch.equal(frames.shrunk(side).pictures, frames.pictures)


def marked(frames, number, side=112):
    """A white square at a landmark's place, in a picture of its own."""
    seen = frames.at(torch.tensor([number])).seen()
    pictures = torch.zeros(1, 3, side, side)
    x, y = ((seen.landmarks_px[0, 30] + 0.5) * side / 224 - 0.5).round().long().tolist()
    pictures[..., y - 2 : y + 3, x - 2 : x + 3] = 1.0
    landmarks_px = seen.landmarks_px.clone()
    landmarks_px[0, 30] = (torch.tensor([x, y]) + 0.5) * 224 / side - 0.5
    return replace(seen, pictures=pictures, skin=pictures[:, 0], landmarks_px=landmarks_px)


@pytest.mark.parametrize("seed", range(6))
def test_landmarks_move_with_the_picture(frames, seed):
    seen = marked(frames, 0)
    moved = varied(seen, torch.Generator().manual_seed(seed))
    weight = moved.pictures[0, 0]
    rows, columns = torch.meshgrid(torch.arange(112.0), torch.arange(112.0), indexing="ij")
    centre = torch.stack([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    torch.testing.assert_close((centre + 0.5) * 2 - 0.5, moved.landmarks_px[0, 30], atol=0.4, rtol=0)
    skin = moved.skin[0]
    torch.testing.assert_close(
        (columns * skin).sum() / skin.sum(), (columns * weight).sum() / weight.sum(), atol=0.03, rtol=0
    )
    assert not torch.allclose(moved.landmarks_px, seen.landmarks_px, atol=0.2)


def test_views_are_the_generators(frames):
    seen = frames.seen()
    one, same, other = (varied(seen, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.pictures, same.pictures)
    assert not torch.equal(one.pictures, other.pictures)
    assert torch.equal(seen.pictures, frames.seen().pictures)
    assert 0 <= float(one.pictures.min()) <= float(one.pictures.max()) <= 1


def test_no_frame_comes_again_before_all_have_come():
    rows = rows_of(5, 12, torch.Generator().manual_seed(0))
    assert sorted(rows[:5].tolist()) == sorted(rows[5:10].tolist()) == list(range(5))
    assert len(rows) == 12
    assert len(set(rows_of(40, 16, torch.Generator().manual_seed(0)).tolist())) == 16


def test_frames_are_known_by_all_that_is_learned(frames):
    before = digest_of(frames)
    assert digest_of(frames.at(torch.arange(len(frames)))) == before
    moved = frames.landmarks_px.clone()
    moved[0, 0, 0] += 1e-3
    assert digest_of(replace(frames, landmarks_px=moved)) != before
    assert digest_of(frames.at(torch.arange(1, len(frames)))) != before
