"""Protocols: what models are measured by, each from a folder of data to tables with intervals."""

from manyfaces.bench.co545 import Co545Options, Co545Report, bench_co545
from manyfaces.bench.landmarks import LandmarkOptions, LandmarkReport, run_landmarks
from manyfaces.bench.now import NowOptions, NowReport, bench_now, run_now
from manyfaces.bench.ours import run_released_synthetic
from manyfaces.bench.photo_report import PhotoReport
from manyfaces.bench.photos import run_photos
from manyfaces.bench.rof import RofOptions, RofReport, bench_rof
from manyfaces.bench.speed import SpeedReport, run_speed
from manyfaces.bench.synthetic import SyntheticSet, SyntheticSizes, run_synthetic
from manyfaces.bench.synthetic_report import SyntheticReport
from manyfaces.bench.vectors import VectorReport, run_vectors

__all__ = [
    "Co545Options",
    "Co545Report",
    "LandmarkOptions",
    "LandmarkReport",
    "NowOptions",
    "NowReport",
    "PhotoReport",
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
