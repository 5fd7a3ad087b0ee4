"""Drawing: whole items, the same for the same arguments, no person on both sides."""

import numpy as np
import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.data.photos import OcclusionAugment, open_photo_set, photo_source
from manyfaces.train.recipe import Source


@pytest.fixture
def sets(published):
    return [open_photo_set(folder) for folder in published.paper()]


def same(a, b) -> bool:
    return all(
        torch.equal(x, y)
        for x, y in (
            (a.condition.aligned, b.condition.aligned),
            (a.condition.portrait, b.condition.portrait),
            (a.identity, b.identity),
        )
    )


def test_examples_are_what_the_files_hold(sets) -> None:
    source = photo_source(sets, n_images=2)
    assert isinstance(source, Source)
    example = source.batch(3, 5, 6)
    assert example.condition.aligned.shape == (6, 3, 112, 112)
    assert example.condition.portrait.shape == (6, 3, 224, 224)
    assert (example.identity.shape, example.expression.shape, example.jaw.shape) == ((6, 300), (6, 50), (6, 3))
    for k, (at, row) in enumerate(source.draw(3, 5, 6)):
        files = sets[at].files[row]
        np.testing.assert_allclose(example.condition.aligned[k].numpy(), np.load(files.aligned), atol=1e-6)
        np.testing.assert_array_equal(example.identity[k].numpy(), sets[at].read(row).truth.identity)


def test_the_same_again_and_nothing_twice(sets) -> None:
    source, again = photo_source(sets), photo_source(sets)
    first = source.batch(0, 0, 8)
    assert same(first, again.batch(0, 0, 8))
    assert not same(first, source.batch(0, 1, 8))
    assert not same(first, source.batch(1, 0, 8))


def test_photos_of_an_item_come_together(sets) -> None:
    source = photo_source(sets, n_images=4)
    drawn = source.draw(0, 0, 400)
    items = [sets[at].entries[row].item for at, row in drawn]
    assert all(len(set(items[k : k + 4])) == 1 for k in range(0, 400, 4))
    # With replacement: an item with three photos shows one of them twice among four.
    assert {items[k] for k in range(0, 400, 4)} == {entry.item for photos in sets for entry in photos.entries}
    assert {row for at, row in drawn if at == 1} == {0, 1, 2}
    assert len(source.draw(0, 0, 5)) == 5


def test_shares_of_sets(sets) -> None:
    def frequencies(source) -> np.ndarray:
        return np.bincount([at for step in range(40) for at, _ in source.draw(0, step, 100)], minlength=4) / 4000

    # 5 + 1 + 1 + 1 items, all equally often; then as asked for.
    np.testing.assert_allclose(frequencies(photo_source(sets, n_images=1)), [5 / 8, 1 / 8, 1 / 8, 1 / 8], atol=0.03)
    asked = photo_source(sets, n_images=1, shares=[0.25, 0.75, 0, 0])
    np.testing.assert_allclose(frequencies(asked), [0.25, 0.75, 0, 0], atol=0.03)


def test_no_person_on_both_sides(published) -> None:
    people = {f"F{k}": [f"F{k}/a.jpg"] for k in range(20)}
    sets = [open_photo_set(published.listed(f"STIRLING_{quality}", people)) for quality in ("HQ", "LQ")]
    train, held = (photo_source(sets, side, validation_share=0.2) for side in ("train", "validation"))
    subjects = [{item.subject for item in source.items} for source in (train, held)]
    assert subjects[0].isdisjoint(subjects[1])
    assert [len(side) for side in subjects] == [16, 4]
    assert len(train.items) + len(held.items) == 40
    # Whoever is held out is held out in any order of the sets.
    assert {item.subject for item in photo_source(sets[::-1], "validation", 0.2).items} == subjects[1]


def test_settings_without_sense(sets) -> None:
    with pytest.raises(InputError, match="2 shares for 4 sets"):
        photo_source(sets, shares=[1, 1])
    with pytest.raises(InputError, match="n_images 0"):
        photo_source(sets, n_images=0)
    with pytest.raises(InputError, match="nothing for train"):
        photo_source(sets[1:2], "train")


def test_occluders_are_seeded_and_keep_the_truth(sets) -> None:
    plain, hidden = (photo_source(sets, augment=augment) for augment in (None, OcclusionAugment(1.0)))
    first = hidden.batch(0, 0, 8)
    assert same(first, hidden.batch(0, 0, 8))
    clear = plain.batch(0, 0, 8)
    assert torch.equal(first.identity, clear.identity)
    changed = (first.condition.aligned != clear.condition.aligned).any(1).flatten(1).float().mean(1)
    assert (changed > 0.01).all()
    half = photo_source(sets, augment=OcclusionAugment(0.5)).batch(0, 0, 64)
    untouched = (half.condition.aligned == plain.batch(0, 0, 64).condition.aligned).flatten(1).all(1)
    assert 0.25 < untouched.float().mean() < 0.75
