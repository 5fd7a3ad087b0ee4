"""FaceScape in its published layout and in the simple one."""

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks import read_facescape
from manyfaces.io.facescape_files import Placement, View
from manyfaces.io.image import write_image

IDS = np.arange(100, 168)
SCALE, TURN = 50.0, np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
SHIFT = np.array([3.0, -2.0, 5.0])
K = np.array([[200.0, 0, 64], [0, 200.0, 48], [0, 0, 1]])


def marks() -> np.ndarray:
    """68 points of a face 80 mm wide that looks along +z."""
    return np.random.default_rng(0).uniform([-40, -40, -10], [40, 40, 10], (68, 3)).round(3)


def camera(yaw_deg: float) -> np.ndarray:
    """(3, 4): looks at the face from 600 mm away, turned about the vertical; in the cameras' own world."""
    turn = np.radians(yaw_deg)
    aside = np.array([[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]])
    from_models = np.diag([1.0, -1.0, -1.0]) @ aside
    # camera = from_models (SCALE TURN x + SHIFT) + (0, 0, 600), all in units of SCALE millimetres.
    rotation = from_models @ TURN
    return np.concatenate([rotation, (from_models @ SHIFT + [0, 0, 600])[:, None] / SCALE], 1)


def write_published(folder: Path, yaws_deg: list[float], expression: str = "4_anger") -> None:
    images = folder / "images" / "7" / expression
    params = {}
    for k, yaw in enumerate(yaws_deg):
        write_image(images / f"{k}.jpg", np.zeros((96, 128, 3), np.uint8))
        params |= {f"{k}_K": K.tolist(), f"{k}_Rt": camera(yaw).tolist(), f"{k}_distortion": [0.0] * 5}
        params |= {f"{k}_width": 128, f"{k}_height": 96, f"{k}_valid": k != 2, f"{k}_sn": "x", f"{k}_ori": "x"}
    (images / "params.json").write_text(json.dumps(params))
    vertices = np.zeros((170, 3))
    vertices[IDS] = marks()
    model = folder / "models" / "7" / "models_reg" / f"{expression}.obj"
    model.parent.mkdir(parents=True)
    model.write_text("".join(f"v {x} {y} {z}\n" for x, y, z in vertices) + "f 1 2 3\n")
    np.savez(folder / "landmark_indices.npz", v10=IDS, v16=IDS + 1)
    placement = [SCALE, np.concatenate([TURN, SHIFT[:, None]], 1).tolist()]
    (folder / "Rt_scale_dict.json").write_text(json.dumps({"7": {"4": placement}}))


def test_points_of_the_model_on_the_photos(tmp_path: Path) -> None:
    write_published(tmp_path, [0.0, 30.0, 0.0, 80.0])
    dataset = read_facescape(tmp_path)
    # The third camera is not valid, the fourth too far aside.
    assert [sample.name for sample in dataset.samples] == ["7/4_anger/0", "7/4_anger/1"]
    first = dataset.samples[0]
    assert first.subject == "7"
    assert first.annotated.tolist() == [17 <= k <= 59 for k in range(68)]
    x, y, z = marks()[17:60].T
    expected = np.stack([64 + 200 * x / (600 - z), 48 - 200 * y / (600 - z)], 1)
    np.testing.assert_allclose(first.points_px[17:60], expected, atol=1e-3)
    assert np.isfinite(first.tight_box_px).all()


def test_cameras_and_models_there_and_back() -> None:
    placement = Placement(SCALE, TURN, SHIFT)
    np.testing.assert_allclose(placement.to_models(placement.to_cameras(marks())), marks())
    view = View("0", K, camera(30)[:, :3], camera(30)[:, 3], np.zeros(5), (128, 96), True)
    np.testing.assert_allclose(camera(30) @ [*view.centre, 1], 0, atol=1e-9)


def test_points_in_files(miniatures: ModuleType, tmp_path: Path) -> None:
    for name, points in (("1/smile/0", miniatures.face(0)), ("2/smile/3", miniatures.face(1)[17:60])):
        miniatures.write_pts(tmp_path / f"{name}.pts", points)
        write_image(tmp_path / f"{name}.png", miniatures.picture(0))
    whole, part = read_facescape(tmp_path).samples
    assert (whole.subject, part.subject) == ("1", "2")
    assert whole.annotated.all()
    assert part.annotated.sum() == 43
    np.testing.assert_allclose(part.points_px[17:60], miniatures.face(1)[17:60])


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no face of FaceScape"):
        read_facescape(tmp_path)
    write_published(tmp_path, [0.0])
    (tmp_path / "Rt_scale_dict.json").write_text("{}")
    with pytest.raises(DataError, match="entry of Rt_scale_dict"):
        read_facescape(tmp_path)
    (tmp_path / "Rt_scale_dict.json").write_text('{"7": {"4": [1, [[1]]]}}')
    with pytest.raises(DataError, match="damaged"):
        read_facescape(tmp_path)
    (tmp_path / "landmark_indices.npz").unlink()
    with pytest.raises(DataError, match="landmark_indices"):
        read_facescape(tmp_path)
