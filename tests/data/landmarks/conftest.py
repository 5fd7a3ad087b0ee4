import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def miniatures() -> ModuleType:
    """The module that writes miniature data sets."""
    spec = importlib.util.spec_from_file_location("landmark_miniatures", Path(__file__).with_name("miniatures.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
