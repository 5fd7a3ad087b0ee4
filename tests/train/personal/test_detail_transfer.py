"""The student's adapters learn what the teacher sees on one person's skin."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import ConfigError
from manyfaces.methods.personal.detail import SkinView
from manyfaces.train.loop import train
from manyfaces.train.personal.detail_transfer import DetailTransfer, SkinFrames, SkinLearner, detail_config

SIDE = 32


@pytest.fixture
def view():
    generator = torch.Generator().manual_seed(0)
    visible = torch.zeros(4, SIDE, SIDE)
    visible[:, :, : SIDE // 2] = 1.0
    texture = torch.rand(4, 3, SIDE, SIDE, generator=generator) * visible[:, None]
    return SkinView(texture, visible, 0.2 * torch.randn(4, SIDE, SIDE, generator=generator))


@pytest.fixture
def nets(personal_stand_in):
    return personal_stand_in.detail_nets()


@pytest.fixture
def recipe(view, nets):
    teacher, student = nets
    skin = SkinFrames.of(view, teacher)
    config = detail_config(20, learning_rate=1e-2, warmup_steps=1, ema_decay=0.0, validate_every=10, log_every=10)
    rows = torch.arange(4)
    return DetailTransfer(
        base=student, frames=skin.at(rows[:3]), held_out=skin.at(rows[3:]), config=config, width=4, batch_size=4
    )


def bits(network):
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


def test_the_teacher_is_asked_in_parts(view, nets):
    teacher, _ = nets
    whole, parts = (SkinFrames.of(view, teacher, chunk) for chunk in (16, 3))
    torch.testing.assert_close(whole.teacher_m, parts.teacher_m, atol=1e-6, rtol=0)
    torch.testing.assert_close(whole.teacher_m, teacher(view.contrast))
    assert not whole.teacher_m.requires_grad
    assert len(whole) == 4


def test_the_student_comes_nearer_to_the_teacher_and_the_base_stays(recipe, tmp_path):
    weights = bits(recipe.base)
    result = train(recipe, tmp_path, visible=False)
    with torch.no_grad():
        before, after = (float(recipe.loss(n, recipe.frames, torch.Generator())) for n in (recipe.base, result.model))
    assert after < 0.95 * before
    assert bits(recipe.base) == weights
    learned = result.model.state_dict()
    assert "detail_latent" in learned
    seen, hidden = learned["relief_mm"][:, :, : SIDE // 2], learned["relief_mm"][:, :, SIDE // 2 :]
    assert seen.abs().median() > 1e-3  # millimetres
    assert not hidden.any()  # no frame shows it


def test_what_is_hidden_is_in_no_loss(recipe):
    model = recipe.build()
    batch = recipe.frames
    elsewhere = replace(batch, teacher_m=torch.where(batch.visible > 0, batch.teacher_m, 0.009))
    one, other = (recipe.loss(model, frames, torch.Generator()) for frames in (batch, elsewhere))
    assert torch.equal(one, other)


def test_every_other_frame_is_read_off_the_texture_of_any(recipe):
    frames = replace(recipe.frames, contrast=torch.arange(3.0)[:, None, None, None].expand(3, 3, SIDE, SIDE))
    frames = replace(frames, tension=torch.arange(3.0)[:, None, None].expand(3, SIDE, SIDE))
    batches = [replace(recipe, frames=frames).batch(step, "train") for step in range(20)]
    shown, felt = (
        torch.stack([getattr(b, name).flatten(1)[:, 0] for b in batches]) for name in ("contrast", "tension")
    )
    assert torch.equal(shown[:, ::2], felt[:, ::2])
    assert {tuple(pair) for pair in torch.stack([shown, felt], -1)[:, 1::2].flatten(0, 1).int().tolist()} == {
        (texture, tension) for texture in range(3) for tension in range(3)
    }


def test_a_protocols_persons_learn_in_folders_of_their_own(view, nets, tmp_path):
    teacher, student = nets
    network = SkinLearner(student, teacher, tmp_path, steps=1, width=2)(view, "skin-3")
    assert (tmp_path / "skin-3").is_dir()
    assert network(view.contrast, view.tension).shape == view.tension.shape
    assert not network.training


def test_batches_are_functions_of_the_step(recipe):
    one, again, other = (recipe.batch(step, "train") for step in (0, 0, 1))
    assert torch.equal(one.contrast, again.contrast)
    assert not torch.equal(one.contrast, other.contrast)
    two = replace(recipe, held_out=recipe.frames.at(torch.tensor([0, 2])))
    judged = two.batch(3, "validation")
    assert torch.equal(judged.contrast, two.held_out.contrast[[1, 0]])
    assert torch.equal(judged.tension, two.held_out.tension)
    assert torch.equal(judged.teacher_m, two.held_out.teacher_m)


def test_runs_of_other_frames_are_not_gone_on_with(recipe, tmp_path):
    short = replace(recipe, config=replace(recipe.config, steps=1))
    train(short, tmp_path, visible=False)
    other = replace(short, frames=replace(recipe.frames, tension=-recipe.frames.tension))
    with pytest.raises(ConfigError, match=r"network.frames was"):
        train(other, tmp_path, visible=False)
