import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from manyfaces.core.config import from_json
from manyfaces.core.errors import ConfigError, ManyfacesError, WeightError
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.train import PlateauConfig, TrainConfig, train
from manyfaces.train.ema import RunningMean
from manyfaces.train.parallel import WHOLE
from manyfaces.train.state import RunConfig

CONFIG = TrainConfig(
    steps=20,
    learning_rate=0.005,
    warmup_steps=3,
    validate_every=10,
    validation_batches=2,
    log_every=1,
    save_every_s=60.0,
    ema_decay=0.9,
)
SAVING = dataclasses.replace(CONFIG, save_every_s=0.0)
PUBLISHED = dataclasses.replace(SAVING, rates={"2.": 1e-3}, plateau=PlateauConfig(4, 0.5, 0, 0.5))


@dataclass(frozen=True)
class Batch:
    x: torch.Tensor
    y: torch.Tensor


@dataclass(frozen=True)
class LineRecipe:
    """Fit y = x @ (1, -2, 3) from noisy pairs."""

    config: TrainConfig = CONFIG
    name: str = "line"
    batch_size: int = 16
    kill_at: int = -1

    def build(self):
        return nn.Sequential(nn.Linear(3, 8), nn.SiLU(), nn.Linear(8, 1))

    def describe(self):
        return {"width": 8}

    def batch(self, step, split, part=WHOLE):
        if step == self.kill_at and split == "train":
            os.kill(os.getpid(), signal.SIGINT)
        generator = torch.Generator().manual_seed(2 * step + (split == "validation"))
        x = torch.randn(16, 3, generator=generator)
        x = x[part.rows(16)]
        return Batch(x, x @ torch.tensor([[1.0], [-2.0], [3.0]]))

    def loss(self, model, batch, generator):
        noise = 0.01 * generator.normal(batch.y)
        return (model(batch.x) - batch.y - noise).square().mean()


def losses(result):
    return [(row.step, row.loss, row.validation) for row in result.history]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train(LineRecipe(), tmp_path_factory.mktemp("whole"), visible=False)


def test_a_run_learns_and_leaves_its_files(whole):
    assert whole.finished
    validation = [row.validation for row in whole.history if row.validation is not None]
    assert validation[1] < validation[0]
    assert [row.step for row in whole.history if row.validation is not None] == [10, 20]
    model = LineRecipe().build()
    load_into(model, load_weights(whole.weights))
    assert torch.equal(model[0].weight, whole.model[0].weight)
    rows = (whole.weights.parent / "history.csv").read_text().splitlines()
    assert rows[0] == "step,loss,validation"
    assert len(rows) == 21


def test_ctrl_c_saves_and_resuming_gives_the_same_losses(whole, tmp_path):
    stopped = train(LineRecipe(kill_at=9), tmp_path, visible=False)
    assert not stopped.finished
    assert stopped.step == 10  # the step under way is finished
    resumed = train(LineRecipe(), tmp_path, visible=False)
    assert losses(resumed) == losses(whole)
    for mine, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(mine, other)


def test_killed_and_resumed_gives_the_same_losses(tmp_path):
    # A separate process dies by SIGKILL within its sixth step, having saved after each before.
    code = f"""
        import importlib.util, os, signal, sys
        spec = importlib.util.spec_from_file_location("killed", {str(Path(__file__))!r})
        module = importlib.util.module_from_spec(spec)
        sys.modules["killed"] = module
        spec.loader.exec_module(module)
        class Dies(module.LineRecipe):
            def loss(self, model, batch, generator):
                value = module.LineRecipe.loss(self, model, batch, generator)
                if torch.is_grad_enabled() and len(seen) == 5:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen.append(1) if torch.is_grad_enabled() else None
                return value
        import torch
        seen = []
        module.train(Dies(config=module.PUBLISHED), {str(tmp_path / "killed")!r}, visible=False)
    """
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": source}
    dead = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=environment, check=False)
    assert dead.returncode == -signal.SIGKILL
    assert torch.load(tmp_path / "killed" / "state.pt", weights_only=True)["step"] == 5
    recipe = LineRecipe(config=PUBLISHED)
    resumed, whole = (train(recipe, tmp_path / name, visible=False) for name in ("killed", "whole"))
    assert losses(resumed) == losses(whole)
    assert (tmp_path / "killed" / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()
    for mine, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(mine, other)


def test_resuming_a_finished_run_does_nothing(whole):
    before = whole.weights.read_bytes()
    again = train(LineRecipe(), whole.weights.parent, visible=False)
    assert again.finished
    assert losses(again) == losses(whole)
    assert whole.weights.read_bytes() == before


def test_other_settings_are_refused_by_name(whole):
    other = LineRecipe(config=dataclasses.replace(CONFIG, learning_rate=0.5))
    with pytest.raises(ConfigError, match=r"train.learning_rate was 0.005, is 0.5"):
        train(other, whole.weights.parent, visible=False)


def test_without_resume_the_run_begins_anew(whole, tmp_path):
    train(LineRecipe(kill_at=5), tmp_path, visible=False)
    assert losses(train(LineRecipe(), tmp_path, resume=False, visible=False)) == losses(whole)


def test_a_damaged_checkpoint_is_told(tmp_path):
    train(LineRecipe(kill_at=5), tmp_path, visible=False)
    state = tmp_path / "state.pt"
    state.write_bytes(state.read_bytes()[:100])
    with pytest.raises(WeightError, match="damaged"):
        train(LineRecipe(), tmp_path, visible=False)


def test_training_leaves_the_global_generator_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(LineRecipe(dataclasses.replace(CONFIG, steps=2)), tmp_path, visible=False)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(("factor", "what"), [(float("nan"), "loss"), (0.0, "gradient")])
def test_what_is_not_finite_stops_the_run_and_spoils_nothing(tmp_path, factor, what):
    class Spoilt(LineRecipe):
        def loss(self, model, batch, generator):
            value = super().loss(model, batch, generator)
            if len(seen) < 6:
                seen.append(value)
                return value
            return value * factor if what == "loss" else value + model[0].weight.sum().mul(0.0).sqrt()

    seen = []
    with pytest.raises(ManyfacesError, match=rf"the {what} of line is nan at step 6\. .*checkpoint") as caught:
        train(Spoilt(config=SAVING), tmp_path, visible=False)
    assert "lower the learning rate" in caught.value.fix
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert state["step"] == 6
    assert all(torch.isfinite(tensor).all() for tensor in state["model"].values())


def test_settings_lie_beside_the_checkpoint_and_unknown_ones_are_refused(tmp_path):
    train(LineRecipe(kill_at=5), tmp_path, visible=False)
    assert from_json(RunConfig, (tmp_path / "config.json").read_text()) == RunConfig.of(LineRecipe())
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    state["config"] = state["config"].replace('"ema_decay"', '"momentum": 1, "ema_decay"')
    torch.save(state, tmp_path / "state.pt")
    with pytest.raises(ConfigError, match=r"config.train has no key momentum"):
        train(LineRecipe(), tmp_path, visible=False)


def test_half_precision_is_of_the_forward_pass_alone(tmp_path):
    kinds = []

    class Looking(LineRecipe):
        def loss(self, model, batch, generator):
            kinds.append(model(batch.x).dtype)
            return super().loss(model, batch, generator)

    brief = dataclasses.replace(CONFIG, steps=2, clip_norm=None, ema_decay=0.0)
    result = train(Looking(dataclasses.replace(brief, precision="bfloat16")), tmp_path / "half", visible=False)
    assert set(kinds) == {torch.bfloat16}
    assert {p.dtype for p in result.model.parameters()} == {torch.float32}
    kinds.clear()
    train(Looking(dataclasses.replace(brief, precision="auto")), tmp_path / "auto", visible=False)
    assert set(kinds) == {torch.float32}  # on the CPU


def test_running_mean_by_hand():
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    mean = RunningMean(model, 0.75)
    nn.init.constant_(model.weight, 2.0)
    mean.update(model, 1000)
    assert float(mean.model.weight) == pytest.approx(0.75 * 1 + 0.25 * 2)
    mean.update(model, 0)  # early: decay 1/10
    assert float(mean.model.weight) == pytest.approx(0.1 * 1.25 + 0.9 * 2)


def test_learning_rate():
    config = TrainConfig(steps=100, warmup_steps=10, learning_rate=1.0, final_rate=0.1)
    assert config.rate_at(0, 1.0) == pytest.approx(0.1)
    assert config.rate_at(10, 1.0) == pytest.approx(1.0)
    assert config.rate_at(55, 1.0) == pytest.approx(0.55)
    assert config.rate_at(100, 2.0) == pytest.approx(0.2)
