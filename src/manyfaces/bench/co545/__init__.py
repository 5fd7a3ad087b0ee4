"""The CO-545 protocol (OFER, section 4.4): accuracy, diversity and plausibility behind known occluders."""

from manyfaces.bench.co545.options import Co545Options
from manyfaces.bench.co545.protocol import bench_co545
from manyfaces.bench.co545.report import Co545Report

__all__ = ["Co545Options", "Co545Report", "bench_co545"]
