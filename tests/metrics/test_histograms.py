import pytest
import torch
from torch import Tensor

from manyfaces.core.errors import ChoiceError
from manyfaces.metrics import colour_histograms, histogram_dissimilarity


def flat(level: int) -> Tensor:
    """A 2 x 2 picture of one grey level."""
    return torch.full((1, 3, 2, 2), level, dtype=torch.uint8)


EVERYWHERE = torch.ones(1, 2, 2, dtype=torch.bool)


def test_shares_of_the_masked_pixels() -> None:
    picture = flat(7)
    picture[0, 0] = torch.tensor([[0, 0], [255, 9]], dtype=torch.uint8)
    mask = torch.tensor([[[True, True], [True, False]]])
    red, green, _ = colour_histograms(picture, mask)[0]
    assert red[0].item() == pytest.approx(2 / 3)
    assert red[255].item() == pytest.approx(1 / 3)
    assert green[7].item() == 1
    assert colour_histograms(picture, mask).sum(-1).tolist() == [[pytest.approx(1)] * 3]


def test_pictures_of_a_batch_do_not_mix() -> None:
    both = colour_histograms(torch.cat([flat(3), flat(200)]), EVERYWHERE.expand(2, 2, 2))
    assert both[0, :, 3].tolist() == both[1, :, 200].tolist() == [1, 1, 1]


@pytest.mark.parametrize(("first", "second", "levels"), [(10, 10, 0), (10, 13, 3), (0, 255, 255)])
def test_the_earth_mover_counts_grey_levels(first: int, second: int, levels: int) -> None:
    pair = [colour_histograms(flat(level), EVERYWHERE) for level in (first, second)]
    assert histogram_dissimilarity(*pair).tolist() == [[pytest.approx(levels)] * 3]


def test_half_of_the_pixels_move_by_four() -> None:
    first = torch.zeros(256, dtype=torch.float64)
    second = first.clone()
    first[[10, 20]], second[[10, 24]] = 0.5, 0.5
    assert histogram_dissimilarity(first, second).item() == pytest.approx(2)
    assert histogram_dissimilarity(first, second, "chi_square").item() == pytest.approx(0.5)


def test_chi_square_ends_at_one() -> None:
    pair = [colour_histograms(flat(level), EVERYWHERE) for level in (1, 200)]
    assert histogram_dissimilarity(*pair, "chi_square").tolist() == [[pytest.approx(1)] * 3]


def test_nothing_to_look_at_is_no_number() -> None:
    assert colour_histograms(flat(1), ~EVERYWHERE).isnan().all()


def test_another_form_is_refused() -> None:
    with pytest.raises(ChoiceError, match="earth_mover"):
        histogram_dissimilarity(torch.zeros(256), torch.zeros(256), "cosine")
