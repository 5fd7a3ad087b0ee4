"""Writes landmark data sets of a few faces in exactly the layouts that the real ones are published in."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.io import savemat

from manyfaces.io.image import write_image

SIZE = (96, 128)
CODEC = cv2.VideoWriter.fourcc(*"MJPG")


def face(number: int) -> np.ndarray:
    """68 points, pixels, 0-based, in a picture of SIZE: of every number another; the eyes level, 40 px apart."""
    generator = np.random.default_rng(number)
    points = generator.uniform((30, 15), (95, 80), (68, 2))
    points[36:42] = np.array([45.0, 40.0]) + generator.uniform(-3, 3, (6, 2))
    points[42:48] = np.array([79.0, 40.0]) + generator.uniform(-3, 3, (6, 2))
    points[36], points[45] = (42.0, 40.0), (82.0, 40.0)
    return points.round(3)


def picture(number: int) -> np.ndarray:
    """A picture that is known again by its colours, also after it was compressed."""
    return np.full((*SIZE, 3), (number * 37 % 200, number * 61 % 200, 40), np.uint8)


def write_pts(path: Path, points: np.ndarray, header: bool = True) -> None:
    """As iBUG writes it: from 1."""
    lines = "".join(f"{x:.6f} {y:.6f}\n" for x, y in points + 1)
    text = f"version: 1\nn_points:  {len(points)}\n{{\n{lines}}}\n" if header else lines
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_ibug(folder: Path, stems: Mapping[str, Sequence[str]], ending: str = ".png") -> dict[str, np.ndarray]:
    """Pictures with .pts files in folders; gives the points by name."""
    written = {}
    for subset, names in stems.items():
        for stem in names:
            number = len(written)
            written[f"{subset}/{stem}"] = face(number)
            write_pts(folder / subset / f"{stem}.pts", face(number))
            write_image(folder / subset / f"{stem}{ending}", picture(number))
    return written


def write_300vw(folder: Path, videos: Mapping[int, int]) -> None:
    """Videos by number with so many frames, all annotated; the frame's number is its face and its colour."""
    for video, frames in videos.items():
        place = folder / f"{video:03d}"
        (place / "annot").mkdir(parents=True)
        writer = cv2.VideoWriter(str(place / "vid.avi"), CODEC, 25, SIZE[::-1])
        for number in range(frames):
            writer.write(cv2.cvtColor(picture(number), cv2.COLOR_RGB2BGR))
            write_pts(place / "annot" / f"{number + 1:06d}.pts", face(number))
        writer.release()


def write_aflw2000(folder: Path, yaws_deg: Sequence[float]) -> None:
    """image00002.jpg, .mat, ...: points from 1, yaw in radians."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, yaw_deg in enumerate(yaws_deg):
        name = f"image{number * 2 + 2:05d}"
        write_image(folder / f"{name}.jpg", picture(number))
        depth = np.linspace(-50, 50, 68)[None]
        savemat(
            folder / f"{name}.mat",
            {
                "pt3d_68": np.concatenate([face(number).T + 1, depth]),
                "pt2d": np.full((2, 21), -1.0),
                "roi": np.array([[10, 20, 200, 210]], np.int16),
                "Pose_Para": np.array([[0.1, np.radians(yaw_deg), 0.2, 50, 60, -70, 0.001]], np.float32),
                "Shape_Para": np.zeros((199, 1), np.float32),
            },
        )


def write_cofw68(folder: Path, hidden: Sequence[Sequence[int]], pictures: bool = True) -> None:
    """test_annotations/1_points.mat, ..., im_1.png beside them, and boxes as x, y, width, height from 1."""
    annotations = folder / "test_annotations"
    annotations.mkdir(parents=True)
    boxes = np.zeros((len(hidden), 4))
    for row, points in enumerate(hidden):
        occluded = np.zeros((1, 68), np.uint8)
        occluded[0, list(points)] = 1
        savemat(annotations / f"{row + 1}_points.mat", {"Points": face(row) + 1, "Occ": occluded})
        if pictures:
            write_image(annotations / f"im_{row + 1}.png", picture(row))
        low, high = face(row).min(0), face(row).max(0)
        boxes[row] = *(low + 1), *(high - low)
    savemat(folder / "cofw68_test_bboxes.mat", {"bboxes": boxes})


def write_cofw_pictures(path: Path, count: int) -> None:
    """COFW's own file, in the version that scipy reads: a column of cells, grey pictures among them."""
    cells = np.empty((count, 1), object)
    for row in range(count):
        cells[row, 0] = picture(row)[..., 0] if row % 2 else picture(row)
    savemat(path, {"IsT": cells})


def write_dlib_list(path: Path, files: Sequence[str]) -> None:
    """One face for each file, whole pixels."""
    rows = []
    for number, file in enumerate(files):
        parts = "".join(
            f"<part name='{k:02d}' x='{x:.0f}' y='{y:.0f}'/>" for k, (x, y) in enumerate(face(number).round())
        )
        rows.append(
            f"<image file='{file}' width='128' height='96'>"
            f"<box top='15' left='30' width='65' height='66'>{parts}</box></image>"
        )
    path.write_text(f"<?xml version='1.0'?><dataset><name>x</name><images>{''.join(rows)}</images></dataset>")


def write_coco_list(path: Path, files: Sequence[str], codes: Sequence[int] = (1,)) -> None:
    """mmpose's: the code of a point is that of its place in `codes`, again and again."""
    faces, images = [], []
    for number, file in enumerate(files):
        keypoints = [v for k, (x, y) in enumerate(face(number)) for v in (x, y, codes[k % len(codes)])]
        images.append({"id": 7 * number, "file_name": file, "width": 128, "height": 96})
        faces.append({"id": number, "image_id": 7 * number, "keypoints": keypoints, "bbox": [30, 15, 65, 66]})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"images": images, "annotations": faces, "categories": []}))
