"""Characters from what people have: a photo, a folder that `reconstruct` wrote, ..."""

import dataclasses
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from manyfaces.core.errors import DataError, InputError
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.model_folders import CARD_NAME
from manyfaces.io.report_files import REPORT_NAME, read_report
from manyfaces.pipeline.animation.character import Character, check_rank
from manyfaces.pipeline.catalogue import method_of
from manyfaces.pipeline.personal_models import load_personal
from manyfaces.pipeline.predictor import Predictor
from manyfaces.pipeline.skin_detail import SkinDetail


def load_character(
    source: str | Path, predictor: Predictor, hypothesis: int = 0, face: str | int = "largest", seed: int = 0
) -> Character:
    """Get somebody to animate.

    Args:
        source: a photo, or a folder made by `manyfaces reconstruct` or `manyfaces personalize`.
        predictor: reconstructs photos.
        hypothesis: which face of those that it could be, 0 the best.
        face: which face of the photo: the largest, or one by number.
        seed: of photos' hypotheses.

    Raises:
        ManyfacesError: the photo or folder cannot be used, or has no such face or hypothesis.
    """
    path = Path(source).expanduser()
    if (path / CARD_NAME).is_file():
        check_rank(hypothesis, 1)
        if face not in ("largest", 0):
            raise InputError(f"{path} is a model of one person, and has no face {face}", "leave face out")
        return character_of_model(path)
    if path.is_dir():
        return character_from_folder(path, hypothesis, face)
    return character_from_photo(path, predictor, hypothesis, face, seed)


def character_of_model(folder: Path) -> Character:
    """The person whom a model was made for by `manyfaces personalize`.

    Raises:
        InputError: it is a model of nobody in particular.
        WeightError: it is damaged, or was made for another base.
    """
    model = load_personal(folder, torch.device("cpu")) if method_of(folder) == "person" else None
    if model is None or model.person is None:
        raise InputError(f"{folder} is a model of nobody in particular", "make a person's: manyfaces personalize")
    face, shared, view = model.coarse.face, model.person.shared, model.person.view
    albedo = face.head.albedo(shared.albedo).clamp(0, 1)
    detail = SkinDetail.of(face, model.surface, model.student, shared.identity, view)
    return Character(folder.name, face.head, shared.identity, albedo, detail)


def character_from_photo(photo: Path, predictor: Predictor, hypothesis: int, face: str | int, seed: int) -> Character:
    """One hypothesis of a photo; those of models that draw many differ in identity, which is what is animated."""
    several = {"identities": "varied", "n_expressions": hypothesis + 1}
    options: dict[str, Any] = {"face": face, "seed": seed}
    if {field.name for field in dataclasses.fields(predictor.options())} >= several.keys():
        options |= several
    result = predictor.reconstruct(photo, **options)[0]
    return Character.of(result, hypothesis, photo.stem)


def character_from_folder(folder: Path, hypothesis: int, face: str | int) -> Character:
    """One hypothesis out of the files of a reconstruction.

    Raises:
        DataError: it is no such folder, or damaged.
        InputError: it has no such face or hypothesis.
    """
    report = _report(folder)
    if "faces" in report:
        folder = folder / _face_folder(folder, report["faces"], face)
        report = _report(folder)
    try:
        with np.load(folder / "faces.npz") as file:
            index, identities, faces = file["identity_index"], file["identities"], file["faces"]
            check_rank(hypothesis, len(index))
            identity = torch.from_numpy(identities[index[hypothesis]]).float()
            albedo = torch.from_numpy(file["albedo"][hypothesis]).float() if "albedo" in file else None
        head = HeadModel(load_head(report["head"]))
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise DataError(f"the reconstruction in {folder} is damaged: {error}", "make it again") from error
    if not np.array_equal(faces, head.data.faces):
        raise DataError(f"{folder} is of another head than {head.data.name!r} is now", "make it again")
    if albedo is None and head.data.albedo is not None:
        albedo = torch.from_numpy(head.data.albedo).float()
    name = Path(report.get("photo", {}).get("name") or folder.name).stem
    return Character(name, head, identity, albedo)


def _report(folder: Path) -> dict[str, Any]:
    report = read_report(folder / REPORT_NAME)
    if report and ("head" in report or "faces" in report):
        return report
    inside = next((path.parent for path in sorted(folder.glob(f"*/{REPORT_NAME}"))), None)
    fix = f"name the folder of one photo, such as {inside}" if inside else "name a photo, or what reconstruct wrote"
    raise DataError(f"the folder {folder} holds no reconstruction", fix)


def _face_folder(folder: Path, faces: list[str], face: str | int) -> str:
    number = 0 if face == "largest" else face
    if not isinstance(number, int) or not 0 <= number < len(faces):
        raise InputError(f"{folder} holds no face {face}", f"give largest, or a number from 0 to {len(faces) - 1}")
    return faces[number]
