"""Teacher and students of the Occlusion Resistant Network: its tables on held-out people, on photos, and speed."""

from manyfaces.bench.distill.networks import load_network, networks_of_runs
from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.distill.people_report import PeopleReport
from manyfaces.bench.distill.photo_report import PhotoReport
from manyfaces.bench.distill.protocol import bench_distill
from manyfaces.bench.distill.speed import DistillSpeed

__all__ = [
    "DistillOptions",
    "DistillSpeed",
    "PeopleReport",
    "PhotoReport",
    "bench_distill",
    "load_network",
    "networks_of_runs",
]
