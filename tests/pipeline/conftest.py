"""The synthetic reconstruction, for every test of this room."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def synthetic():
    """The module beside this file, which tests cannot import by name."""
    spec = importlib.util.spec_from_file_location("synthetic_reconstruction", Path(__file__).with_name("synthetic.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
