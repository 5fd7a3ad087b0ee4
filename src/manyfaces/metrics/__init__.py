"""What results are judged by: pure functions of predictions and truth."""

from manyfaces.metrics.bootstrap import Interval, bootstrap_interval
from manyfaces.metrics.points import INNER_51, EyeFrame, best_of, eye_frame, interocular_nme
from manyfaces.metrics.samples import (
    central_coverage,
    crps,
    crps_standard_normal,
    energy_distance,
    range_coverage,
    statistics_gap,
)
from manyfaces.metrics.vertices import aligned_error_mm, region_spread_ratio, spread_mm

__all__ = [
    "INNER_51",
    "EyeFrame",
    "Interval",
    "aligned_error_mm",
    "best_of",
    "bootstrap_interval",
    "central_coverage",
    "crps",
    "crps_standard_normal",
    "energy_distance",
    "eye_frame",
    "interocular_nme",
    "range_coverage",
    "region_spread_ratio",
    "spread_mm",
    "statistics_gap",
]
