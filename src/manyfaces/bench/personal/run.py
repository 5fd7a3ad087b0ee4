"""`manyfaces bench personal`: what adapters gain, how good detail is, and how fast both are."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from manyfaces.bench.kept import UNFINISHED, weights_digest
from manyfaces.bench.personal.detail import PHOTO_NAME, measure_detail
from manyfaces.bench.personal.people import Learn, PeopleOptions, PeopleProtocol
from manyfaces.bench.personal.skin import (
    SUBJECT_SEED,
    LearnSkin,
    Persons,
    SkinNetworks,
    detail_cases,
    own_cases,
    photo_cases,
)
from manyfaces.bench.personal.skin_page import N_PICTURED, SKIN_PAGE, draw_skin_page
from manyfaces.bench.personal.speed import measure_personal_speed
from manyfaces.bench.personal.transfer import measure_transfer
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.nn import DetailResNetConfig, DisplacementMae, DisplacementResNet
from manyfaces.pipeline.personal_models import LoadedPersonal

PersonalPart = Literal["transfer", "skin", "photo-skin", "own-skin", "speed"]
RUN_FILE = "weights.safetensors"


@dataclass(frozen=True)
class PersonalOptions:
    """What is measured on.

    Attributes:
        people: persons beyond the base's span, for `transfer`; for `own-skin` there are as many, other ones, with as
            many frames to learn from.
        n_skins: persons for `skin` and `photo-skin`; frames of each, of each kind.
        frames: see above.
        runs: folder of runs that holds `detail-alone` and `detail-resnet`, where they were trained.
        device: where networks run.
    """

    people: PeopleOptions = field(default_factory=PeopleOptions)
    n_skins: int = 24
    frames: int = 6
    runs: Path | None = None
    device: str = "cpu"


def bench_personal(
    out: Path,
    parts: tuple[PersonalPart, ...],
    base: LoadedPersonal,
    learn: Learn,
    learn_skin: LearnSkin,
    options: PersonalOptions | None = None,
) -> None:
    """Measure, and write the reports; a run that was stopped goes on.

    Args:
        out: the folder.
        parts: what is measured.
        base: for everybody.
        learn: makes a person's coarse network, see `PeopleProtocol`.
        learn_skin: makes a person's student, see `own_cases`.
        options: on whom.

    Raises:
        WeightError: a network in the folder of runs is damaged or another one.
        OutputError: the folder cannot be written.
    """
    options = options or PersonalOptions()
    facts: dict[str, Any] = {"model": base.coarse.name}
    persons = Persons(base.coarse.face, base.surface, options.frames)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns) as progress:
        if "transfer" in parts:
            task = progress.add_task("persons", total=options.people.n_subjects)
            _transfer(out, base, learn, options, lambda: progress.advance(task))
        if "skin" in parts:
            task = progress.add_task("skins", total=options.n_skins)
            networks = _networks(base, options.runs)
            cases = detail_cases(persons, networks, options.n_skins, lambda: progress.advance(task))
            page = draw_skin_page(persons, networks.by_name(), min(options.n_skins, N_PICTURED))
            measure_detail(cases, SUBJECT_SEED).write(out, options.device, {SKIN_PAGE: page}, **facts)
        if "photo-skin" in parts:
            task = progress.add_task("photographed skins", total=options.n_skins)
            networks = _networks(base)
            cases = photo_cases(persons, base.network, networks, options.n_skins, lambda: progress.advance(task))
            measure_detail(cases, SUBJECT_SEED, PHOTO_NAME).write(out, options.device, **facts)
        if "own-skin" in parts:
            n, frames = options.people.n_subjects, options.people.n_frames * options.people.n_clips
            task = progress.add_task("own skins", total=n)
            cases = own_cases(persons, _networks(base), learn_skin, n, frames, lambda: progress.advance(task))
            measure_detail(cases, SUBJECT_SEED).write(out, options.device, **facts, learned_frames=frames)
    if "speed" in parts:
        measure_personal_speed(base).write(out, options.device)


def _transfer(out: Path, base: LoadedPersonal, learn: Learn, options: PersonalOptions, tick) -> None:
    network, kept = base.network, out / UNFINISHED
    digest = weights_digest(network)
    protocol = PeopleProtocol(base.coarse.face, base.surface, network, learn, options.people, kept, digest)
    result = protocol.run(tick)
    report = measure_transfer(result.people, result.trained_share, options.people.seed)
    spread = {f"identity_spread_{name}": round(value, 4) for name, value in result.identity_spread.items()}
    report.write(out, options.device, model=base.coarse.name, **spread)


def _networks(base: LoadedPersonal, runs: Path | None = None) -> SkinNetworks:
    student = base.student
    assert isinstance(student, DisplacementMae)
    return SkinNetworks(base.teacher, student, _resnet(runs), _alone(runs, student))


def _resnet(runs: Path | None) -> DisplacementResNet | None:
    path = None if runs is None else runs / "detail-resnet" / RUN_FILE
    if path is None or not path.is_file():
        return None
    weights = load_weights(path)
    network = DisplacementResNet(weights.config_as(DetailResNetConfig))
    load_into(network, weights)
    return network.eval()


def _alone(runs: Path | None, student: DisplacementMae) -> DisplacementMae | None:
    path = None if runs is None else runs / "detail-alone" / RUN_FILE
    if path is None or not path.is_file():
        return None
    network = DisplacementMae(student.config)
    load_into(network, load_weights(path))
    return network.eval()
