"""Protocols that measure a model: on photos with annotated faces, and on synthetic faces with exact truth."""

from collections.abc import Callable, Mapping
from typing import Any

from manyfaces.bench.photo_report import PhotoReport
from manyfaces.bench.photos import run_photos

Protocol = Callable[..., Any]
"""Called with the data folder, the output folder, and by name `half`, `model`, `device`."""

PROTOCOLS: Mapping[str, Protocol] = {"photos": run_photos}
"""What `manyfaces bench NAME` runs."""

__all__ = ["PROTOCOLS", "PhotoReport", "Protocol", "run_photos"]
