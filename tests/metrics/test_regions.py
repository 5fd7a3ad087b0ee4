import pytest
import torch

from manyfaces.core.errors import ChoiceError
from manyfaces.metrics import face_regions

FRONT = torch.tensor([1, 1, 1, 1, 0, 0]).bool()
FACING = torch.tensor([1, 1, 0, 0, 1, 0]).bool()
COVERED = torch.tensor([0, 1, 0, 1, 1, 0]).bool()
EYEBALLS = torch.tensor([0, 1, 0, 0, 0, 0]).bool()


def test_the_classes_of_the_front() -> None:
    found = face_regions(FRONT, FACING, COVERED)
    assert found.visible.tolist() == [True, False, False, False, False, False]
    assert found.occluded.tolist() == [False, True, False, False, False, False]
    assert found.self_occluded.tolist() == [False, False, True, True, False, False]


def test_the_published_rule_knows_the_mask_alone() -> None:
    found = face_regions(FRONT, FACING, COVERED, EYEBALLS, "diverse3d")
    assert found.occluded.tolist() == [False, False, False, True, True, False]
    assert bool((found.visible == ~found.occluded).all())
    assert not found.self_occluded.any()


def test_masks_of_many_pictures() -> None:
    found = face_regions(FRONT, FACING, torch.stack([COVERED, ~COVERED]))
    assert found.visible.sum(1).tolist() == [1, 1]


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ChoiceError, match="diverse3d"):
        face_regions(FRONT, FACING, COVERED, rule="all")
