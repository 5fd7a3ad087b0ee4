"""Recordings in CoMA's layout, made of renders: what is fitted can be compared with what was drawn."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces.core.errors import DataError
from manyfaces.data.bank import photograph
from manyfaces.data.co545 import Co545Config, build_co545, front_of, make_item
from manyfaces.data.co545.recorded import RecordedScenes
from manyfaces.geometry import HEAD_TO_CAMERA, PerspectiveCamera, matrix_from_axis_angle, matrix_from_euler
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.image import read_image, write_image
from manyfaces.io.mesh_files import ply_bytes

CONFIG = Co545Config(source="coma", n_items=6, n_subjects=2, neutral_every=2, size_px=256)
TURN_DEG = {"0": 8.0, "1": 40.0}
"""How far each camera stands to the side."""


class Recordings:
    """Two people with two performances of three frames each, taken by two cameras, of which one is not frontal."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.head = HeadModel(load_head("openhead"))
        self._known: dict[bytes, np.ndarray] = {}
        generator = np.random.default_rng(0)
        for person in ("FaceTalk_2_TA", "FaceTalk_1_TA", "no_pictures"):
            identity = torch.from_numpy(generator.standard_normal(self.head.n_identity).astype(np.float32))
            for performance in ("mouth_open", "bareteeth"):
                for frame in range(3):
                    self._take(person, performance, frame, identity, generator)

    def find(self, image: np.ndarray) -> np.ndarray | None:
        return self._known.get(image.tobytes())

    def _take(
        self, person: str, performance: str, frame: int, identity: torch.Tensor, generator: np.random.Generator
    ) -> None:
        opened = torch.tensor([[0.15 * frame, 0.0, 0.0]])
        vertices = self.head(identity[None], None, self.head.jaw_pose(opened))[0]
        stem = self.folder / person / performance / f"{performance}.{frame:06d}"
        stem.parent.mkdir(parents=True, exist_ok=True)
        # The scanner's frame is not the head's.
        turn = matrix_from_axis_angle(torch.tensor([0.1, 0.2, -0.05]))
        recorded = vertices @ turn.mT + torch.tensor([0.03, -0.2, 0.1])
        stem.with_name(f"{stem.name}.ply").write_bytes(ply_bytes(recorded.numpy(), self.head.data.faces))
        if person == "no_pictures":
            return
        for name, yaw_deg in TURN_DEG.items():
            angles = (torch.deg2rad(torch.tensor(a)) for a in (yaw_deg, 3.0, 2.0))
            camera = PerspectiveCamera(
                torch.tensor(1700.0),
                torch.tensor([200.0, 160.0]),
                HEAD_TO_CAMERA @ matrix_from_euler(*angles),
                torch.tensor([0.01, 0.0, 1.6]),
            )
            path = stem.with_name(f"{stem.name}.{name}.jpg")
            write_image(path, photograph(self.head, vertices, camera, generator, 400))
            points = camera.project(self.head.landmarks(vertices, "468")).points_px.numpy()
            self._known[read_image(path).tobytes()] = points


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    return Recordings(tmp_path_factory.mktemp("coma"))


@pytest.fixture(scope="module")
def source(recordings: Recordings) -> RecordedScenes:
    return RecordedScenes(CONFIG, recordings.folder, recordings.find)


def test_people_and_performances(source: RecordedScenes, recordings: Recordings) -> None:
    assert source.subjects == ("FaceTalk_1_TA", "FaceTalk_2_TA")
    scenes = [source.scene(number) for number in range(CONFIG.n_scenes)]
    assert [s.subject for s in scenes] == ["FaceTalk_1_TA", "FaceTalk_2_TA"]
    assert [s.expression for s in scenes] == ["neutral", "neutral"]
    more = RecordedScenes(dataclasses.replace(CONFIG, n_items=24), recordings.folder, recordings.find)
    assert [more.scene(n).expression for n in (2, 3, 6)] == ["bareteeth", "bareteeth", "mouth_open"]


def test_vertices_are_brought_to_the_head_and_cameras_to_the_picture(
    source: RecordedScenes, recordings: Recordings
) -> None:
    scene = source.scene(0)
    front = front_of(source.head)
    middle = scene.vertices[front].mean(0) - source.head.template[front].mean(0)
    assert float(middle.norm()) < 1e-6
    # The dense points, cut out with the picture, are where the fitted camera shows the mesh: perspective apart.
    dense = source.head.landmarks(scene.projected, "468")[:, :2].numpy()
    found = source.head.landmarks(scene.projected, "68")[:, :2].numpy()
    assert np.linalg.norm(found - scene.points_68_px, axis=1).mean() < 4  # of 256 pixels
    assert np.ptp(dense, axis=0).max() == pytest.approx(256 / 1.9, rel=0.1)
    assert not scene.perspective


def test_a_picture_from_the_side_is_not_taken(recordings: Recordings) -> None:
    strict = RecordedScenes(dataclasses.replace(CONFIG, most_turn_deg=1.0), recordings.folder, recordings.find)
    with pytest.raises(DataError, match=r"bareteeth, shows the face from the front \(within 1 degrees\)"):
        strict.scene(0)
    turned = source_of_camera(recordings, "1")
    with pytest.raises(DataError, match="shows the face from the front"):
        turned.scene(0)


def source_of_camera(recordings: Recordings, name: str) -> RecordedScenes:
    """Only the pictures of one camera show a face that is found."""
    kept = {read_image(path).tobytes() for path in recordings.folder.rglob(f"*.{name}.jpg")}
    return RecordedScenes(
        CONFIG, recordings.folder, lambda image: recordings.find(image) if image.tobytes() in kept else None
    )


def test_items_of_recordings(source: RecordedScenes) -> None:
    item = make_item(source, CONFIG, 4)
    assert item.row.subject == "FaceTalk_2_TA"
    assert 0.15 <= item.row.hidden_share <= 0.7
    assert make_item(source, CONFIG, 4).row == item.row


def test_people_at_rest_and_the_population(source: RecordedScenes) -> None:
    front = front_of(source.head)
    assert source.population(front).shape == (18, int(front.sum()), 3)
    assert torch.allclose(source.neutral(0), source.scene(0).vertices)


def test_a_benchmark_of_recordings(recordings: Recordings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manyfaces.data.co545.recorded._default_find", lambda: recordings.find)
    built = build_co545(CONFIG, tmp_path, recordings.folder, n_workers=1)
    assert built.differing is None
    assert [row.kind for row in built.items.rows] == ["hand", "face", "random"] * 2
    assert built.items.clean(1).shape == (256, 256, 3)


def test_too_few_people(recordings: Recordings) -> None:
    with pytest.raises(DataError, match="pictures of 2 people, 3 are needed"):
        RecordedScenes(dataclasses.replace(CONFIG, n_items=9, n_subjects=3), recordings.folder)
