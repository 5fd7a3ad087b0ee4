"""The named recipes of person-specific models: what is trained, on what, for how long."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from manyfaces.assets import verify_packaged
from manyfaces.core.errors import ChoiceError, ConfigError, InputError
from manyfaces.data.clips import clip_batches, open_prepared
from manyfaces.data.people.bank import PeopleBankConfig
from manyfaces.data.subjects.bank import DetailBank, DetailBankConfig, build_detail_bank
from manyfaces.faces import CoefficientLayout
from manyfaces.heads.outline import outline_mesh
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.face_models import load_face_model
from manyfaces.losses.detail import DetailWeights
from manyfaces.methods.personal import OPEN, CoarseNet, DetailConfig, PersonalConfig, detail_surface
from manyfaces.methods.personal.detail import skin_px
from manyfaces.methods.personal.objective import CoarseObjective
from manyfaces.nn import DetailResNetConfig, DisplacementUNet
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.train.config import TrainConfig
from manyfaces.train.loop import TrainResult
from manyfaces.train.loop import train as run_loop
from manyfaces.train.parallel import join_processes
from manyfaces.train.people import HELD_OUT_SEED, N_WORKERS, DrawnPeople
from manyfaces.train.personal.coarse import CoarseRecipe, stem_weights
from manyfaces.train.personal.detail import DetailStudentRecipe, DetailTeacherRecipe
from manyfaces.train.personal.photos import PHOTO_RECIPES, ClipSkin, CoarsePhotoRecipe, PhotoRecipe
from manyfaces.train.recipe import Recipe
from manyfaces.train.state import trained_weights

PersonalPart = Literal["coarse", "detail-teacher", "detail", "detail-alone", "detail-resnet"]
PERSONAL_PARTS: tuple[PersonalPart, ...] = get_args(PersonalPart)
COARSE_BATCH = 64


@dataclass(frozen=True)
class PersonalRecipe:
    """All settings of one recipe; the seed reaches every random stream.

    Attributes:
        bank: people to learn the coarse stage from; those for validation come from other seeds.
        n_validation: of them.
        coarse: training of the coarse network.
        subjects: persons to learn the detail stage from; likewise.
        n_validation_subjects: of them.
        teacher: training of the U-Net; detail of the animatable student. Ablations train as it does.
        network: sizes.
        stem: the released model and part whose residual stages the patches start from; None starts afresh.
        endless: draw people when they are asked for, on the training device.
    """

    bank: PeopleBankConfig
    n_validation: int
    coarse: TrainConfig
    subjects: DetailBankConfig
    n_validation_subjects: int
    teacher: TrainConfig
    detail: TrainConfig
    network: PersonalConfig = field(default_factory=lambda: OPEN)
    stem: str | None = "sopi-open/sopi"
    endless: bool = False


UNLIT = DetailWeights(photometric=0.0, mrf=0.0, smoothness=0.0)
"""The teacher's word for what light on skin says: three times as fast, for a network that has the truth to go by."""

OPEN_RESNET = DetailResNetConfig(
    ResNetConfig((2, 2, 2, 2), widths=(24, 48, 96, 192), stem=24),
    n_drive=OPEN.coarse.layout.expression,
    widths=(96, 64, 48, 32, 16),
)


def _config(steps: int, rate: float, **more: Any) -> TrainConfig:
    settings = {"warmup_steps": min(200, steps // 4), "weight_decay": 5e-2, "precision": "bfloat16", **more}
    return TrainConfig(steps=steps, learning_rate=rate, **settings)


PERSONAL_RECIPES: dict[str, PersonalRecipe] = {
    # The shipped weights.
    "open": PersonalRecipe(
        bank=PeopleBankConfig(n_pictures=76_800),
        n_validation=960,
        coarse=_config(4_000, 1e-3, ema_decay=0.998, validate_every=500, validation_batches=10),
        subjects=DetailBankConfig(n_subjects=512, frames_per_subject=24),
        n_validation_subjects=32,
        teacher=_config(6_000, 2e-3, ema_decay=0.995, validate_every=500, validation_batches=6),
        detail=_config(6_000, 1e-3, ema_decay=0.995, validate_every=500, validation_batches=6),
    ),
    # The same in a minute or two, to see it run; its weights are of no use.
    "open-tiny": PersonalRecipe(
        bank=PeopleBankConfig(n_pictures=480),
        n_validation=96,
        coarse=_config(20, 1e-3, ema_decay=0.9, validation_batches=1, log_every=10),
        subjects=DetailBankConfig(n_subjects=4, frames_per_subject=6),
        n_validation_subjects=4,
        teacher=_config(6, 2e-3, ema_decay=0.9, validation_batches=1, log_every=2),
        detail=_config(6, 1e-3, ema_decay=0.9, validation_batches=1, log_every=2),
    ),
}


def train(
    part: str,
    recipe: str,
    out: Path,
    seed: int = 0,
    steps: int | None = None,
    device: str | torch.device = "cpu",
    data: Path | None = None,
) -> TrainResult:
    """Train one part in `out/<part>/`; an interrupted run goes on.

    `detail` and what it is compared with need `detail-teacher`: `detail-alone` has no teacher and learns from light on
    skin (L_UNet) in its place, `detail-resnet` is a residual network.

    Args:
        part: which network.
        recipe: name of a recipe.
        out: folder of all parts.
        seed: of every random stream.
        steps: in place of the recipe's own number.
        device: where to train.
        data: of the recipes on photos: what `manyfaces data prepare` wrote.

    Raises:
        ChoiceError: unknown part or recipe.
        InputError: the part before has not been trained in `out`, or photos are missing or not asked for.
        DataError: the photos are damaged or too few.
    """
    if recipe not in (*PERSONAL_RECIPES, *PHOTO_RECIPES):
        raise ChoiceError("recipe", recipe, sorted((*PERSONAL_RECIPES, *PHOTO_RECIPES)))
    if (data is None) is (recipe in PHOTO_RECIPES):
        fix = "give --data, what `manyfaces data prepare` wrote" if data is None else "leave --data out"
        raise InputError(f"the recipe {recipe} {'needs photos' if data is None else 'draws its own people'}", fix)
    if part not in _BUILDERS:
        raise ChoiceError("part", part, list(PERSONAL_PARTS))
    with join_processes(device) as parallel:
        with parallel.first_one():
            if data is None:
                built = _BUILDERS[part](_Workbench(PERSONAL_RECIPES[recipe], out, seed, steps, parallel.device))
            else:
                built = photo_part(part, PHOTO_RECIPES[recipe], data, out, seed, steps)
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


def _examples(bench: _Workbench, seed: int, n_subjects: int) -> DetailBank:
    config = replace(bench.recipe.subjects, seed=seed, n_subjects=n_subjects)
    columns = TextColumn("drawing skin"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with RichProgress(*columns) as progress:
        task = progress.add_task("", total=n_subjects * config.frames_per_subject)
        return build_detail_bank(config, bench.out / "bank", N_WORKERS, lambda done: progress.advance(task, done))


def _detail(bench: _Workbench, config: TrainConfig) -> dict[str, Any]:
    """What all recipes of detail are given."""
    recipe = bench.recipe
    examples = _examples(bench, bench.seed, recipe.subjects.n_subjects)
    return {
        "source": examples,
        "held_out": _examples(bench, HELD_OUT_SEED + bench.seed, recipe.n_validation_subjects),
        "surface": examples.surface,
        "layout": examples.face.layout,
        "network": recipe.network.detail,
        "config": bench.config(config),
        "weights": UNLIT,
    }


def _detail_teacher(bench: _Workbench) -> Recipe:
    return DetailTeacherRecipe(**_detail(bench, bench.recipe.teacher))


def _student(part: str, common: dict[str, Any], out: Path) -> Recipe:
    """The student, or what it is compared with, taught by the U-Net that was trained in a folder."""
    teacher = DisplacementUNet(common["network"].teacher)
    load_into(teacher, load_weights(trained_weights(out, "detail-teacher")))
    changes: dict[str, Any] = {}
    if part == "detail-alone":
        changes = {"weights": DetailWeights(mrf=0.0, teacher=0.0)}
    if part == "detail-resnet":
        changes = {"resnet": _resnet(common["network"], common["layout"])}
    return DetailStudentRecipe(**{**common, "teacher": teacher, "name": part, **changes})


def _resnet(network: DetailConfig, layout: CoefficientLayout) -> DetailResNetConfig:
    """Small or published, whichever has the students' maps."""
    sizes = {config.side_px: config for config in (DetailResNetConfig(), OPEN_RESNET)}
    side_px = network.student.side_px
    if side_px not in sizes:
        raise ConfigError(f"the residual network has no maps of {side_px} texels", f"choose {sorted(sizes)}")
    return replace(sizes[side_px], n_drive=layout.expression)


def _drawn_student(part: str) -> Callable[[_Workbench], Recipe]:
    return lambda bench: _student(part, _detail(bench, bench.recipe.detail), bench.out)


_BUILDERS: dict[str, Callable[[_Workbench], Recipe]] = {
    "coarse": _coarse,
    "detail-teacher": _detail_teacher,
    **{part: _drawn_student(part) for part in ("detail", "detail-alone", "detail-resnet")},
}


def photo_part(part: str, recipe: PhotoRecipe, data: Path, out: Path, seed: int, steps: int | None) -> Recipe:
    """One part of a recipe on prepared photos."""
    frames = open_prepared(data)
    coarse = recipe.network.coarse
    size_px = coarse.picture_px if part == "coarse" else skin_px(coarse.picture_px)
    source, held_out = (clip_batches(frames, side, recipe.frames_per_clip, size_px) for side in ("train", "validation"))
    face = load_face_model(recipe.head, coarse.layout, coarse.projection)
    planned = {"coarse": recipe.coarse, "detail-teacher": recipe.teacher}.get(part, recipe.detail)
    config = replace(planned, seed=seed, steps=steps or planned.steps)
    if part == "coarse":
        objective = CoarseObjective(face, outline_mesh(face.head))
        return CoarsePhotoRecipe(
            source=source,
            held_out=held_out,
            network=coarse,
            config=config,
            batch_size=recipe.batch_size,
            objective=objective,
            start=None if recipe.start is None else load_weights(verify_packaged(recipe.start)).state,
        )
    network = CoarseNet(coarse)
    load_into(network, load_weights(trained_weights(out, "coarse")))
    surface = detail_surface(face.head, recipe.network.detail.side_px)
    common: dict[str, Any] = {
        "source": ClipSkin(source, face, surface, network.eval()),
        "held_out": ClipSkin(held_out, face, surface, network),
        "surface": surface,
        "layout": coarse.layout,
        "network": recipe.network.detail,
        "config": config,
        "batch_size": recipe.batch_size,
        "frames_per_subject": recipe.frames_per_clip,
        # Which features L_mrf compares is a network's with a licence of its own, so nothing is without being handed in.
        "weights": DetailWeights(mrf=0.0),
    }
    if part == "detail-teacher":
        return DetailTeacherRecipe(truth=0.0, **common)
    return _student(part, common, out)
