"""The named recipes of person-specific models: what is trained, on what, for how long."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from manyfaces.assets import verify_packaged
from manyfaces.core.errors import ChoiceError
from manyfaces.data.people.bank import PeopleBankConfig
from manyfaces.io.checkpoints import load_weights
from manyfaces.methods.personal import OPEN, PersonalConfig
from manyfaces.train.config import TrainConfig
from manyfaces.train.loop import TrainResult
from manyfaces.train.loop import train as run_loop
from manyfaces.train.parallel import join_processes
from manyfaces.train.people import DrawnPeople
from manyfaces.train.personal.coarse import CoarseRecipe, stem_weights
from manyfaces.train.recipe import Recipe

PersonalPart = Literal["coarse"]
PERSONAL_PARTS: tuple[PersonalPart, ...] = get_args(PersonalPart)
COARSE_BATCH = 64


@dataclass(frozen=True)
class PersonalRecipe:
    """All settings of one recipe; the seed reaches every random stream.

    Attributes:
        bank: people to learn the coarse stage from; those for validation come from other seeds.
        n_validation: of them.
        coarse: training of the coarse network.
        network: sizes.
        stem: the released model and part whose residual stages the patches start from; None starts afresh.
        endless: draw people when they are asked for, on the training device.
    """

    bank: PeopleBankConfig
    n_validation: int
    coarse: TrainConfig
    network: PersonalConfig = field(default_factory=lambda: OPEN)
    stem: str | None = "sopi-open/sopi"
    endless: bool = False


def _config(steps: int, rate: float, **more: Any) -> TrainConfig:
    settings = {"warmup_steps": min(200, steps // 4), "weight_decay": 5e-2, "precision": "bfloat16", **more}
    return TrainConfig(steps=steps, learning_rate=rate, **settings)


PERSONAL_RECIPES: dict[str, PersonalRecipe] = {
    # The shipped weights.
    "open": PersonalRecipe(
        bank=PeopleBankConfig(n_pictures=76_800),
        n_validation=960,
        coarse=_config(4_000, 1e-3, ema_decay=0.998, validate_every=500, validation_batches=10),
    ),
    # The same in a minute or two, to see it run; its weights are of no use.
    "open-tiny": PersonalRecipe(
        bank=PeopleBankConfig(n_pictures=480),
        n_validation=96,
        coarse=_config(20, 1e-3, ema_decay=0.9, validation_batches=1, log_every=10),
    ),
}


def train(
    part: str,
    recipe: str,
    out: Path,
    seed: int = 0,
    steps: int | None = None,
    device: str | torch.device = "cpu",
) -> TrainResult:
    """Train one part in `out/<part>/`; an interrupted run goes on.

    Args:
        part: which network.
        recipe: name of a recipe.
        out: folder of all parts.
        seed: of every random stream.
        steps: in place of the recipe's own number.
        device: where to train.

    Raises:
        ChoiceError: unknown part or recipe.
        InputError: the part before has not been trained in `out`.
    """
    if recipe not in PERSONAL_RECIPES:
        raise ChoiceError("recipe", recipe, sorted(PERSONAL_RECIPES))
    if part not in _BUILDERS:
        raise ChoiceError("part", part, list(PERSONAL_PARTS))
    with join_processes(device) as parallel:
        with parallel.first_one():
            built = _BUILDERS[part](_Workbench(PERSONAL_RECIPES[recipe], out, seed, steps, parallel.device))
        return run_loop(built, out / part, parallel=parallel, recipe_name=recipe)


@dataclass(frozen=True)
class _Workbench:
    """What the parts of a run share."""

    recipe: PersonalRecipe
    out: Path
    seed: int
    steps: int | None
    device: torch.device

    def config(self, config: TrainConfig) -> TrainConfig:
        """A part's settings with the run's seed and steps."""
        return replace(config, seed=self.seed, steps=self.steps or config.steps)


def _coarse(bench: _Workbench) -> Recipe:
    recipe = bench.recipe
    people = DrawnPeople(recipe.bank, recipe.n_validation, bench.out, bench.seed, recipe.endless, bench.device)
    network = recipe.network.coarse
    stem = None
    if recipe.stem is not None and network.vit.stem is not None:
        released = load_weights(verify_packaged(f"{recipe.stem}.safetensors"))
        stem = stem_weights(released.state, len(network.vit.stem.layers))
    return CoarseRecipe(
        source=people.source(),
        held_out=people.held_out(),
        network=network,
        config=bench.config(recipe.coarse),
        batch_size=COARSE_BATCH,
        face=people.points,
        stem=stem,
    )


_BUILDERS: dict[str, Callable[[_Workbench], Recipe]] = {"coarse": _coarse}
