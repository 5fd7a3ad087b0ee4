"""The papers' qualitative figures, of any photos."""

from manyfaces.bench.figures.protocol import run_figures
from manyfaces.bench.figures.studies import FaceStudy, study_photo

__all__ = ["FaceStudy", "run_figures", "study_photo"]
