"""A synthetic reconstruction, and the command line as a function."""

import importlib.util
from pathlib import Path

import pytest

SYNTHETIC = Path(__file__).parent.parent / "pipeline" / "synthetic.py"


@pytest.fixture(scope="session")
def synthetic():
    """The module of the pipeline tests, which tests cannot import by name."""
    spec = importlib.util.spec_from_file_location("synthetic_reconstruction", SYNTHETIC)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
