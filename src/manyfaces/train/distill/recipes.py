"""The named recipes of teacher and students: what is trained, on what, for how long."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import torch
from torch import nn

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.data.hiding import OPEN_LAW, PATTERNS, HidingLaw
from manyfaces.data.people.bank import PeopleBankConfig
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.losses.multi_occlusion import MultiOcclusionWeights
from manyfaces.methods.distill import N_VIEWS, OPEN, DistillConfig, RNet, Sopi
from manyfaces.methods.distill.recognition import FrozenRecogniser, SmallRecogniserConfig
from manyfaces.train.config import TrainConfig
from manyfaces.train.distill.identity import Classifier, IdentityRecipe
from manyfaces.train.distill.multi import MopiRecipe
from manyfaces.train.distill.photo_recipes import PhotoOptions, photo_recipe
from manyfaces.train.distill.single import SopiRecipe
from manyfaces.train.distill.teacher import TeacherRecipe
from manyfaces.train.loop import TrainResult
from manyfaces.train.loop import train as run_loop
from manyfaces.train.parallel import join_processes
from manyfaces.train.people import DrawnPeople
from manyfaces.train.recipe import Recipe
from manyfaces.train.state import trained_weights

DistillPart = Literal[
    "teacher", "sopi", "identity", "mopi", "control", "sopi-printed", "sopi-l1", "mopi-label", "mopi-perceptual"
]
DISTILL_PARTS: tuple[DistillPart, ...] = get_args(DistillPart)
Network = TypeVar("Network", bound=nn.Module)
RENDERS_PER_PERSON = 20

# What MOPI and its control learn from: the paper's patterns, on every picture.
VIEWS_LAW = HidingLaw(share=1.0, kinds=PATTERNS)


# As long as the teacher's identity and colours, which it starts from.
OPEN_RECOGNISER = SmallRecogniserConfig(
    OPEN.backbone, n_features=OPEN.layout.identity + OPEN.layout.albedo, pooling=OPEN.pooling
)


@dataclass(frozen=True)
class DistillRecipe:
    """All settings of one recipe; `seed` reaches every random stream.

    Attributes:
        bank: people to learn from; those for validation come from other seeds.
        n_validation: of them.
        n_people: whom the recogniser learns to tell apart.
        network: sizes of teacher and students.
        endless: draw people when they are asked for, on the training device, and never twice: for devices that draw
            faster than they learn. The recogniser's people, who must come back, are of a bank all the same.
        teacher: training of the teacher; sopi, identity and mopi likewise. The ablations train as what they vary.
    """

    bank: PeopleBankConfig
    n_validation: int
    n_people: int
    teacher: TrainConfig
    sopi: TrainConfig
    identity: TrainConfig
    mopi: TrainConfig
    network: DistillConfig = OPEN
    endless: bool = False
    recogniser: SmallRecogniserConfig = OPEN_RECOGNISER


def _config(steps: int, rate: float, **more: Any) -> TrainConfig:
    settings = {"warmup_steps": min(300, steps // 4), "weight_decay": 2e-2, "precision": "bfloat16", **more}
    return TrainConfig(steps=steps, learning_rate=rate, **settings)


_OPEN = DistillRecipe(
    bank=PeopleBankConfig(n_pictures=76_800),
    n_validation=960,
    n_people=960,
    teacher=_config(8_000, 2e-3, ema_decay=0.998, validate_every=500, validation_batches=10),
    sopi=_config(3_500, 1e-3, ema_decay=0.998, validate_every=500, validation_batches=10),
    identity=_config(1_200, 5e-4, ema_decay=0.99, validate_every=600, validation_batches=4),
    mopi=_config(600, 4e-4, ema_decay=0.99, validate_every=100, validation_batches=4, log_every=10),
)


DISTILL_RECIPES: dict[str, DistillRecipe] = {
    # The shipped weights: about an hour and a half on two CPU cores.
    "open": _OPEN,
    # The same from people who are drawn where they are learnt from.
    "open-endless": replace(_OPEN, endless=True),
    # The same in two minutes, to see it run; its weights are of no use.
    "open-tiny": DistillRecipe(
        bank=PeopleBankConfig(n_pictures=480),
        n_validation=96,
        n_people=24,
        teacher=_config(30, 2e-3, ema_decay=0.9, validation_batches=1, log_every=10),
        sopi=_config(20, 1e-3, ema_decay=0.9, validation_batches=1, log_every=10),
        identity=_config(20, 2e-3, ema_decay=0.9, validation_batches=1, log_every=10),
        mopi=_config(4, 2e-4, ema_decay=0.9, validation_batches=1, log_every=2),
    ),
}


def train(
    part: str,
    recipe: str,
    out: Path,
    seed: int = 0,
    steps: int | None = None,
    device: str | torch.device = "cpu",
    options: PhotoOptions | None = None,
) -> TrainResult:
    """Train one part in `out/<part>/`; an interrupted run goes on.

    The parts build on each other: `sopi` and `identity` need `teacher`; `mopi` needs `sopi` and `identity`. The rest
    are what is compared with them: `control` is `sopi` trained on as long as `mopi` and on the same patterns,
    `sopi-printed` learns the coefficients as they are (equation 6), `sopi-l1` by their absolute errors; `mopi-label`
    and `mopi-perceptual` have one term of the loss only.

    Args:
        part: which network.
        recipe: name of an open recipe, or "paper".
        out: folder of all parts.
        seed: of every random stream.
        steps: in place of the recipe's own number.
        device: where to train.
        options: of the paper's recipe; the open ones need none.

    Raises:
        ChoiceError: unknown part or recipe.
        InputError: the part before has not been trained in `out`, or something is needed that is not there.
    """
    if recipe not in (*DISTILL_RECIPES, PAPER):
        raise ChoiceError("recipe", recipe, sorted((*DISTILL_RECIPES, PAPER)))
    if part not in _BUILDERS:
        raise ChoiceError("part", part, list(DISTILL_PARTS))
    if recipe != PAPER and options not in (None, PhotoOptions()):
        raise InputError(f"the recipe {recipe} draws its own people", "leave out what is said of photos and weights")
    with join_processes(device) as parallel:
        with parallel.first_one():
            built = _built(part, recipe, out, seed, steps, options or PhotoOptions(), parallel.device)
        return run_loop(built, out / part, parallel=parallel, recipe_name=recipe)


PAPER = "paper"


def _built(
    part: str, recipe: str, out: Path, seed: int, steps: int | None, options: PhotoOptions, device: torch.device
) -> Recipe:
    if recipe == PAPER:
        return photo_recipe(part, options, out, seed, steps)
    return _BUILDERS[part](_Workbench(DISTILL_RECIPES[recipe], out, seed, steps, device))


class _Workbench:
    """What the parts of a run share: its faces, its head model and the networks that are trained already."""

    def __init__(self, recipe: DistillRecipe, out: Path, seed: int, steps: int | None, device: torch.device):
        self.recipe, self.out, self.seed, self.steps = recipe, out, seed, steps
        self.people = DrawnPeople(recipe.bank, recipe.n_validation, out, seed, recipe.endless, device)
        self.whole, self.points = self.people.whole, self.people.points

    def config(self, config: TrainConfig) -> TrainConfig:
        """A part's settings with the run's seed and steps."""
        return replace(config, seed=self.seed, steps=self.steps or config.steps)

    def common(self, config: TrainConfig, batch_size: int) -> dict[str, Any]:
        """What all recipes of faces are given."""
        return {
            "source": self.people.source(),
            "held_out": self.people.held_out(),
            "network": self.recipe.network,
            "config": self.config(config),
            "batch_size": batch_size,
        }

    def trained(self, part: str, network: Network) -> Network:
        """A network with the weights that were trained in this folder."""
        load_into(network, load_weights(trained_weights(self.out, part)))
        return network.eval()

    def recogniser(self) -> FrozenRecogniser:
        """The recogniser that was trained in this folder, without its classifier."""
        weights = load_weights(trained_weights(self.out, "identity"))
        network = Classifier(self.recipe.recogniser, weights.config["n_people"])
        load_into(network, weights)
        return FrozenRecogniser(network.recogniser)


def _teacher(bench: _Workbench) -> Recipe:
    return TeacherRecipe(face=bench.points, **bench.common(bench.recipe.teacher, 64))


def _sopi(bench: _Workbench, form: str = "whitened") -> SopiRecipe:
    teacher = bench.trained("teacher", RNet(bench.recipe.network))
    common = bench.common(bench.recipe.sopi, 64)
    # The landmarks' distance goes with the whitened form: both are what the paper's loss leaves out.
    more: dict[str, Any] = {"landmark_weight": 0.25, "face": bench.points} if form == "whitened" else {}
    return SopiRecipe(teacher=teacher, law=OPEN_LAW, form=form, **more, **common)


def _control(bench: _Workbench) -> Recipe:
    recipe = _sopi(bench)
    start = bench.trained("sopi", Sopi(bench.recipe.network)).state_dict()
    config = bench.config(bench.recipe.mopi)
    # As many pictures in each step as MOPI sees.
    return replace(recipe, law=VIEWS_LAW, start=start, config=config, batch_size=N_VIEWS * MOPI_BATCH, name="control")


def _identity(bench: _Workbench) -> Recipe:
    people = replace(bench.recipe.bank.people, renders_per_person=RENDERS_PER_PERSON)
    n_people = bench.recipe.n_people
    faces = bench.people.banked(bench.seed, people, n_people * RENDERS_PER_PERSON)
    config = bench.config(bench.recipe.identity)
    teacher = bench.trained("teacher", RNet(bench.recipe.network))
    return IdentityRecipe(faces, faces, n_people, bench.recipe.recogniser, config, batch_size=64, teacher=teacher)


MOPI_BATCH = 8


def _mopi(bench: _Workbench, weights: MultiOcclusionWeights | None = None) -> Recipe:
    sopi = bench.trained("sopi", Sopi(bench.recipe.network))
    return MopiRecipe(
        sopi=sopi,
        recogniser=bench.recogniser(),
        face=bench.whole,
        law=VIEWS_LAW,
        weights=weights or MultiOcclusionWeights(),
        units="whitened",
        # As the student's own training, which its labels come from.
        landmark_weight=1.0,
        points=bench.points,
        **bench.common(bench.recipe.mopi, MOPI_BATCH),
    )


_BUILDERS: dict[str, Callable[[_Workbench], Recipe]] = {
    "teacher": _teacher,
    "sopi": _sopi,
    "identity": _identity,
    "mopi": _mopi,
    "sopi-printed": lambda bench: _sopi(bench, "printed"),
    "sopi-l1": lambda bench: _sopi(bench, "l1"),
    "control": _control,
    "mopi-label": lambda bench: _mopi(bench, MultiOcclusionWeights(perceptual=0.0)),
    "mopi-perceptual": lambda bench: _mopi(bench, MultiOcclusionWeights(label=0.0)),
}
