"""Numeric conformance: our networks, samplers, head model and losses against numbers of the authors' published code.

A set of vectors is a folder of arrays computed with the published OFER code on seeded random weights. `rule` draws the
same weights and inputs again, `folder` reads what came out, and one module for each part runs ours beside it.
"""

from manyfaces.bench.vectors.comparison import Comparison, Tolerance, VectorReport
from manyfaces.bench.vectors.folder import FILES, VectorSet, open_vectors
from manyfaces.bench.vectors.protocol import PARTS, compare_all, run_vectors

__all__ = [
    "FILES",
    "PARTS",
    "Comparison",
    "Tolerance",
    "VectorReport",
    "VectorSet",
    "compare_all",
    "open_vectors",
    "run_vectors",
]
