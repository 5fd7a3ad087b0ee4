"""Predictions of our own models on the benchmark's photos.

The photos lie in FOLDER/final_release_version/iphone_pictures (or FOLDER/iphone_pictures), laid out as the list is, and
beside that folder the boxes of the faces, detected_face/SUBJECT/CHALLENGE/NAME.npy.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.bench.now.dataset import NowImage, NowSet
from manyfaces.bench.now.predictions import find_prediction, write_prediction
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.regressor import has_regressor, regress
from manyfaces.core.errors import ChoiceError, DataError, InputError, NoFaceError
from manyfaces.core.seeds import torch_generator
from manyfaces.detect import POINTS_68_FROM_468, FaceBox
from manyfaces.detect.boxes import overlaps
from manyfaces.io.atomic import atomic_path
from manyfaces.io.image import read_image
from manyfaces.io.restricted_pickle import load_npy
from manyfaces.pipeline import Predictor, Reconstruction
from manyfaces.pipeline.loading import load_ofer

Choose = Callable[[NowImage, Reconstruction], Float[Tensor, " S"]]

PHOTO_FOLDERS = ("final_release_version/iphone_pictures", "iphone_pictures")
SETTINGS_NAME = "settings.json"
FAILED_NAME = "no_face.txt"


Identity = Literal["ranked", "average", "regressor", "mean_head", "random"]
"""Which identity of a photo is scored: the model's answer, or what any model must beat."""
IDENTITIES: tuple[Identity, ...] = ("ranked", "average", "regressor", "mean_head", "random")


def predict_now(
    data: NowSet,
    predictions: Path,
    model: str = "ofer-open",
    device: str = "cpu",
    seed: int = 0,
    identity: Identity | str = "ranked",
) -> tuple[NowImage, ...]:
    """Reconstruct every photo; write one identity of each, without expression, as the scans are.

    Goes on where it was stopped. Photos on which no face is found get no prediction, and are listed in `no_face.txt`.

    Args:
        data: the benchmark.
        predictions: folder for meshes and landmarks, millimetres.
        model: name, or folder of an imported one.
        device: where it runs.
        seed: of the sampling.
        identity: the one ranked first, or a baseline; see `manyfaces.bench.regressor` for the deterministic one.

    Returns:
        The images on which no face was found.

    Raises:
        DataError: the photos, or one of them, are not there.
        InputError: the folder holds predictions of another model, seed or identity; or the model has no regressor.
    """
    photos = _photo_folder(data)
    if absent := [image for image in data.images if not (photos / str(image)).is_file()]:
        raise DataError(f"{photos} lacks {len(absent)} of {len(data.images)} photos, such as {absent[0]}")
    _claim(predictions, {"model": model, "seed": seed, "identity": identity})
    waiting = [image for image in data.images if find_prediction(predictions, image) is None]
    predictor = Predictor.from_pretrained(model, device)
    choose = _chooser(identity, model, device, seed)
    failed = []
    with progress_bar("photos", len(waiting)) as advance:
        for image in waiting:
            try:
                _predict(predictor, choose, photos, image, predictions, seed)
            except NoFaceError:
                failed.append(image)
            advance()
    with atomic_path(predictions / FAILED_NAME) as path:
        path.write_text("".join(f"{image}\n" for image in failed), encoding="utf-8")
    return tuple(failed)


def _photo_folder(data: NowSet) -> Path:
    folders = [data.folder / name for name in PHOTO_FOLDERS]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        raise DataError(f"{data.folder} holds no photos", f"put them into {folders[0]}, or name --predictions")
    return found


def _claim(folder: Path, settings: dict[str, str | int]) -> None:
    """Make sure that all predictions of a folder are made alike."""
    path = folder / SETTINGS_NAME
    if path.is_file():
        if path.read_text(encoding="utf-8") != json.dumps(settings):
            raise InputError(f"{folder} holds predictions of another model or seed", "choose another --out")
        return
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(settings), encoding="utf-8")


def _chooser(identity: Identity | str, model: str, device: str, seed: int) -> Choose:
    if identity == "regressor":
        loaded = load_ofer(model, torch.device(device))
        if not has_regressor(loaded):
            raise InputError(f"{model} has no regressor: its encoders see pixels", "choose another --identity")
        return lambda image, result: regress(loaded, result.photo, _box_of(result)).identity[0]
    others: dict[str, Choose] = {
        "ranked": lambda image, result: result.best.identity,
        "average": lambda image, result: result.identities.mean(0),
        "mean_head": lambda image, result: torch.zeros_like(result.best.identity),
        "random": lambda image, result: torch.randn(
            len(result.best.identity), generator=torch_generator(seed, "now random", image)
        ),
    }
    if identity not in others:
        raise ChoiceError("identity", identity, list(IDENTITIES))
    return others[identity]


def _box_of(result: Reconstruction) -> FaceBox:
    """The face as the detector would box it: eyes and mouth say how it is turned."""
    points = POINTS_68_FROM_468.astype(float) @ result.points_px
    eyes, ears = [points[36:42].mean(0), points[42:48].mean(0)], [points[0], points[16]]
    keypoints = np.array([*eyes, points[30], points[48:68].mean(0), *ears])
    return FaceBox(result.face_box.astype(float), keypoints, 1.0)


def _predict(predictor: Predictor, choose: Choose, photos: Path, image: NowImage, predictions: Path, seed: int) -> None:
    picture = read_image(photos / str(image))
    box = _given_box(photos.parent / "detected_face" / image.stem.with_name(f"{image.stem.name}.npy"))
    face = "largest" if box is None else _face_at(predictor, picture, box)
    [result] = predictor.reconstruct(picture, face=face, seed=seed)
    write_prediction(predictions, image, result.head, result.head.neutral(choose(image, result)))


def _given_box(path: Path) -> Float[np.ndarray, "4"] | None:
    """x0, y0, x1, y1 in pixels; None where the benchmark gives no box."""
    if not path.is_file():
        return None
    found = load_npy(path.read_bytes(), str(path), DataError)
    try:
        box = np.array([float(found[side]) for side in ("left", "top", "right", "bottom")])
    except (KeyError, TypeError, ValueError, IndexError):
        raise DataError(f"{path} holds no box", "it needs left, top, right and bottom") from None
    return box


def _face_at(predictor: Predictor, picture: np.ndarray, box: np.ndarray) -> int:
    boxes = np.array([face.box_px for face in predictor.detect(picture)], float).reshape(-1, 4)
    shares = overlaps(box, boxes)
    if not (shares > 0).any():
        raise NoFaceError("no face was found where the benchmark has one")
    return int(shares.argmax())
