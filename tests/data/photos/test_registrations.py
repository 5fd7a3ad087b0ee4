"""Recordings in the published layouts: found, fitted, cut, and opened as a set."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from manyfaces.core.errors import DataError
from manyfaces.data.photos import PrepareConfig, coma_frames, cut_photos, famos_frames, fit_frames, open_photo_set
from manyfaces.data.photos.registrations import read_registration
from manyfaces.detect import FaceBox, FacePoints
from manyfaces.geometry import Crop, matrix_from_axis_angle
from manyfaces.heads import FitConfig, HeadModel
from manyfaces.io.mesh_files import ply_bytes

CONFIG = PrepareConfig(FitConfig(n_identity=5, n_expression=4, noise_m=0.0), frames_for_identity=3, batch=2)
SUBJECT = "FaMoS_subject_002"


def registered(head: HeadModel, identity: torch.Tensor, seed: int) -> tuple[np.ndarray, dict[str, torch.Tensor]]:
    """A head of known coefficients somewhere in the room."""
    generator = torch.Generator().manual_seed(seed)
    expression, jaw = torch.randn(1, 4, generator=generator), torch.tensor([[0.1 * seed, 0.0, 0.01]])
    turn, move = 0.3 * torch.randn(3, generator=generator), torch.randn(3, generator=generator)
    vertices = head(identity[None], expression, head.jaw_pose(jaw))[0] @ matrix_from_axis_angle(turn).mT + move
    return vertices.numpy(), {"exp": expression[0], "jaw": jaw[0]}


@pytest.fixture(scope="module")
def model(head) -> HeadModel:
    """Every sixtieth vertex of the open head: as hard to fit, and quick."""
    data, some = head.data, slice(None, None, 60)
    n_vertices = len(data.template[some])
    faces = np.random.default_rng(0).integers(0, n_vertices, (40, 3)).astype(np.int32)
    by_vertex = {name: getattr(data, name)[some] for name in ("template", "skinning_weights")}
    bases = ("identity_basis", "expression_basis", "unit_shapes", "pose_correctives")
    along = {name: getattr(data, name)[:, some] for name in bases}
    bare = {"landmarks": {}, "masks": {}, "albedo": None, "uv": data.uv[:0], "uv_faces": data.uv_faces[:0]}
    return HeadModel(replace(data, faces=faces, **by_vertex, **along, **bare))


@pytest.fixture
def famos(tmp_path: Path, model: HeadModel) -> dict:
    """Two moments of one person, three views of each, one of them grey."""
    identity = torch.randn(5, generator=torch.Generator().manual_seed(0))
    faces, truths = model.faces.numpy(), {}
    for seed, frame in enumerate(("000010", "000020"), 1):
        vertices, truth = registered(model, identity, seed)
        mesh = tmp_path / "registrations" / SUBJECT / "mouth_open" / f"mouth_open.{frame}.ply"
        mesh.parent.mkdir(parents=True, exist_ok=True)
        mesh.write_bytes(ply_bytes(vertices, faces))
        views = tmp_path / "images" / SUBJECT / "mouth_open" / frame
        views.mkdir(parents=True)
        for view in ("26_C", "27_C", "26_A"):
            cv2.imwrite(str(views / f"mouth_open.{frame}.{view}.png"), np.full((300, 240, 3), 99, np.uint8))
        truths[frame] = truth
    return {"root": tmp_path, "identity": identity, "truths": truths}


def find_bright_faces(image: np.ndarray) -> list[FaceBox]:
    return (
        [FaceBox(np.array([60, 70, 180, 210], np.float32), np.zeros((6, 2), np.float32), 0.9)]
        if image[0, 0, 0] == 99
        else []
    )


def find_points(image: np.ndarray, crop: Crop) -> FacePoints:
    points = np.random.default_rng(0).uniform([70, 80], [170, 200], (468, 2)).astype(np.float32)
    return FacePoints(points, np.zeros(468, np.float32), 0.9, crop)


def test_famos_is_found(famos) -> None:
    frames = famos_frames(famos["root"] / "registrations", famos["root"] / "images")
    assert [frame.name for frame in frames] == [f"{SUBJECT}__mouth_open__{n}" for n in ("000010", "000020")]
    assert [photo.name for photo in frames[0].photos] == [f"mouth_open.000010.{v}_C.png" for v in (26, 27)]


def test_famos_by_its_list(famos) -> None:
    root, path = famos["root"], famos["root"] / "list.json"
    path.write_text(json.dumps([[SUBJECT, "mouth_open", "000020"]]))
    assert len(famos_frames(root / "registrations", root / "images", path)) == 1
    path.write_text(json.dumps([[SUBJECT, "mouth_open", "000020"], [SUBJECT, "mouth_open", "000099"]]))
    with pytest.raises(DataError, match=r"mouth_open.000099.ply is missing"):
        famos_frames(root / "registrations", root / "images", path)
    path.write_text("[[1, 2]]")
    with pytest.raises(DataError, match=r"list.json is damaged"):
        famos_frames(root / "registrations", root / "images", path)
    with pytest.raises(DataError, match="holds no registrations"):
        famos_frames(root / "images", root / "images")


def test_coma_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "FaceTalk_170725_00137_TA" / "bareteeth"
    folder.mkdir(parents=True)
    for name in (
        "bareteeth.000001.ply",
        "bareteeth.000002.ply",
        "bareteeth.000001.26_C.jpg",
        "bareteeth.000001.27_C.jpg",
    ):
        (folder / name).touch()
    frames = coma_frames(tmp_path)
    assert [(f.subject, f.sequence, f.frame, len(f.photos)) for f in frames] == [
        ("FaceTalk_170725_00137_TA", "bareteeth", "000001", 2),
        ("FaceTalk_170725_00137_TA", "bareteeth", "000002", 0),
    ]


def test_recordings_become_a_set(famos, monkeypatch: pytest.MonkeyPatch, model: HeadModel) -> None:
    root, out = famos["root"], famos["root"] / "sets" / "FAMOS"
    frames = famos_frames(root / "registrations", root / "images")
    ticks: list[int] = []
    distances = fit_frames(frames, model, out, CONFIG, ticks.append)
    assert sum(ticks) == 2
    assert max(distances) < 0.01  # millimetres
    cv2.imwrite(str(frames[1].photos[1]), np.full((300, 240, 3), 20, np.uint8))  # no face on this one
    lost = cut_photos(frames, find_bright_faces, find_points, out)
    assert lost == [frames[1].photos[1]]
    monkeypatch.setattr("manyfaces.data.photos.photo_set._warn_of_swapped", lambda photos: None)
    photos = open_photo_set(out, n_identity=5, n_expression=4)
    assert [entry.subject for entry in photos.entries] == [f"FAMOS/{SUBJECT}"] * 3
    assert photos.has_expression
    for row, frame in ((0, "000010"), (2, "000020")):
        truth = photos.read(row).truth
        np.testing.assert_allclose(truth.identity, famos["identity"], atol=1e-4)
        np.testing.assert_allclose(truth.expression, famos["truths"][frame]["exp"], atol=1e-4)
        np.testing.assert_allclose(truth.jaw, famos["truths"][frame]["jaw"], atol=1e-4)
    assert photos.read(0).portrait.shape == (224, 224, 3)
    # A second run finds all done.
    assert fit_frames(frames, model, out, CONFIG) == []


def test_meshes_of_no_use(famos, model: HeadModel) -> None:
    root = famos["root"]
    frames = famos_frames(root / "registrations", root / "images")
    vertices = read_registration(frames[0], model).numpy().astype(np.float32)
    faces = model.faces.numpy()
    cases = {
        r"has 3 vertices, the head openhead has": ply_bytes(vertices[:3], faces[:0]),
        r"no head in metres": ply_bytes(vertices * 1000, faces),
        r"joins its vertices in another way": ply_bytes(vertices, faces[::-1].copy()),
        r"is damaged or not a mesh": ply_bytes(vertices, faces)[:-5],
    }
    for says, content in cases.items():
        frames[0].mesh.write_bytes(content)
        with pytest.raises(DataError, match=says):
            read_registration(frames[0], model)
    frames[0].mesh.write_bytes(ply_bytes(np.random.default_rng(0).permutation(vertices), faces))
    with pytest.raises(DataError, match=r"mm off the head openhead"):
        fit_frames(frames[:1], model, root / "sets" / "FAMOS", replace(CONFIG, fit=replace(CONFIG.fit, max_steps=2)))
