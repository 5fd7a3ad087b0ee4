"""`manyfaces bench`: a thin door to each protocol. Rooms are imported late: they take long, and one is needed."""

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from manyfaces.cli import bench_commands as commands
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.reconstruct import check_out
from manyfaces.core.errors import InputError


def run(command: commands.Protocol) -> int:
    """Run the protocol that was named."""
    check_out(command.out)
    DOORS[type(command)](command)
    return DONE


def _now(command: commands.Now) -> None:
    folder = _dataset(command)
    _check_folders(command.predictions)
    from manyfaces.bench import NowOptions, bench_now

    options = NowOptions(command.predictions, command.unit, command.allow_missing, identity=command.identity)
    bench_now(folder, command.out, **_model(command), options=options)


def _co545(command: commands.Co545) -> None:
    folder = _dataset(command)
    _check_folders(*command.predictions)
    from manyfaces.bench.co545 import Co545Options, bench_co545

    options = Co545Options(command.predictions, command.unit, command.allow_missing, limit=command.limit)
    bench_co545(folder, command.out, **_model(command), options=options)


def _rof(command: commands.Rof) -> None:
    folder = _dataset(command)
    from manyfaces.bench.rof import RofOptions, bench_rof

    bench_rof(folder, command.out, **_model(command), options=RofOptions(command.per_kind))


def _landmarks(command: commands.LandmarkProtocol) -> None:
    folder = _dataset(command)
    _check_folders(command.predictions)
    from manyfaces.bench import LandmarkOptions, run_landmarks

    options = LandmarkOptions(
        predictions=command.predictions,
        methods=command.methods,
        offsets=command.offsets,
        every=command.every,
        annotation=command.annotation,
        models=_names(command.models),
        unsettled=command.unsettled,
        limit=command.limit,
    )
    name = LANDMARK_NAMES[type(command)]
    run_landmarks(name, folder, command.out, half=command.half, **_model(command), options=options)


def _photos(command: commands.Photos) -> None:
    folder = _dataset(command)
    from manyfaces.bench import run_photos

    named = {"model": command.model, "seed": command.seed, "device": resolve_device(command.device)}
    run_photos(folder, command.out, half=command.half, **named)


def _synthetic(command: commands.Synthetic) -> None:
    from manyfaces.bench import run_released_synthetic

    run_released_synthetic(command.out, **_model(command))


def _ablation(command: commands.Ablation) -> None:
    from manyfaces.bench.ablation import run_ablation

    run_ablation(command.out, **_model(command), pictures=command.pictures)


def _speed(command: commands.Speed) -> None:
    from manyfaces.bench import run_speed

    run_speed(command.out, device=resolve_device(command.device))


def _vectors(command: commands.Vectors) -> None:
    folder = _dataset(command)
    if command.device not in ("auto", "cpu"):
        raise UsageError(f"--device is {command.device}", "the vectors are those of a CPU: leave it out")
    from manyfaces.bench import run_vectors

    run_vectors(folder, command.out)


def _figures(command: commands.Figures) -> None:
    from manyfaces.bench.figures import run_figures

    run_figures(_found(command.photos), command.out, **_model(command))


def _distill(command: commands.Distill) -> None:
    photos = _dataset(command) if command.folder or command.dataset else None
    from manyfaces.bench.distill import bench_distill

    chosen = {"layout": command.layout, "limit": command.limit, "workers": command.workers}
    options = _distill_options(command, n_people=command.people, **chosen)
    parts = command.parts or (("people", "photos") if photos else ("people",))
    bench_distill(command.out, parts, photos, options)


def _distill_figures(command: commands.DistillFigures) -> None:
    from manyfaces.bench.figures.distill import run_distill_figures

    run_distill_figures(command.out, _found(command.photos) if command.photos else (), _distill_options(command))


def _personal(command: commands.Personal) -> None:
    for name, least in (("persons", 1), ("skins", 1), ("steps", 1), ("frames", 40)):
        if getattr(command, name) < least:
            raise UsageError(f"--{name} is {getattr(command, name)}", f"give a number from {least} up")
    if command.runs is not None:
        _check_folders(command.runs)
    import torch

    from manyfaces.bench.kept import UNFINISHED, weights_digest
    from manyfaces.bench.personal.people import PeopleOptions
    from manyfaces.bench.personal.run import PersonalOptions, bench_personal
    from manyfaces.heads import outline_mesh
    from manyfaces.methods.personal.objective import TRANSFER_WEIGHTS, CoarseObjective
    from manyfaces.nn import DisplacementMae
    from manyfaces.pipeline.personal_models import load_personal
    from manyfaces.train.personal.detail_transfer import SkinLearner
    from manyfaces.train.personal.transfer import Learner

    device = torch.device(resolve_device(command.device))
    base = load_personal(command.model, device)
    # The base's own face stays where people are drawn.
    face = copy.deepcopy(base.coarse.face)
    outline = outline_mesh(face.head) if command.jaw == "silhouette" else None
    objective = CoarseObjective(face, outline, weights=TRANSFER_WEIGHTS)
    settings = (command.frames, command.gap, command.steps, command.jaw)
    basis = hashlib.sha256(repr((*settings, weights_digest(base.network, base.student, base.teacher))).encode())
    learned = command.out / UNFINISHED / f"learned-{basis.hexdigest()[:10]}"  # of other settings, another folder
    learn = Learner(base.network, objective, learned / "coarse", command.steps, device=device)
    people = PeopleOptions(
        n_subjects=command.persons,
        n_frames=command.frames // PeopleOptions.n_clips,
        full=command.full,
        gap_mm=command.gap,
        learner=(command.steps, command.jaw),
    )
    assert isinstance(base.student, DisplacementMae)
    learn_skin = SkinLearner(base.student, base.teacher, learned / "skin", device=device)
    options = PersonalOptions(people, command.skins, runs=command.runs, device=str(device))
    bench_personal(command.out, command.parts, base, learn, learn_skin, options)


def _personal_figures(command: commands.PersonalFigures) -> None:
    from manyfaces.bench.figures.personal import run_personal_figures

    models = _names(command.models)
    if not models:
        raise UsageError("there is no model to draw", "name some with --models")
    drivers = _found(command.drive) if command.drive else ()
    named = {"seed": command.seed, "device": resolve_device(command.device)}
    run_personal_figures(_found(command.photos), command.out, models, drivers, **named)


def _distill_options(command: commands.OnNetworks, **chosen: Any) -> Any:
    from manyfaces.bench.distill import DistillOptions, networks_of_runs

    if command.runs is not None:
        _check_folders(command.runs)
    networks = networks_of_runs(command.runs) if command.runs else {}
    for text in command.networks:
        name, sign, place = text.partition("=")
        if not (name and sign and place):
            raise UsageError(f"--networks has {text}", "give a name and a file: NAME=FILE")
        networks[name] = place
    given = {"networks": networks} if networks else {}
    device = resolve_device(command.device)
    return DistillOptions(head=command.head, seed=command.seed, device=device, **given, **chosen)


def _compare(command: commands.Compare) -> None:
    if not command.others:
        raise UsageError("there is nothing to compare it with", "name two reports, or more")
    from manyfaces.bench.compare import run_compare

    run_compare((command.first, *command.others), command.out)


def _names(text: str) -> tuple[str, ...]:
    """Names with commas between them, each once."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _found(named: Sequence[str]) -> Sequence[Path]:
    """The photos that were named, all of which must be there."""
    from manyfaces.cli.photos import find_photos

    found = find_photos(named)
    if found.dead_ends:
        raise found.dead_ends[0]
    return found.photos


def _model(command: commands.OnModel) -> dict[str, Any]:
    return {"model": command.model, "seed": command.seed, "device": resolve_device(command.device)}


def _dataset(command: commands.OnFolder) -> Path:
    """The folder, named in one way or the other."""
    if command.folder is not None and command.dataset is not None:
        raise UsageError("the folder of data is named twice", "give DIR or --dataset, not both")
    folder = command.dataset or command.folder
    if folder is None:
        raise UsageError("this protocol measures on a folder of data", "name it with --dataset")
    _check_folders(folder)
    return folder


def _check_folders(*folders: Path | None) -> None:
    for folder in folders:
        if folder is not None and not folder.is_dir():
            raise InputError(f"{folder} is not a folder", "name the folder that holds the protocol's files")


LANDMARK_NAMES: Mapping[type[commands.Protocol], str] = {
    commands.Annotated68: "annotated",
    commands.W300: "300w",
    commands.Vw300: "300vw",
    commands.FaceScape: "facescape",
    commands.Aflw2000: "aflw2000",
    commands.Cofw: "cofw",
    commands.Helen: "helen",
    commands.Afw: "afw",
}

DOORS: Mapping[type[commands.Protocol], Callable[[Any], None]] = {
    **dict.fromkeys(LANDMARK_NAMES, _landmarks),
    commands.Now: _now,
    commands.Co545: _co545,
    commands.Rof: _rof,
    commands.Photos: _photos,
    commands.Synthetic: _synthetic,
    commands.Ablation: _ablation,
    commands.Speed: _speed,
    commands.Vectors: _vectors,
    commands.Figures: _figures,
    commands.Distill: _distill,
    commands.DistillFigures: _distill_figures,
    commands.Personal: _personal,
    commands.PersonalFigures: _personal_figures,
    commands.Compare: _compare,
}
