"""`manyfaces assets import`: convert files that a user has got from their makers."""

from manyfaces.cli.commands import ImportFlame, ImportOfer
from manyfaces.cli.messages import DONE
from manyfaces.core.errors import WeightError


def import_flame(command: ImportFlame) -> int:
    """Keep a FLAME head for `load_head`, and say what came of it."""
    from manyfaces.io.head_files import import_flame

    head, path = import_flame(list(command.files), None if command.name == "auto" else command.name)
    found = {
        "landmarks": (*head.landmarks, *(["the jaw line for each turn of the head"] if head.contour else [])),
        "masks": tuple(head.masks),
        "texture points": ("yes",) if len(head.uv_faces) else (),
        "mean colours": ("yes",) if head.albedo is not None else (),
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
    """Convert the published weights of OFER.

    Raises:
        WeightError: always, until the conversion is there.
    """
    raise WeightError(f"{command.idgen.name} cannot be imported yet")
