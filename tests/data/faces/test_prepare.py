"""Faces cut out: whose points count, what is left out, shards that go on, batches that repeat."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from manyfaces.core.errors import DataError, InputError
from manyfaces.data.faces import (
    AlignConfig,
    FacePhoto,
    align_face,
    align_faces,
    aligned_source,
    landmark_faces,
    open_aligned_faces,
    open_celeba,
    open_face_set,
)
from manyfaces.data.landmarks import LandmarkSample, LandmarkSet
from manyfaces.data.photos import open_set
from manyfaces.detect import POINTS_68_FROM_468, rnet_crop, rnet_five

SMALL = AlignConfig(photos_per_shard=4, size_px=64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six photos, of which one is black and one is damaged."""
    (folder := tmp_path / "holiday" / "beach").mkdir(parents=True)
    for k in range(6):
        brightness = 0 if k == 1 else 60 + 30 * k
        Image.new("RGB", (200, 160), (brightness, 0 if k == 1 else 90, 0 if k == 1 else 60)).save(folder / f"{k}.png")
    (folder / "5.png").write_bytes(b"no picture")
    (folder / "notes.txt").touch()
    return folder.parent


def test_points_that_are_known_are_not_looked_for(detection) -> None:
    rgb = np.full((200, 240, 3), 128, np.uint8)
    points = np.random.default_rng(3).uniform(60, 140, (68, 2))
    face = align_face(FacePhoto("a", rgb, points), detection.boxes, detection.points)
    assert face is not None
    assert (face.points_from, detection.boxes_asked, detection.crops) == ("data set", 0, [])
    wanted = rnet_crop(rgb, rnet_five(points))
    np.testing.assert_array_equal(face.crop.image, wanted.image)
    np.testing.assert_allclose(face.landmarks_px, wanted.to_crop(points))


def test_five_points_say_where_to_look(detection) -> None:
    rgb, five = np.full((200, 240, 3), 128, np.uint8), np.array([[70, 80], [100, 80], [85, 95], [74, 112], [97, 112.0]])
    face = align_face(FacePhoto("a", rgb, five), detection.boxes, detection.points)
    assert face is not None
    assert (face.points_from, detection.boxes_asked, len(detection.crops)) == ("detector", 0, 2)
    first = detection.crops[0]
    assert np.hypot(*(five.mean(0) - first.centre_px)) < 10
    assert 2.5 * 30 < first.size_px < 4.5 * 30  # of the distance between the eyes
    found = POINTS_68_FROM_468 @ detection.points(rgb, detection.crops[1]).points_px
    np.testing.assert_allclose(face.crop.to_photo(face.landmarks_px), found, atol=1e-4)


def test_no_points_no_face(detection) -> None:
    dark = np.zeros((200, 240, 3), np.uint8)
    assert align_face(FacePhoto("a", dark), detection.boxes, detection.points) is None
    five = np.array([[70, 80], [100, 80], [85, 95], [74, 112], [97, 112.0]])
    assert align_face(FacePhoto("a", dark, five), detection.boxes, detection.points) is None  # a score of 0.1


def test_shards_of_a_folder(folder: Path, tmp_path: Path, detection) -> None:
    done: list[int] = []
    faces = open_face_set("photos", folder)
    left_out = align_faces(faces, tmp_path / "out", detection.boxes, detection.points, SMALL, done.append)
    assert done == [4, 2]
    assert [lost.name for lost in left_out] == ["beach/1.png", "beach/5.png"]
    assert left_out[0].why == "no face was found"
    assert "not a picture" in left_out[1].why
    kept = open_aligned_faces(tmp_path / "out")
    assert [entry.name for entry in kept.entries] == [f"beach/{k}.png" for k in (0, 2, 3, 4)]
    assert (kept.name, kept.size_px) == ("holiday", 64)
    kept.tar.verify()
    for row, entry in enumerate(kept.entries):
        photo = faces.read([e.name for e in faces.entries].index(entry.name))
        face = align_face(photo, detection.boxes, detection.points, 64)
        assert face is not None
        found = kept.read(row)
        assert np.abs(found.rgb.astype(int) - face.crop.image).mean() < 3  # JPEG
        np.testing.assert_allclose(found.landmarks_px, face.landmarks_px, rtol=1e-6)
        np.testing.assert_allclose(found.crop_from_photo, face.crop.crop_from_photo)
        assert found.occluded is None
    with pytest.raises(DataError, match="shards of aligned faces, not of photos"):
        open_set(tmp_path / "out")


def test_what_was_stopped_goes_on(folder: Path, tmp_path: Path, detection) -> None:
    faces, how = open_face_set("photos", folder), (detection.boxes, detection.points, SMALL)

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        align_faces(faces, tmp_path / "cut", *how, stop)
    with pytest.raises(DataError, match="not finished"):
        open_aligned_faces(tmp_path / "cut")
    asked = detection.boxes_asked
    left_out = align_faces(faces, tmp_path / "cut", *how)
    assert detection.boxes_asked == asked + 1  # the other shard holds one photo that can be read
    assert [lost.name for lost in left_out] == ["beach/1.png", "beach/5.png"]
    assert align_faces(faces, tmp_path / "whole", *how) == left_out
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "cut" / path.name).read_bytes()
    with pytest.raises(InputError, match="other sets or settings"):
        align_faces(faces, tmp_path / "cut", detection.boxes, detection.points, AlignConfig(4, 96))


def test_batches(celeba: Path, tmp_path: Path, detection) -> None:
    align_faces(open_celeba(celeba), tmp_path, detection.boxes, detection.points, SMALL)
    faces = open_aligned_faces(tmp_path)
    assert faces.read(2).occluded is True
    source = aligned_source(faces, ["validation"])
    assert [faces.entries[row].name for row in source.rows] == ["000006.jpg", "000007.jpg", "000008.jpg"]
    batch, again = source.batch(0, 7, 5), source.batch(0, 7, 5)
    assert torch.equal(batch.pictures, again.pictures)
    assert not torch.equal(batch.pictures, source.batch(0, 8, 5).pictures)
    assert not torch.equal(batch.pictures, source.batch(1, 7, 5).pictures)
    for rows in (slice(1, 4), torch.tensor([3, 0])):
        assert torch.equal(source.batch(0, 7, 5, rows).landmarks_px, batch.landmarks_px[rows])
    held = {faces.read(row).rgb.tobytes() for row in source.rows}
    assert {picture.permute(1, 2, 0).numpy().tobytes() for picture in batch.pictures} <= held
    assert batch.pictures.shape == (5, 3, 64, 64)
    # Points are those of the 224 frame, whatever the crops' size.
    kept = next(
        face for face in map(faces.read, source.rows) if (face.rgb == batch.pictures[0].permute(1, 2, 0).numpy()).all()
    )
    torch.testing.assert_close(batch.landmarks_px[0], (torch.from_numpy(kept.landmarks_px) + 0.5) * 3.5 - 0.5)
    with pytest.raises(DataError, match="no faces of"):
        aligned_source(open_aligned_faces(tmp_path), ["elsewhere"])


def test_damage_is_found(celeba: Path, tmp_path: Path, detection) -> None:
    align_faces(open_celeba(celeba), tmp_path, detection.boxes, detection.points, SMALL)
    faces = open_aligned_faces(tmp_path)
    path = tmp_path / "shard-000001.tar"
    raw = path.read_bytes()
    offset, size = faces.tar.photos[5]["geometry"]
    path.write_bytes(raw[:offset] + bytes(size) + raw[offset + size :])
    with pytest.raises(DataError, match=r"shard-000001.tar is damaged at 000006.jpg"):
        faces.read(5)
    with pytest.raises(DataError, match="checksum"):
        faces.tar.verify()
    index = tmp_path / "shards.json"
    index.write_text(re.sub(r'"geometry": \[\d+', '"geometry": [-1', index.read_text(), count=1))
    with pytest.raises(DataError, match=r"shards.json is damaged: geometry of 000001.jpg lies at \[-1"):
        open_aligned_faces(tmp_path)
    index.write_text(json.dumps({**faces.tar.plan, "shards": []}))
    with pytest.raises(DataError, match="holds no faces of any part"):
        aligned_source(open_aligned_faces(tmp_path))


def test_faces_of_a_landmark_benchmark(folder: Path) -> None:
    points = np.random.default_rng(0).uniform(20, 120, (68, 3))
    samples = tuple(LandmarkSample(str(k), folder / "beach" / f"{k}.png", points, str(k), ("all",)) for k in (0, 2))
    faces = landmark_faces(LandmarkSet(samples, ("all",)), "AFLW2000-3D")
    photo = faces.read(1)
    assert (photo.name, photo.occluded, photo.split) == ("2", None, None)
    np.testing.assert_array_equal(photo.points_px, points[:, :2])
    np.testing.assert_array_equal(photo.five_px, rnet_five(points[:, :2]))
    video = LandmarkSample("v", folder / "v.avi", points, "v", ("all",), frame=0)
    with pytest.raises(DataError, match="kept as videos"):
        landmark_faces(LandmarkSet((video,), ("all",)), "300-VW")
