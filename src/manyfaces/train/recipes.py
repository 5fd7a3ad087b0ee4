"""The named recipes: what is trained, on what, for how long."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.data.bank import Bank, BankConfig, build_bank
from manyfaces.data.sources import BankSource, EncodedBank, observations, validation_rows
from manyfaces.heads import HeadModel
from manyfaces.io.checkpoints import load_weights, save_weights
from manyfaces.io.head_files import load_head
from manyfaces.methods.ofer import OPEN, IdGen, OferConfig
from manyfaces.methods.ofer.point_encoder import PointEncoderConfig
from manyfaces.pipeline.models import front_face, load_encoder, load_part
from manyfaces.pipeline.sampling import SAMPLER_PRESETS
from manyfaces.train.config import TrainConfig
from manyfaces.train.loop import TrainResult
from manyfaces.train.loop import train as run_loop
from manyfaces.train.ofer import ExpGenRecipe, IdGenRecipe, IdRankRecipe
from manyfaces.train.paper_recipes import PAPER_RECIPES, PaperOptions, paper_recipe
from manyfaces.train.parallel import Parallel, join_processes
from manyfaces.train.points import PointRecipe
from manyfaces.train.recipe import Recipe
from manyfaces.train.state import trained_weights

Part = Literal["points", "idgen", "idrank", "expgen"]
PARTS: tuple[Part, ...] = get_args(Part)
N_WORKERS = 2
POOL_EXAMPLES = 1024
# Candidates as the predictor draws them: the central one among them.
CENTRAL = SAMPLER_PRESETS["fast"]


@dataclass(frozen=True)
class OpenRecipe:
    """All settings of one recipe; `seed` reaches every random stream.

    Attributes:
        bank: the rendered observations.
        encoder: sizes of the point encoder.
        ofer: sizes of the three OFER networks.
        points: training of the encoder; idgen, idrank, expgen likewise.
    """

    bank: BankConfig
    encoder: PointEncoderConfig
    ofer: OferConfig
    points: TrainConfig
    idgen: TrainConfig
    idrank: TrainConfig
    expgen: TrainConfig


RECIPES: dict[str, OpenRecipe] = {
    # The shipped weights: about two hours on two CPU cores.
    "open": OpenRecipe(
        bank=BankConfig(n_scenes=18_000),
        encoder=PointEncoderConfig(),
        ofer=OPEN,
        points=TrainConfig(steps=3_500, learning_rate=1e-3, warmup_steps=200, weight_decay=1e-2, ema_decay=0.997),
        idgen=TrainConfig(steps=3_800, learning_rate=2e-3),
        idrank=TrainConfig(steps=1_200, learning_rate=1e-3, warmup_steps=100, validation_batches=4),
        expgen=TrainConfig(steps=4_200, learning_rate=2e-3),
    ),
    # The same in two minutes, to see it run; its weights are of no use.
    "open-tiny": OpenRecipe(
        bank=BankConfig(n_scenes=500),
        encoder=PointEncoderConfig(),
        ofer=OPEN,
        points=TrainConfig(steps=200, warmup_steps=20, ema_decay=0.98),
        idgen=TrainConfig(steps=200, warmup_steps=20, ema_decay=0.98),
        idrank=TrainConfig(steps=20, warmup_steps=5, ema_decay=0.9),
        expgen=TrainConfig(steps=200, warmup_steps=20, ema_decay=0.98),
    ),
}


def train(
    part: str,
    recipe: str,
    out: Path,
    seed: int = 0,
    steps: int | None = None,
    device: str | torch.device = "cpu",
    options: PaperOptions | None = None,
) -> TrainResult:
    """Train one part of a recipe in `out/<part>/`; an interrupted run goes on.

    The parts build on each other: of the open recipes, `points` renders the bank (in `out/bank/`) and trains the
    encoder, `idgen` and `expgen` need the encoder, `idrank` needs `idgen`. Started by `torchrun`, processes share each
    batch.

    Args:
        part: which network.
        recipe: name of an open recipe, or of one of the paper's.
        out: folder of all parts.
        seed: of every random stream.
        steps: in place of the recipe's own number.
        device: where to train.
        options: data and encoders of the paper's recipes; the open ones need none.

    Raises:
        ChoiceError: unknown part or recipe.
        InputError: the part before has not been trained in `out`, or something is needed that is not there.
    """
    if recipe not in (*RECIPES, *PAPER_RECIPES):
        raise ChoiceError("recipe", recipe, sorted((*RECIPES, *PAPER_RECIPES)))
    if part not in PARTS:
        raise ChoiceError("part", part, PARTS)
    with join_processes(device) as processes:
        if recipe in PAPER_RECIPES:
            built = paper_recipe(recipe, part, options or PaperOptions(), out, seed, steps, processes)
            return run_loop(built, out / part, parallel=processes, recipe_name=recipe)
        if options not in (None, PaperOptions()):
            raise InputError(f"the recipe {recipe} renders its own data", "leave out what is said of data and encoders")
        return _train_open(part, recipe, out, seed, steps, processes)


def _train_open(part: str, name: str, out: Path, seed: int, steps: int | None, parallel: Parallel) -> TrainResult:
    recipe = RECIPES[name]
    chosen = replace(recipe, bank=replace(recipe.bank, seed=seed))
    config: TrainConfig = getattr(chosen, part)
    if steps is not None:
        config = replace(config, steps=steps)
    with parallel.first_one():
        bank = _bank(chosen.bank, out)
    built = _BUILDERS[part](chosen, replace(config, seed=seed), bank, out, parallel)
    result = run_loop(built, out / part, parallel=parallel, recipe_name=name)
    if part == "points" and result.finished and parallel.first:
        _learn_errors(out / part, bank)
    return result


def _bank(config: BankConfig, out: Path) -> Bank:
    columns = (TextColumn("rendering what the detector sees"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("", total=config.n_scenes)
        return build_bank(config, out / "bank", N_WORKERS, lambda done: progress.advance(task, done))


def _points(recipe: OpenRecipe, config: TrainConfig, bank: Bank, out: Path, parallel: Parallel) -> Recipe:
    return PointRecipe(bank, recipe.encoder, config)


def _idgen(recipe: OpenRecipe, config: TrainConfig, bank: Bank, out: Path, parallel: Parallel) -> Recipe:
    source, held_out = _sources(bank, out)
    return IdGenRecipe(ofer=recipe.ofer, config=config, source=source, held_out=held_out)


def _expgen(recipe: OpenRecipe, config: TrainConfig, bank: Bank, out: Path, parallel: Parallel) -> Recipe:
    source, held_out = _sources(bank, out)
    return ExpGenRecipe(ofer=recipe.ofer, config=config, source=source, held_out=held_out)


def _idrank(recipe: OpenRecipe, config: TrainConfig, bank: Bank, out: Path, parallel: Parallel) -> Recipe:
    idgen = IdGen(recipe.ofer)
    load_part(idgen, trained_weights(out, "idgen"))
    head = HeadModel(load_head(recipe.bank.head))
    front = front_face(head, recipe.ofer.idrank.n_vertices, recipe.ofer.n_identity)
    source, held_out = _sources(bank, out)
    return IdRankRecipe(
        ofer=recipe.ofer,
        config=config,
        batch_size=16,
        idgen=idgen.eval(),
        front=front,
        pool_folder=out / "idrank" / "pool",
        parallel=parallel,
        n_pool=POOL_EXAMPLES,
        sampler=CENTRAL,
        source=source,
        held_out=held_out,
    )


_BUILDERS: dict[str, Callable[[OpenRecipe, TrainConfig, Bank, Path, Parallel], Recipe]] = {
    "points": _points,
    "idgen": _idgen,
    "idrank": _idrank,
    "expgen": _expgen,
}


def _sources(bank: Bank, out: Path) -> tuple[BankSource, BankSource]:
    """Training and validation rows of the bank, encoded by the frozen encoder."""
    encoded = EncodedBank.encode(bank, load_encoder(trained_weights(out, "points")).eval())
    return encoded.side(validation=False), encoded.side(validation=True)


def _learn_errors(folder: Path, bank: Bank) -> None:
    """Measure on validation scenes how the encoder's errors go together, and keep it with its weights."""
    path = folder / "weights.safetensors"
    encoder, weights = load_encoder(path), load_weights(path)
    held = validation_rows(bank)
    encoder.fit_errors(observations(bank).at(held), torch.from_numpy(bank.true_points)[held])
    save_weights(path, encoder.state_dict(), weights.config, weights.notes)
