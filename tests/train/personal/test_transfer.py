"""Adapters learn one person; the base stays what it is."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import ConfigError
from manyfaces.data.clips.person import PersonFrames
from manyfaces.methods.personal.adapted import Adapted
from manyfaces.methods.personal.objective import CoarseObjective, CoarseWeights
from manyfaces.train.loop import TrainResult, train
from manyfaces.train.personal.transfer import MEAN_RATE, CoarseTransfer, coarse_config, transfer_config, whole

# Without the photometric term nothing is drawn.
WEIGHTS = CoarseWeights(outline=10.0, inner=10.0, eyelids=10.0, lips=5.0, photometric=0.0)


@pytest.fixture
def recipe(personal_stand_in, face, outline, frames):
    learned, held_out = frames.halves(10)
    return CoarseTransfer(
        base=personal_stand_in.coarse_net(),
        objective=CoarseObjective(face, outline, weights=WEIGHTS),
        frames=learned,
        held_out=held_out,
        config=transfer_config(12, learning_rate=2e-2, warmup_steps=1, ema_decay=0.0, validate_every=3, log_every=3),
        width=4,
        batch_size=4,
    )


def bits(network):
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


def loss_of(recipe, network):
    with torch.no_grad():
        return float(recipe.loss(network, recipe.frames.seen(), torch.Generator()))


def test_a_few_steps_bring_the_loss_down_and_leave_the_base(recipe, tmp_path):
    weights, before = bits(recipe.base), loss_of(recipe, recipe.base)
    result = train(recipe, tmp_path, visible=False)
    assert isinstance(result.model, Adapted)
    assert loss_of(recipe, result.model) < 0.9 * before
    assert bits(recipe.base) == weights
    pictures = recipe.frames.seen().pictures
    with torch.no_grad(), result.model.adaptation.off():
        assert torch.equal(result.model(pictures), recipe.base(pictures))


def test_the_mean_face_becomes_the_persons(recipe, tmp_path):
    """With nothing else that learns, it alone brings the loss down, by as much on every photo."""
    config = coarse_config(12, True, learning_rate=0.0, warmup_steps=1, ema_decay=0.0, validate_every=3, log_every=3)
    own = train(replace(recipe, config=config), tmp_path, visible=False).model
    assert loss_of(recipe, own) < loss_of(recipe, recipe.base)
    pictures = recipe.frames.seen().pictures
    with torch.no_grad():
        moved = own(pictures) - recipe.base(pictures)
    assert moved.any()
    torch.testing.assert_close(moved, moved[:1].expand_as(moved), rtol=1e-3, atol=1e-6)


def test_the_mean_learns_fast_only_in_deviations():
    assert coarse_config(1, True).rates == {"network.head.2.bias": MEAN_RATE}
    assert coarse_config(1, True, adapters=False).rates == {"head.2.bias": MEAN_RATE}
    assert coarse_config(1, False).rates == {}


def test_fresh_adapters_say_what_the_base_says(recipe):
    assert loss_of(recipe, recipe.build()) == loss_of(recipe, recipe.base)


def test_without_a_width_everything_learns(recipe, tmp_path):
    whole = replace(recipe, width=None, config=transfer_config(1, ema_decay=0.0))
    result = train(whole, tmp_path, visible=False)
    before, after = bits(recipe.base), bits(result.model)
    buffers = {name for name, _ in recipe.base.named_buffers()}
    assert {name for name in before if before[name] != after[name]} == set(before) - buffers


def test_training_sees_variants_and_validation_frames_as_they_are(recipe):
    one, again, other = (recipe.batch(step, "train") for step in (0, 0, 1))
    assert torch.equal(one.pictures, again.pictures)
    assert not torch.equal(one.pictures, other.pictures)
    assert torch.equal(recipe.batch(0, "validation").pictures, recipe.held_out.seen().pictures)
    other_seed = replace(recipe, config=replace(recipe.config, seed=1))
    assert not torch.equal(one.pictures, other_seed.batch(0, "train").pictures)


def brighter(frames: PersonFrames) -> PersonFrames:
    return replace(frames, pictures=(frames.pictures // 2))


@pytest.mark.parametrize("what", ["frames", "held out", "base", "weights", "outline"])
def test_runs_of_other_frames_bases_or_losses_are_not_gone_on_with(recipe, tmp_path, what, personal_stand_in):
    short = replace(recipe, config=replace(recipe.config, steps=1))
    train(short, tmp_path, visible=False)
    assert train(short, tmp_path, visible=False).step == 1  # the same goes on
    other = {
        "frames": {"frames": brighter(recipe.frames)},
        "held out": {"held_out": brighter(recipe.held_out)},
        "base": {"base": personal_stand_in.coarse_net(seed=1)},
        "weights": {"objective": replace(recipe.objective, weights=replace(WEIGHTS, inner=1.0))},
        "outline": {"objective": replace(recipe.objective, outline=None)},
    }[what]
    with pytest.raises(ConfigError, match="holds a run with other settings: network"):
        train(replace(short, **other), tmp_path, visible=False)


def test_half_a_person_is_nobody(tmp_path):
    result = TrainResult(tmp_path, 3, False, (), torch.nn.Identity(), 1.0)
    with pytest.raises(KeyboardInterrupt):
        whole(result)
    done = replace(result, finished=True)
    assert whole(done) is done
