"""A photo set of painted squares, with a detector that is off by a known shift behind occluders."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.distill.people import MEAN_FACE, PeopleBench
from manyfaces.bench.distill.photo_report import HIDDEN, PhotoReport
from manyfaces.bench.distill.photos import PhotoScores, measure_photos, read_faces
from manyfaces.core.errors import ChoiceError
from manyfaces.data.landmarks import LandmarkSample
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.io.image import write_image

A68 = POINTS_68_FROM_468.astype(float)


@pytest.fixture(scope="module")
def folder(bench: PeopleBench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos; the annotated points are those of the mean face, in place and twice as large."""
    folder = tmp_path_factory.mktemp("photos")
    points = bench.face.landmarks_px(bench.face.layout.split(bench.mean_face)).detach().double().numpy()
    photos = []
    for scale, name in ((1, "a.png"), (2, "b.png")):
        own = (scale * points + 20).tolist()
        write_image(folder / name, np.full((300 * scale, 300 * scale, 3), 120, np.uint8))
        box = [*np.min(own, 0).tolist(), *np.max(own, 0).tolist()]
        photos.append({"file": name, "source": "made up", "faces": [{"points": own, "box": box}]})
    (folder / "landmarks.json").write_text(json.dumps(photos))
    (folder / "occluders.json").write_text(json.dumps({"faces": []}))
    return folder


class Detector:
    """Finds a face on grey pictures alone, at the annotated place."""

    def __init__(self, folder: Path):
        faces = [np.array(p["faces"][0]["points"]) for p in json.loads((folder / "landmarks.json").read_text())]
        self._known = {300 * (k + 1): points for k, points in enumerate(faces)}

    def __call__(self, image: np.ndarray, choose: Any) -> np.ndarray | None:
        points = self._known[len(image)]
        box = np.concatenate([points.min(0), points.max(0)])
        if (image != 120).any() or choose(box[None]) is None:
            return None
        return np.linalg.pinv(A68) @ points


@pytest.fixture(scope="module")
def scores(bench: PeopleBench, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PhotoScores:
    kept = tmp_path_factory.mktemp("kept")
    return measure_photos(bench, read_faces(folder, "annotated"), kept, lambda: None, Detector(folder))


def test_the_mean_face_is_where_it_was_annotated(scores: PhotoScores) -> None:
    # The crop undoes place and size, so that only what the crop's least squares leave can differ.
    errors = scores.errors[MEAN_FACE, "unoccluded", "annotation"]
    assert errors.shape == (2, 5)
    assert errors.max() < 2
    assert errors[0] == pytest.approx(errors[1], abs=0.02)


def test_what_hides_the_face_changes_the_picture_and_not_the_annotated_crop(scores: PhotoScores) -> None:
    same = scores.errors[MEAN_FACE, "SHOFI", "annotation"]
    assert same == pytest.approx(scores.errors[MEAN_FACE, "unoccluded", "annotation"])
    assert (scores.errors["sopi", "SHOFI", "annotation"] != scores.errors["sopi", "unoccluded", "annotation"]).all()


def test_faces_that_are_not_found_are_no_numbers(scores: PhotoScores) -> None:
    assert np.isfinite(scores.errors["teacher", "unoccluded", "detector"]).all()
    assert np.isnan(scores.errors["teacher", "SHOFI", "detector"]).all()


def test_the_report_counts_faces(scores: PhotoScores, bench: PeopleBench, tmp_path: Path) -> None:
    report = PhotoReport(scores, bench.options, "photos")
    report.write(tmp_path)
    [table] = [t for t in report.tables if t.title == "photos, all 68 points, cut by the detector's points: NME, %"]
    assert [row[:2] for row in table.rows][:2] == [("unoccluded", "2"), ("DSOFI", "0")]
    assert json.loads((tmp_path / "distill_photos.json").read_text())["items"]["protocol"]["name"] == "distill_photos"


def test_a_student_that_suffers_less_is_seen() -> None:
    clear, costs = np.array([5.0, 7.0, 9.0]), {"teacher": [6.0, 7.0, 8.0], "sopi": [1.0, 2.0, 3.0]}
    errors = {}
    for method, cost in costs.items():
        for condition in ("unoccluded", *HIDDEN):
            values = clear + (np.array(cost) if condition != "unoccluded" else 0)
            for aligned in ("annotation", "detector"):
                errors[method, condition, aligned] = np.stack([values] * 5, 1)
    samples = tuple(LandmarkSample(str(k), Path(), np.zeros((68, 2)), str(k), ("photos",)) for k in range(3))
    options = DistillOptions(networks={"teacher": "t"})
    report = PhotoReport(PhotoScores(samples, ("teacher", "sopi"), errors), options, "")
    less = report.less_suffering("sopi", "photos", "annotation")
    assert less is not None
    assert less.difference == pytest.approx(-5)
    assert {bar.name.split(",")[0]: bar.met for bar in report.bars}["sopi suffers more than the teacher"] is True


def test_an_unknown_layout_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match="aflw2000"):
        read_faces(tmp_path, "celeba")
