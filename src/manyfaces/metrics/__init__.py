"""What results are judged by: pure functions of predictions and truth."""

from manyfaces.metrics.bootstrap import Interval, bootstrap_interval, bootstrap_mean, bootstrap_means
from manyfaces.metrics.diversity import (
    aligned_to_truth,
    occluded_diversity,
    pair_distances_mm,
    rms_distance_mm,
    sample_errors_mm,
    self_distance_mm,
)
from manyfaces.metrics.frame_points import FrameErrors, colour_spread, frame_errors, view_spread_px
from manyfaces.metrics.histograms import colour_histograms, histogram_dissimilarity
from manyfaces.metrics.outline import scored_points
from manyfaces.metrics.paired import PairedDifference, paired_bootstrap
from manyfaces.metrics.plausibility import Implausibility, ShapeDeviation, implausibility, shape_deviation
from manyfaces.metrics.points import INNER_51, EyeFrame, best_of, eye_frame, interocular_nme
from manyfaces.metrics.samples import (
    calibration_curve,
    central_coverage,
    crps,
    crps_standard_normal,
    energy_distance,
    energy_score,
    range_coverage,
    ranks,
    statistics_gap,
)
from manyfaces.metrics.vertex_law import VertexLaw, fit_vertex_law
from manyfaces.metrics.vertices import aligned_error_mm, region_spread_ratio, spread_mm

__all__ = [
    "INNER_51",
    "EyeFrame",
    "FrameErrors",
    "Implausibility",
    "Interval",
    "PairedDifference",
    "ShapeDeviation",
    "VertexLaw",
    "aligned_error_mm",
    "aligned_to_truth",
    "best_of",
    "bootstrap_interval",
    "bootstrap_mean",
    "bootstrap_means",
    "calibration_curve",
    "central_coverage",
    "colour_histograms",
    "colour_spread",
    "crps",
    "crps_standard_normal",
    "energy_distance",
    "energy_score",
    "eye_frame",
    "fit_vertex_law",
    "frame_errors",
    "histogram_dissimilarity",
    "implausibility",
    "interocular_nme",
    "occluded_diversity",
    "pair_distances_mm",
    "paired_bootstrap",
    "range_coverage",
    "ranks",
    "region_spread_ratio",
    "rms_distance_mm",
    "sample_errors_mm",
    "scored_points",
    "self_distance_mm",
    "shape_deviation",
    "spread_mm",
    "statistics_gap",
    "view_spread_px",
]
