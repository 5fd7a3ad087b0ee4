"""Make training sets of registered recordings: fit the head model to the meshes, cut the faces out of the pictures."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from manyfaces.core.errors import DataError, ImageError
from manyfaces.data.photos.crop_files import write_planes
from manyfaces.data.photos.registrations import RegisteredFrame, read_registration
from manyfaces.data.photos.truth_files import write_truth
from manyfaces.detect import FindFaces, FindPoints, crop_from_box, settled_points
from manyfaces.detect.alignment import arcface_crop, five_points, points_box, portrait_crop
from manyfaces.heads import FitConfig, HeadFit, HeadModel, fit_heads
from manyfaces.io.atomic import atomic_path
from manyfaces.io.image import read_image, write_image

_NAMES_OF_POSE = ("neck", "jaw", "left_eye")
FITS, CROPS = "parameters", "arcface_input"


@dataclass(frozen=True)
class PrepareConfig:
    """How recordings become a training set.

    Attributes:
        fit: of the head model; identity is one for all frames of a person.
        frames_for_identity: frames, spread over a person's recordings, from which the identity is found; the others
            are then fitted with it.
        batch: frames fitted at a time.
        worst_fit_mm: registrations that are left further off than this (RMS) are refused: another topology's order, or
            damage.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    frames_for_identity: int = 16
    batch: int = 32
    worst_fit_mm: float = 5.0


def fit_frames(
    frames: Sequence[RegisteredFrame],
    head: HeadModel,
    folder: Path,
    config: PrepareConfig | None = None,
    tick: Callable[[int], None] | None = None,
) -> list[float]:
    """Fit a head model to registrations and write a parameter file for each; finished files are kept.

    A file holds `shape`, `exp`, `pose` (neck, jaw, eyes: 9 numbers), `trans` and `rot`, as the recordings' authors have
    them, and `rms_mm`.

    Args:
        frames: the registrations, in any order.
        head: the model that they are registrations of.
        folder: where `parameters/<subject>__<sequence>__<frame>.npz` goes.
        config: how; the defaults when None.
        tick: called with the number of frames each time some are done.

    Returns:
        RMS distance of each frame that was fitted now, millimetres.

    Raises:
        DataError: a mesh is missing, damaged, or no registration of this head.
    """
    config = config or PrepareConfig()
    people: dict[str, list[RegisteredFrame]] = defaultdict(list)
    for frame in frames:
        people[frame.subject].append(frame)
    distances = []
    for own in people.values():
        open_frames = [frame for frame in own if not parameter_file(folder, frame).is_file()]
        if tick and len(open_frames) < len(own):
            tick(len(own) - len(open_frames))
        if not open_frames:
            continue
        identity = _identity_of(own, head, config)
        for part in _batches(open_frames, config.batch):
            fit = _fit(part, head, replace(config.fit, shared_identity=False), identity.expand(len(part), -1))
            distances += _write_fits(part, fit, head, folder, config)
            if tick:
                tick(len(part))
    return distances


def parameter_file(folder: Path, frame: RegisteredFrame) -> Path:
    """Where the coefficients of a frame go."""
    return folder / FITS / f"{frame.name}.npz"


def _identity_of(own: list[RegisteredFrame], head: HeadModel, config: PrepareConfig) -> torch.Tensor:
    """One person's identity, from frames spread over all recordings."""
    chosen = np.unique(np.linspace(0, len(own) - 1, config.frames_for_identity).astype(int))
    part = [own[int(k)] for k in chosen]
    return _fit(part, head, replace(config.fit, shared_identity=True)).identity[:1]


def _fit(part: list[RegisteredFrame], head: HeadModel, fit: FitConfig, identity: torch.Tensor | None = None) -> HeadFit:
    return fit_heads(head, torch.stack([read_registration(frame, head) for frame in part]), fit, identity)


def _batches(frames: list[RegisteredFrame], size: int) -> Iterator[list[RegisteredFrame]]:
    for first in range(0, len(frames), size):
        yield frames[first : first + size]


def _write_fits(
    part: list[RegisteredFrame], fit: HeadFit, head: HeadModel, folder: Path, config: PrepareConfig
) -> list[float]:
    distances = (1000 * fit.rms_m).tolist()
    joints = [head.data.joint_names.index(name) for name in _NAMES_OF_POSE]
    columns = {
        "shape": fit.identity,
        "exp": fit.expression,
        "pose": fit.pose[:, joints].flatten(1),
        "trans": fit.translation,
        "rot": fit.rotation,
        "rms_mm": 1000 * fit.rms_m[:, None],
    }
    arrays = {name: column.detach().cpu().numpy().astype(np.float32) for name, column in columns.items()}
    for row, (frame, distance) in enumerate(zip(part, distances, strict=True)):
        if distance > config.worst_fit_mm:
            raise DataError(
                f"{frame.mesh} stays {distance:.1f} mm off the head {head.data.name}",
                "is it registered to this model? raise worst_fit_mm if it is",
            )
        write_truth(parameter_file(folder, frame), **{name: column[row] for name, column in arrays.items()})
    return distances


def cut_photos(
    frames: Sequence[RegisteredFrame],
    detector: FindFaces,
    mesh: FindPoints,
    folder: Path,
    tick: Callable[[int], None] | None = None,
) -> list[Path]:
    """Cut the face out of every picture and write the list of the set; finished crops are kept.

    Args:
        frames: with their pictures.
        detector: finds faces, a `FaceDetector`.
        mesh: finds the points of one, a `FaceMesh`.
        folder: `<root>/<NAME>`; crops go to `arcface_input` in it, the list to `<root>/image_paths/<NAME>.json`.
        tick: called with the number of frames each time some are done.

    Returns:
        Pictures without a face, or that cannot be read; they are left out.
    """
    lost: list[Path] = []
    listed: dict[str, list] = {}
    for frame in frames:
        names = []
        for photo in frame.photos:
            name = f"{frame.subject}/{frame.sequence}/{photo.stem}"
            if _cut(photo, folder / CROPS / name, detector, mesh):
                names.append(f"{name}.jpg")
            else:
                lost.append(photo)
        if names:
            listed[frame.name] = [f"{frame.name}.npz", names]
        if tick:
            tick(1)
    with atomic_path(folder.parent / "image_paths" / f"{folder.name}.json") as temporary:
        temporary.write_text(json.dumps(listed, indent=0) + "\n")
    return lost


def _cut(photo: Path, stem: Path, detector: FindFaces, mesh: FindPoints) -> bool:
    """Write both crops of the largest face; False where there is none."""
    portrait, planes = stem.with_name(f"{stem.name}.jpg"), stem.with_name(f"{stem.name}.npy")
    if portrait.is_file() and planes.is_file():
        return True
    try:
        image = read_image(photo)
    except ImageError:
        return False
    boxes = detector(image)
    if not boxes:
        return False
    points = settled_points(mesh, image, crop_from_box(boxes[0])).points_px
    write_image(portrait, portrait_crop(image, points_box(points)), quality=95)
    write_planes(planes, arcface_crop(image, five_points(points)))
    return True
