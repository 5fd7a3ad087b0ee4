"""The NoW benchmark: distances from scans of 100 people to meshes predicted from photos of them."""

from manyfaces.bench.now.dataset import NowImage, NowSet, open_now
from manyfaces.bench.now.photos import predict_now
from manyfaces.bench.now.predictions import seven_landmarks, write_prediction
from manyfaces.bench.now.protocol import NowOptions, bench_now, run_now
from manyfaces.bench.now.report import NowReport

__all__ = [
    "NowImage",
    "NowOptions",
    "NowReport",
    "NowSet",
    "bench_now",
    "open_now",
    "predict_now",
    "run_now",
    "seven_landmarks",
    "write_prediction",
]
