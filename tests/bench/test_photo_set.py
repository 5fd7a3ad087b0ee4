import json
from pathlib import Path

import numpy as np
import pytest

from manyfaces.bench.photo_set import AnnotatedFace, AnnotatedPhoto, read_photo_set
from manyfaces.core.errors import InputError


def test_photos_alternate_between_the_halves_in_the_order_of_their_names(photo_folder: Path) -> None:
    photos = read_photo_set(photo_folder)
    assert [photo.path.name for photo in photos] == sorted(photo.path.name for photo in photos)
    assert [photo.half for photo in photos] == ["tune", "report"] * 3
    assert [photo.aflw2000 for photo in photos] == [True, True, False, False, False, False]


def test_the_hidden_points_are_those_of_the_file(photo_folder: Path) -> None:
    face = read_photo_set(photo_folder)[2].faces[1]
    assert face.hidden("block").nonzero()[0].tolist() == [30, 31, 32]
    assert not face.hidden("clean").any()
    assert face.kinds == ("clean", "block", "mouth", "eyes", "half")


def test_mask_and_paint_are_the_same_pixels(photo_folder: Path) -> None:
    face = read_photo_set(photo_folder)[2].faces[1]
    black = np.zeros((120, 260, 3), np.uint8)
    painted = face.picture(black, "mouth")
    assert not black.any()
    assert (painted[face.mask(black, "mouth")] == (255, 0, 1)).all()
    assert (painted.any(-1) == face.mask(black, "mouth")).all()
    # Corners are rounded to pixels, and the pixels on the border belong to the polygon.
    low = np.round(face.points_px.min(0) + 10).astype(int)
    assert painted[low[1], low[0]].any()
    assert not painted[low[1] - 1, low[0]].any()


def photo_of(*boxes: tuple[float, float, float, float]) -> AnnotatedPhoto:
    faces = [AnnotatedFace("a", k, np.zeros((68, 2)), np.array(box, float), {}) for k, box in enumerate(boxes)]
    return AnnotatedPhoto(Path("a"), "tune", False, tuple(faces))


def test_a_detection_belongs_to_the_face_it_overlaps_most() -> None:
    photo = photo_of((0, 0, 10, 10), (8, 0, 18, 10))
    boxes = np.array([[7.0, 0, 17, 10], [1, 0, 11, 10], [2, 0, 12, 10]])
    assert photo.choose(0, boxes) == 1
    assert photo.choose(1, boxes) == 0
    assert photo.choose(1, boxes[1:]) is None  # its middle lies elsewhere
    assert photo.choose(0, np.zeros((0, 4))) is None


def test_a_huge_detection_means_no_face() -> None:
    assert photo_of((0, 0, 10, 10)).choose(0, np.array([[-20.0, -20, 30, 30]])) is None


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"landmarks\.json"):
        read_photo_set(tmp_path)


def test_a_missing_photo_is_named(photo_folder: Path) -> None:
    (photo_folder / "x.png").unlink()
    with pytest.raises(InputError, match=r"x\.png"):
        read_photo_set(photo_folder)


@pytest.mark.parametrize(
    "damage", ["[{}]", "{", '[{"file": "w.png", "faces": [{"points": [[1, 2]], "box": [0, 0, 1, 1]}]}]']
)
def test_another_format_is_refused(photo_folder: Path, damage: str) -> None:
    (photo_folder / "landmarks.json").write_text(damage)
    with pytest.raises(InputError):
        read_photo_set(photo_folder)


def test_an_occluder_of_another_form_is_refused(photo_folder: Path) -> None:
    drawn = json.loads((photo_folder / "occluders.json").read_text())
    drawn["faces"][0]["occluders"]["block"]["hidden"] = [99]
    (photo_folder / "occluders.json").write_text(json.dumps(drawn))
    with pytest.raises(InputError):
        read_photo_set(photo_folder)
