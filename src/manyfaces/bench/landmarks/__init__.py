"""Landmark benchmarks: 300-W, 300-VW, AFLW2000-3D, COFW-68, Helen, AFW."""

from manyfaces.bench.landmarks.benchmarks import BENCHMARKS, LandmarkOptions
from manyfaces.bench.landmarks.protocol import run_landmarks
from manyfaces.bench.landmarks.report import LandmarkReport

__all__ = ["BENCHMARKS", "LandmarkOptions", "LandmarkReport", "run_landmarks"]
