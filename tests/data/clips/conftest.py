import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def squares() -> ModuleType:
    """The module that makes clips, and eyes that see them."""
    spec = importlib.util.spec_from_file_location("clips_of_squares", Path(__file__).with_name("squares.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
