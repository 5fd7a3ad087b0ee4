"""Registered recordings as they are published: meshes in a head model's topology, without coefficients.

FaMoS (Bolkart et al., TEMPEH, CVPR 2023): `<registrations>/<subject>/<sequence>/<sequence>.<frame>.ply` in metres, and
`<images>/<subject>/<sequence>/<frame>/<sequence>.<frame>.<view>.png`, views ending in _C in colour.

CoMA (Ranjan et al., ECCV 2018): `<root>/<subject>/<expression>/<expression>.<frame>.ply` in metres; pictures, where one
has them, `<expression>.<frame>.<camera>.jpg` beside.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import DataError
from manyfaces.heads import HeadModel
from manyfaces.io.mesh_reading import read_mesh

# Extent of a head's registration, metres: neck and shoulders may be on it, a face alone is less.
_LEAST_EXTENT_M, _MOST_EXTENT_M = 0.1, 1.0


@dataclass(frozen=True)
class RegisteredFrame:
    """One moment of a recording.

    Attributes:
        subject: the person.
        sequence: what is performed.
        frame: number, as its files spell it.
        mesh: the registration.
        photos: pictures of the moment, from several sides; may be none.
    """

    subject: str
    sequence: str
    frame: str
    mesh: Path
    photos: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The key that lists use."""
        return f"{self.subject}__{self.sequence}__{self.frame}"


def famos_frames(registrations: Path, images: Path, list_file: Path | None = None) -> list[RegisteredFrame]:
    """The frames of FaMoS, with the colour pictures of each.

    Args:
        registrations: folder of the meshes.
        images: folder of the pictures.
        list_file: JSON list of [subject, sequence, frame]; all meshes that are there when None.

    Raises:
        DataError: the list is damaged, or there is nothing.
    """
    if list_file is None:
        meshes = sorted(registrations.glob("*/*/*.ply"))
        keys = [(path.parent.parent.name, path.parent.name, path.stem.rpartition(".")[2]) for path in meshes]
    else:
        keys = _listed(list_file)
    frames = []
    for subject, sequence, frame in keys:
        stem = f"{sequence}.{frame}"
        views = sorted((images / subject / sequence / frame).glob(f"{stem}.*_C.png"))
        frames.append(
            RegisteredFrame(subject, sequence, frame, registrations / subject / sequence / f"{stem}.ply", tuple(views))
        )
    return _some(frames, registrations, "<subject>/<sequence>/<sequence>.<frame>.ply")


def coma_frames(root: Path) -> list[RegisteredFrame]:
    """The frames of CoMA, with the pictures that lie beside the meshes.

    Raises:
        DataError: there is nothing.
    """
    frames = []
    for mesh in sorted(root.glob("*/*/*.ply")):
        sequence, _, frame = mesh.stem.rpartition(".")
        photos = sorted(mesh.parent.glob(f"{mesh.stem}.*.jpg"))
        frames.append(RegisteredFrame(mesh.parent.parent.name, sequence, frame, mesh, tuple(photos)))
    return _some(frames, root, "<subject>/<expression>/<expression>.<frame>.ply")


def read_registration(frame: RegisteredFrame, head: HeadModel) -> Float[Tensor, "V 3"]:
    """The vertices of a frame, metres.

    Raises:
        DataError: the mesh is missing, damaged, of another topology than the head's, or not in metres.
    """
    mesh = read_mesh(frame.mesh)
    if len(mesh.vertices) != head.n_vertices:
        raise DataError(
            f"{frame.mesh} has {len(mesh.vertices)} vertices, the head {head.data.name} has {head.n_vertices}",
            "these are no registrations of this head model; raw scans must be registered first",
        )
    if len(mesh.faces) and not np.array_equal(mesh.faces, head.faces.cpu().numpy()):
        raise DataError(f"{frame.mesh} joins its vertices in another way than the head {head.data.name}")
    extent = float(np.ptp(mesh.vertices, axis=0).max())
    if not _LEAST_EXTENT_M < extent < _MOST_EXTENT_M:
        raise DataError(f"{frame.mesh} is {extent:.3g} units across, no head in metres", "scale it to metres")
    return torch.from_numpy(mesh.vertices)


def _listed(path: Path) -> list[tuple[str, str, str]]:
    try:
        found = json.loads(path.read_text())
        return [(str(subject), str(sequence), str(frame)) for subject, sequence, frame in found]
    except OSError as error:
        raise DataError(f"cannot read the list {path}: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise DataError(f"the list {path} is damaged: {error}", "needed: [[subject, sequence, frame], ...]") from None


def _some(frames: list[RegisteredFrame], folder: Path, layout: str) -> list[RegisteredFrame]:
    if not frames:
        raise DataError(f"{folder} holds no registrations", f"needed: {folder}/{layout}")
    lost = [frame for frame in frames if not frame.mesh.is_file()]
    if lost:
        more = f" ({len(lost)} of {len(frames)} are)" if len(lost) > 1 else ""
        raise DataError(f"{lost[0].mesh} is missing{more}", "copy it there, or take it off the list")
    return frames
