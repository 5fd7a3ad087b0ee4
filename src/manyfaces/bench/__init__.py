"""Protocols that measure a model on photos and on synthetic faces, and our numbers against published ones."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from manyfaces.bench.co545 import Co545Options, Co545Report, bench_co545
from manyfaces.bench.landmarks import BENCHMARKS, LandmarkOptions, LandmarkReport, run_landmarks
from manyfaces.bench.now import NowOptions, NowReport, bench_now, run_now
from manyfaces.bench.ours import run_released_synthetic
from manyfaces.bench.photo_report import PhotoReport
from manyfaces.bench.photos import run_photos
from manyfaces.bench.rof import RofOptions, RofReport, bench_rof
from manyfaces.bench.speed import SpeedReport, run_speed
from manyfaces.bench.synthetic import SyntheticSet, SyntheticSizes, run_synthetic
from manyfaces.bench.synthetic_report import SyntheticReport
from manyfaces.bench.vectors import VectorReport, run_vectors

Protocol = Callable[..., Any]
"""Called with the data folder (or None), the output folder, and by name `half`, `model`, `device`."""

LANDMARK_BENCHMARKS = frozenset(BENCHMARKS)
"""Those that measure 68 points of annotated pictures; they take `LandmarkOptions`."""

PROTOCOLS: Mapping[str, Protocol] = {
    **{name: partial(run_landmarks, name) for name in BENCHMARKS},
    "co545": bench_co545,
    "now": bench_now,
    "photos": run_photos,
    "rof": bench_rof,
    "speed": run_speed,
    "synthetic": run_released_synthetic,
    "vectors": run_vectors,
}
"""What `manyfaces bench NAME` runs."""

NEED_DATA = LANDMARK_BENCHMARKS | {"co545", "now", "photos", "rof", "vectors"}
"""Those that measure on a folder of data; the others make their own."""

__all__ = [
    "LANDMARK_BENCHMARKS",
    "NEED_DATA",
    "PROTOCOLS",
    "Co545Options",
    "Co545Report",
    "LandmarkOptions",
    "LandmarkReport",
    "NowOptions",
    "NowReport",
    "PhotoReport",
    "Protocol",
    "RofOptions",
    "RofReport",
    "SpeedReport",
    "SyntheticReport",
    "SyntheticSet",
    "SyntheticSizes",
    "VectorReport",
    "bench_co545",
    "bench_now",
    "bench_rof",
    "run_landmarks",
    "run_now",
    "run_photos",
    "run_released_synthetic",
    "run_speed",
    "run_synthetic",
    "run_vectors",
]
