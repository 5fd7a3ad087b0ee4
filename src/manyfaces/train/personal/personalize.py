"""One person's model out of photos and videos: gather frames, adapt the coarse network, then the detail."""

import copy
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

import manyfaces
from manyfaces.core.errors import ConfigError
from manyfaces.data.clips.eyes import ClipEyes
from manyfaces.data.clips.person import PersonFrames
from manyfaces.faces import FaceCoefficients
from manyfaces.heads.outline import outline_mesh
from manyfaces.io.model_folders import PersonCard
from manyfaces.methods.personal.adapted import Adapted, AdaptedSkin
from manyfaces.methods.personal.detail import SkinView, skin_px, skin_view
from manyfaces.methods.personal.objective import TRANSFER_WEIGHTS, CoarseObjective, CoarseWeights
from manyfaces.nn import DisplacementMae
from manyfaces.pipeline.distill_person import SharedFace, ToldOfPerson
from manyfaces.pipeline.person_folder import PersonRecord, save_person
from manyfaces.pipeline.personal_models import LoadedPersonal, Person, base_digests, base_name
from manyfaces.train.loop import TrainResult
from manyfaces.train.loop import train as run_loop
from manyfaces.train.parallel import Parallel
from manyfaces.train.personal.detail_transfer import (
    DETAIL_STEPS,
    SKIN_WIDTH,
    DetailTransfer,
    SkinFrames,
    detail_config,
    skin_recipe,
)
from manyfaces.train.personal.gathering import Gathered, GatherOptions, gather
from manyfaces.train.personal.transfer import (
    ADAPTER_WIDTH,
    COARSE_STEPS,
    HELD_OUT_EVERY,
    CoarseTransfer,
    coarse_config,
    whole,
)

_CHUNK = 32


@dataclass(frozen=True)
class PersonalizeOptions:
    """How a person's model is made.

    Attributes:
        gather: which frames are learned from.
        coarse_steps: of the coarse stage at most; it ends early when held-out frames get no better.
        detail_steps: of the detail stage, likewise.
        width: of the coarse network's adapters.
        skin_width: of the student's.
        seed: of the order of frames.
        weights: factors of the coarse loss.
    """

    gather: GatherOptions = field(default_factory=GatherOptions)
    coarse_steps: int = COARSE_STEPS
    detail_steps: int = DETAIL_STEPS
    width: int = ADAPTER_WIDTH
    skin_width: int = SKIN_WIDTH
    seed: int = 0
    weights: CoarseWeights = TRANSFER_WEIGHTS


Say = Callable[[str], None]


def personalize(
    base: LoadedPersonal,
    sources: Sequence[Path],
    out: Path,
    eyes: ClipEyes,
    options: PersonalizeOptions | None = None,
    say: Say = print,
    tick: Callable[[str], None] | None = None,
) -> PersonRecord:
    """Make a person's model in `out`; an interrupted run goes on from where it stopped.

    Args:
        base: for everybody; it is left as it is.
        sources: photos, folders of photos, videos; all of one person.
        out: folder of the model. What resuming needs lies in `out/work` until it is done.
        eyes: what looks at the sources.
        options: how.
        say: takes one line for each thing that is done.
        tick: see `gather`.

    Raises:
        InputError: nothing shows a face.
        ConfigError: an interrupted run in `out` had other frames or settings.
        OutputError: the folder cannot be written.
    """
    options = options or PersonalizeOptions()
    picture_px = base.coarse.config.picture_px
    seen = gather(sources, eyes, skin_px(picture_px), options.gather, tick)
    say(f"{len(seen.frames)} frames to learn from, {len(seen.left_out)} left out")
    frames = PersonFrames.of(seen.frames)
    work = out / "work"
    small = frames.shrunk(picture_px)
    coarse = _coarse(base, small, work, options, say)
    adapted = _adapted(coarse)
    c = predicted(base, adapted, small)
    view = seen_skin(base, c, frames)
    detail = _detail(base, view, work, options, say)
    person = Person(out.resolve().name, shared_face(base, c), best_view(view))
    record = _record(base, seen, coarse, detail, options)
    student = detail.model
    assert isinstance(student, AdaptedSkin)
    save_person(out, base, adapted, student, person, record)
    shutil.rmtree(work, ignore_errors=True)
    return record


def _coarse(
    base: LoadedPersonal, frames: PersonFrames, work: Path, options: PersonalizeOptions, say: Say
) -> TrainResult:
    face = base.coarse.face
    learned, held_out = frames.halves(HELD_OUT_EVERY)
    # A copy of the face goes where the network learns; the base's own stays where reconstructions are made.
    objective = CoarseObjective(copy.deepcopy(face), outline_mesh(face.head), weights=options.weights)
    recipe = CoarseTransfer(
        base=base.network,
        objective=objective,
        frames=learned,
        held_out=held_out,
        config=coarse_config(options.coarse_steps, base.network.config.scaled, seed=options.seed),
        width=options.width,
    )
    say("shape, expression and colours")
    return _run(recipe, work / "coarse", base.coarse.device)


def _detail(base: LoadedPersonal, view: SkinView, work: Path, options: PersonalizeOptions, say: Say) -> TrainResult:
    assert isinstance(base.student, DisplacementMae)
    skin = SkinFrames.of(view, base.teacher)
    config = detail_config(options.detail_steps, seed=options.seed)
    say("wrinkles and folds")
    recipe = skin_recipe(base.student, skin, config, options.skin_width)
    return _run(recipe, work / "detail", base.coarse.device)


def _run(recipe: CoarseTransfer | DetailTransfer, folder: Path, device: torch.device) -> TrainResult:
    try:
        return whole(run_loop(recipe, folder, parallel=Parallel(device=device)))
    except ConfigError as error:
        raise ConfigError(error.message, "the frames or settings have changed: choose another --out") from None


def _adapted(result: TrainResult) -> Adapted:
    assert isinstance(result.model, Adapted)
    return result.model


@torch.no_grad()
def predicted(base: LoadedPersonal, network: torch.nn.Module, frames: PersonFrames) -> FaceCoefficients:
    """What a coarse network says of frames."""
    pictures = frames.pictures.split(_CHUNK)
    vectors = [network(some.to(base.coarse.device).float() / 255).float().cpu() for some in pictures]
    return base.coarse.face.layout.split(torch.cat(vectors))


def seen_skin(base: LoadedPersonal, c: FaceCoefficients, frames: PersonFrames) -> SkinView:
    """What the frames show of the person's skin."""
    layout, vector = base.coarse.face.layout, c.joined()
    parts = []
    for rows in torch.arange(len(frames)).split(_CHUNK):
        seen = frames.at(rows).seen()
        parts.append(skin_view(base.coarse.face, base.surface, layout.split(vector[rows]), seen.pictures, seen.skin))
    return SkinView(*(torch.cat([getattr(p, name) for p in parts]) for name in ("texture", "visible", "tension")))


def shared_face(base: LoadedPersonal, c: FaceCoefficients) -> SharedFace:
    """What all frames have in common; colours as the network learned them."""
    vector, layout = c.joined(), base.coarse.face.layout
    told = [layout.split(row) for row in vector]
    return SharedFace.of([ToldOfPerson.of(one, one) for one in told])


def best_view(view: SkinView) -> SkinView:
    """The frame that shows most skin most at rest; where it shows none, what others show in the mean. One row.

    Others are made as bright and as coloured as it is where both show skin, or steps between would be read as relief.
    """
    n_texels = view.visible.sum((1, 2)).clamp(min=1)
    strain = (view.tension.abs() * view.visible).sum((1, 2)) / n_texels
    best = int((n_texels / n_texels.max() * (1 - strain / strain.max().clamp(min=1e-6) / 2)).argmax())
    own, weight = view.visible[best], view.visible[:, None]
    shared = own * weight
    here, there = ((texture * shared).sum((2, 3), keepdim=True) for texture in (view.texture[best], view.texture))
    level = torch.where((here > 0) & (there > 0), here / there.clamp(min=1e-6), 1.0)
    mean = (view.texture * level * weight).sum(0) / weight.sum(0).clamp(min=1)
    texture = torch.where(own > 0, view.texture[best], mean.clamp(0, 1))
    return SkinView(texture[None], (view.visible.amax(0))[None], view.tension[best][None])


def _record(
    base: LoadedPersonal, seen: Gathered, coarse: TrainResult, detail: TrainResult, options: PersonalizeOptions
) -> PersonRecord:
    widths = (options.width, options.skin_width)
    card = PersonCard("person", base_name(base), base_digests(base), widths, len(seen.frames), manyfaces.__version__)
    return PersonRecord(
        card=card,
        frames=tuple(f"{frame.clip}, frame {frame.number + 1}" for frame in seen.frames),
        left_out=seen.left_out,
        steps=(coarse.step, detail.step),
        seconds=(coarse.seconds, detail.seconds),
        losses=tuple((_first(result), _best(result)) for result in (coarse, detail)),
        learned_share=tuple(_adapted(result).share for result in (coarse, detail)),
    )


def _first(result: TrainResult) -> float:
    return next((row.validation for row in result.history if row.validation is not None), float("nan"))


def _best(result: TrainResult) -> float:
    return min((row.validation for row in result.history if row.validation is not None), default=float("nan"))
