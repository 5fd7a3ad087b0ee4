"""`manyfaces assets import` and `manyfaces models add`: what a user has got or trained becomes a model by name."""

from pathlib import Path
from typing import TYPE_CHECKING

from manyfaces.cli.import_commands import ImportBfm, ImportDeep3d, ImportFlame, ImportOfer
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.model_commands import AddModel

if TYPE_CHECKING:
    from manyfaces.heads import HeadData


def import_flame(command: ImportFlame) -> int:
    """Keep a FLAME head for `load_head`, and say what came of it."""
    from manyfaces.io.head_files import import_flame

    return _told(*import_flame(list(command.files), None if command.name == "auto" else command.name))


def import_bfm(command: ImportBfm) -> int:
    """Keep BFM for `load_head`, and say what came of it."""
    from manyfaces.io.head_files import import_bfm

    return _told(*import_bfm(command.path))


def _told(head: "HeadData", path: Path) -> int:
    found = {
        "landmarks": (*head.landmarks, *(["the jaw line for each turn of the head"] if head.contour else [])),
        "masks": tuple(head.masks),
        "texture points": ("yes",) if len(head.uv_faces) else (),
        "mean colours": ("yes",) if head.albedo is not None else (),
        "colour components": (str(len(head.albedo_basis)),) if head.albedo_basis is not None else (),
    }
    print(
        f"{head.name}: {len(head.template)} vertices, {len(head.identity_basis)} identity and "
        f"{len(head.expression_basis)} expression components"
    )
    for what, names in found.items():
        print(f"{what}: {', '.join(names) or 'none given'}")
    print(f"kept as {path}")
    return DONE


def import_ofer(command: ImportOfer) -> int:
    """Make a model of the published weights of OFER; says what is done while it is done."""
    from manyfaces.pipeline.importing import ImportSettings, OferFiles, import_ofer

    files = OferFiles(command.idgen, command.idrank, command.expgen, command.front_indices)
    head = None if command.head == "auto" else command.head
    settings = ImportSettings(head, command.attention, command.name)
    folder = import_ofer(files, settings, lambda line: print(line, flush=True))
    print(f"next: manyfaces reconstruct PHOTO --model {folder.name} --out DIR")
    return DONE


def import_deep3d(command: ImportDeep3d) -> int:
    """Make a model of the published weights of R-Net."""
    from manyfaces.pipeline.importing_deep3d import import_deep3d

    import_deep3d(command.file, command.name, lambda line: print(line, flush=True))
    return DONE


def add_model(command: AddModel) -> int:
    """Make a model of networks that were trained here."""
    part = _furthest(command.runs) if command.part == "auto" else command.part
    add = {"ofer": _add_ofer, "personal": _add_personal}.get(part)
    folder = add(command) if add is not None else _add_distilled(command, part)
    print(f"next: manyfaces reconstruct PHOTO --model {folder.name} --out DIR")
    return DONE


def _add_ofer(command: AddModel) -> Path:
    from manyfaces.pipeline.adding import AddSettings, add_model

    if command.head in ("openhead", "bfm"):
        raise UsageError(f"--head {command.head} is for a teacher or student", "give --part, or leave --head out")
    head = None if command.head == "auto" else command.head
    settings = AddSettings(command.name, head, command.front_indices)
    return add_model(command.runs, settings, lambda line: print(line, flush=True))


def _furthest(runs: Path) -> str:
    """What there is to add in a folder of runs."""
    from manyfaces.pipeline.adding_distill import last_trained
    from manyfaces.pipeline.adding_personal import is_trained

    return "personal" if is_trained(runs) else last_trained(runs) or "ofer"


def _add_personal(command: AddModel) -> Path:
    from manyfaces.pipeline.adding_personal import AddPersonalSettings, add_personal

    settings = AddPersonalSettings(command.name, "openhead" if command.head == "auto" else command.head)
    return add_personal(command.runs, settings, lambda line: print(line, flush=True))


def _add_distilled(command: AddModel, part: str) -> Path:
    from manyfaces.pipeline.adding_distill import AddDistillSettings, add_distilled

    if command.front_indices is not None:
        raise UsageError("--front-indices is for OFER", "leave it out")
    settings = AddDistillSettings(command.name, part, None if command.head == "auto" else command.head)
    return add_distilled(command.runs, settings, lambda line: print(line, flush=True))
