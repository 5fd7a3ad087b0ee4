"""One photo of a partly hidden face in; the many 3D faces it could be, best first, out."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from manyfaces.pipeline import Predictor, Reconstruction

__version__ = "0.1.0"
__all__ = ["Predictor", "Reconstruction", "__version__"]

# Loaded on first use: torch alone takes a second, and `manyfaces --help` must not wait for it.
_LAZY = {"Predictor": "manyfaces.pipeline", "Reconstruction": "manyfaces.pipeline"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'manyfaces' has no attribute {name!r}")
