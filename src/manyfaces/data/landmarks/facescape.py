"""FaceScape: 43 points of registered heads, projected into the photos of many cameras; or points in files.

Yang et al., "FaceScape", CVPR 2020. Two layouts are read. The published one, at any depth of a folder:

- `<id>/<expression>/params.json` with `0.jpg`, `1.jpg`, ...: cameras and photos of the multi-view data;
- `<id>/models_reg/<expression>.obj`: the registered (TU) models;
- `landmark_indices.npz`, `Rt_scale_dict.json`: from `toolkit/predef`; which vertices the 68 points are, and how the
  cameras' space lies to the models'.

Or the simple one: `<id>/.../<name>.pts` of 68 or 43 points beside each picture.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks.sample import ALL_68, LandmarkSample, LandmarkSet, checked_points
from manyfaces.io.annotations import read_points
from manyfaces.io.facescape_files import Placement, View, read_landmark_ids, read_placements, read_views
from manyfaces.io.mesh_reading import read_mesh

ON_THE_MODEL = slice(17, 60)
"""The points that FaceScape's models have in 300-W's order: brows, nose, eyes, outer lips (Mao et al., section 4.2)."""
N_ON_THE_MODEL = 43
PICTURES = (".jpg", ".png", ".jpeg", ".JPG", ".PNG")
MOST_TURN_DEG = 45.0
"""Views from further aside are left out: their eye corners hide each other. Mao et al. do not say which they take."""
ALL = "all"
_INDICES, _PLACEMENTS, _VIEWS = "landmark_indices.npz", "Rt_scale_dict.json", "params.json"


def read_facescape(folder: Path) -> LandmarkSet:
    """Read the data set in either layout.

    Args:
        folder: holds subjects' folders, or folders of them.

    Raises:
        DataError: nothing of either layout is there, a part is missing, or a file is damaged.
    """
    listed = sorted(folder.rglob(_VIEWS))
    samples = list(_projected(folder, listed) if listed else _annotated(folder))
    if not samples:
        raise DataError(f"{folder} holds no face of FaceScape", f"it needs {_VIEWS} files, or pictures with .pts files")
    notes = (f"{len({sample.subject for sample in samples})} subjects, {len(samples)} pictures",)
    return LandmarkSet(tuple(samples), (ALL,), notes)


def _projected(folder: Path, listed: list[Path]) -> Iterator[LandmarkSample]:
    ids = read_landmark_ids(_only(folder, _INDICES))
    placements = read_placements(_only(folder, _PLACEMENTS))
    models = {(path.parent.parent.name, path.stem): path for path in folder.rglob("models_reg/*.obj")}
    for path in listed:
        expression, subject = path.parent.name, path.parent.parent.name
        model, placement = models.get((subject, expression)), placements.get((subject, expression.partition("_")[0]))
        if model is None or placement is None:
            missing = "models_reg/*.obj" if model is None else f"entry of {_PLACEMENTS}"
            raise DataError(f"{path} has no {missing}", "add it, or take the folder out")
        marks = read_mesh(model).vertices[ids]
        for view in read_views(path):
            image = path.with_name(f"{view.name}.jpg")
            if image.is_file() and _usable(view, placement, marks):
                points_px = view.project(placement.to_cameras(marks))
                name = f"{subject}/{expression}/{view.name}"
                yield LandmarkSample(name, image, _only_on_the_model(path, points_px), subject, (ALL,))


def _usable(view: View, placement: Placement, marks: Float[np.ndarray, "68 3"]) -> bool:
    """Does the camera see the face from in front, within its picture?"""
    eye = placement.to_models(view.centre) - marks[ON_THE_MODEL].mean(0)
    turn_deg = np.degrees(np.arccos(eye[2] / np.linalg.norm(eye)))  # models look along +z
    points_px = view.project(placement.to_cameras(marks[ON_THE_MODEL]))
    inside = (points_px >= 0).all() and (points_px <= np.array(view.size_px) - 1).all()
    return bool(view.valid and turn_deg <= MOST_TURN_DEG and inside)


def _annotated(folder: Path) -> Iterator[LandmarkSample]:
    for path in sorted(folder.rglob("*.pts")):
        image = next((path.with_suffix(ending) for ending in PICTURES if path.with_suffix(ending).is_file()), None)
        if image is None:
            raise DataError(f"{path} has no picture beside it", f"it needs one that ends in {', '.join(PICTURES)}")
        place = path.relative_to(folder).with_suffix("")
        yield LandmarkSample(place.as_posix(), image, _points_of(path), place.parts[0], (ALL,))


def _points_of(path: Path) -> Float[np.ndarray, "68 2"]:
    points = read_points(path)
    if len(points) != N_ON_THE_MODEL:
        return checked_points(path, points, ALL_68)
    every = np.zeros((68, 2))
    every[ON_THE_MODEL] = points
    return _only_on_the_model(path, every)


def _only_on_the_model(where: Path, points_px: Float[np.ndarray, "68 2"]) -> Float[np.ndarray, "68 2"]:
    known = np.full((68, 2), np.nan)
    known[ON_THE_MODEL] = points_px[ON_THE_MODEL]
    return checked_points(where, known, ON_THE_MODEL)


def _only(folder: Path, name: str) -> Path:
    found = next(iter(sorted(folder.rglob(name))), None)
    if found is None:
        raise DataError(f"{folder} holds no {name}", "put the one of FaceScape's toolkit/predef into it")
    return found
