"""What the authors' test script does: a list of prepared faces in, bare meshes in millimetres out.

No photo is looked at, so there are no cameras, nothing is settled and nothing is known of what hides a face.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.detect import FaceCrops
from manyfaces.io.bundles import write_bundle
from manyfaces.io.face_crops import read_face_crops
from manyfaces.io.mesh_files import ply_bytes
from manyfaces.metrics.vertices import MM_PER_M
from manyfaces.pipeline.conditioning import CropConditioner
from manyfaces.pipeline.models import LoadedOfer
from manyfaces.pipeline.options import Options
from manyfaces.pipeline.sampling import SAMPLER_PRESETS, draw_hypotheses

SHAPES, FACES = "shapesample", "flamesample"


@dataclass(frozen=True)
class FoundFaces:
    """Where a list of prepared faces leads.

    Attributes:
        portraits: the pictures, in the list's order; ArcFace's input lies beside each.
        dead_ends: what is wrong with each entry that leads to nothing.
    """

    portraits: list[Path]
    dead_ends: list[InputError]


@dataclass(frozen=True)
class PreparedResult:
    """The faces that one prepared face could be, best first.

    Attributes:
        neutral: the best identity without expression, metres.
        vertices: every hypothesis, metres.
        faces: triangles of both.
    """

    neutral: Float[Tensor, "V 3"]
    vertices: Float[Tensor, "M V 3"]
    faces: Int[Tensor, "F 3"]


def find_prepared(list_file: str | Path, image_root: str | Path) -> FoundFaces:
    """Read a list of prepared faces.

    Args:
        list_file: text, one path a line, relative to `image_root`.
        image_root: folder.

    Raises:
        InputError: the list cannot be read or names nothing, or the root is no folder.
    """
    if not Path(image_root).is_dir():
        raise InputError(f"the image root {image_root} is not a folder", "name the one that the list is relative to")
    try:
        lines = Path(list_file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"cannot read the list {list_file}: {why}", "give a text file with one path a line") from error
    entries = {number: line.strip() for number, line in enumerate(lines, 1) if line.strip()}
    if not entries:
        raise InputError(f"the list {list_file} is empty", "write one path a line, relative to the image root")
    owners: dict[str, str] = {}
    found = FoundFaces([], [])
    for number, entry in entries.items():
        portrait, where = Path(image_root) / entry, f"{list_file}, line {number}: {entry}"
        if not portrait.is_file():
            found.dead_ends.append(InputError(f"{where} is not in {image_root}", "check the entry and the image root"))
        elif not portrait.with_suffix(".npy").is_file():
            fix = "ArcFace's input (3, 112, 112) belongs beside the portrait; or reconstruct the photo itself"
            found.dead_ends.append(InputError(f"{where} has no {portrait.stem}.npy beside it", fix))
        elif portrait.stem in owners:
            fix = f"both would be written as {portrait.stem}_0.ply: rename one, or make two lists"
            found.dead_ends.append(InputError(f"{where} has the name of {owners[portrait.stem]}", fix))
        else:
            owners[portrait.stem] = entry
            found.portraits.append(portrait)
    return found


def reconstruct_prepared(model: LoadedOfer, portrait: str | Path, options: Options | None = None) -> PreparedResult:
    """Reconstruct one prepared face from its files; see `reconstruct_crops`.

    Raises:
        InputError: see `read_face_crops` and `reconstruct_crops`.
    """
    return reconstruct_crops(model, read_face_crops(portrait), options)[0]


@torch.no_grad()
def reconstruct_crops(model: LoadedOfer, crops: FaceCrops, options: Options | None = None) -> list[PreparedResult]:
    """Reconstruct faces that were cut out beforehand, all in one batch; each is the same as when it comes alone.

    Args:
        model: an imported one.
        crops: a batch of faces.
        options: those of sampling count, those of looking at photos do not.

    Raises:
        InputError: the model is conditioned on something else than crops.
    """
    if not isinstance(model.conditioner, CropConditioner):
        raise InputError(f"the model {model.name} sees points of photos, not prepared crops", "name an imported model")
    options = options or Options()
    drawn = draw_hypotheses(
        model.ofer,
        crops.to(model.ofer.device),
        [torch_generator(options.seed, "face", 0) for _ in range(len(crops))],
        n_identities=options.n_identities,
        n_expressions=options.n_expressions,
        varied=options.identities == "varied",
        sampler=SAMPLER_PRESETS[options.sampler],
        compat=model.compat,
    )
    head = model.head
    return [
        PreparedResult(
            neutral=head.neutral(one.identities[one.order[0]]),
            vertices=head(one.identities[one.identity_index], one.expressions, head.jaw_pose(one.jaw)),
            faces=head.faces,
        )
        for one in drawn
    ]


def write_official(result: PreparedResult, name: str, out: str | Path) -> None:
    """Write the files of the authors' test script: `flamesample/NAME_0_K.ply`, then `shapesample/NAME_0.ply`.

    Binary PLY, millimetres, the head model's own vertex order.

    Raises:
        OutputError: a folder cannot be written or the disk is full.
    """
    meshes = {f"{name}_0_{k}.ply": _ply(vertices, result.faces) for k, vertices in enumerate(result.vertices)}
    write_bundle(Path(out) / FACES, meshes)
    write_bundle(Path(out) / SHAPES, {f"{name}_0.ply": _ply(result.neutral, result.faces)})


def _ply(vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"]) -> bytes:
    return ply_bytes(MM_PER_M * vertices.cpu().numpy(), faces.cpu().numpy(), unit="millimetres")
