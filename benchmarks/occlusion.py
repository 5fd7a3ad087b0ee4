"""CPU time of drawing occluders for training data, and of finding one on a photo."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.lines import Line, at_most, figure
from benchmarks.render import cpu_ms
from manyfaces.assets import fetch
from manyfaces.detect import POINTS_68_FROM_468, FaceDetector, FaceMesh, crop_from_box
from manyfaces.io.image import read_image
from manyfaces.io.litert import load_network
from manyfaces.occlusion import find_occlusion, paint_occluder, sample_occluder

PHOTO = Path(__file__).parent.parent / "examples" / "astronaut_mask.jpg"
SIDE = 256


def run() -> list[Line]:
    mesh = FaceMesh(load_network(fetch("face_landmarks_468")))
    detect = FaceDetector(*(load_network(fetch(f"face_detection_{kind}_range")) for kind in ("short", "full")))
    photo = read_image(PHOTO)
    found = mesh(photo, crop_from_box(detect(photo)[0]))
    small = cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    points = POINTS_68_FROM_468 @ found.points_px * (SIDE / len(photo))
    generator = np.random.default_rng(0)
    mask = sample_occluder(points, (SIDE, SIDE), generator, "mouth").mask
    drawn = cpu_ms(lambda: sample_occluder(points, (SIDE, SIDE), generator), 100)
    painted = cpu_ms(lambda: paint_occluder(small, mask, generator), 100)
    searched = cpu_ms(lambda: find_occlusion(photo, found, mesh), 5)
    return [
        at_most(f"sample_occluder, {SIDE} px, CPU time", 1.0, drawn, "ms"),
        at_most(f"paint_occluder, {SIDE} px, CPU time", 1.0, painted, "ms"),
        figure(f"find_occlusion, {len(photo)} px, its eight network calls included, CPU time", searched, "ms"),
    ]
