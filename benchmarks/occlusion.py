"""CPU time of drawing occluders, plain ones for training data and real-looking ones, and of finding one on a photo."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.lines import Line, at_most, figure
from benchmarks.render import cpu_ms
from manyfaces.assets import fetch
from manyfaces.detect import POINTS_68_FROM_468, FaceDetector, FaceMesh, crop_from_box
from manyfaces.io.image import read_image
from manyfaces.io.litert import load_network
from manyfaces.occlusion import (
    OCCLUDERS,
    Occluder,
    Site,
    draw_occluder,
    find_occlusion,
    paint_occluder,
    sample_occluder,
    site_from_points,
)

PHOTO = Path(__file__).parent.parent / "examples" / "astronaut_mask.jpg"
SIDE = 256
PROP_SIDE, PROP_SEEDS = 512, 6


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
    large = cv2.resize(photo, (PROP_SIDE, PROP_SIDE), interpolation=cv2.INTER_AREA)
    site = site_from_points(points * (PROP_SIDE / SIDE), (PROP_SIDE, PROP_SIDE), large)
    props = {kind: cpu_ms(drawing(kind, site), PROP_SEEDS) for kind in OCCLUDERS}
    slowest = max(props, key=lambda kind: props[kind])
    return [
        at_most(f"draw_occluder, {PROP_SIDE} px, slowest kind ({slowest}), CPU time", 30.0, props[slowest], "ms"),
        figure(
            f"draw_occluder, {PROP_SIDE} px, median of the kinds, CPU time", float(np.median([*props.values()])), "ms"
        ),
        at_most(f"sample_occluder, {SIDE} px, CPU time", 1.0, drawn, "ms"),
        at_most(f"paint_occluder, {SIDE} px, CPU time", 1.0, painted, "ms"),
        figure(f"find_occlusion, {len(photo)} px, its eight network calls included, CPU time", searched, "ms"),
    ]


def drawing(kind: str, site: Site) -> Callable[[], Occluder]:
    """Draw a kind, with other random choices each time."""
    generator = np.random.default_rng(0)
    return lambda: draw_occluder(kind, site, generator)
