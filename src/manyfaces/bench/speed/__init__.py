"""How fast the networks are, beside what the machine could do at best and beside the published way of calling them."""

from manyfaces.bench.speed.protocol import run_speed
from manyfaces.bench.speed.report import SpeedReport

__all__ = ["SpeedReport", "run_speed"]
