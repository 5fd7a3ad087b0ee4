"""What every test shares: one thread per process, settled random streams, a cache of its own where a test asks."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# Read by torch, numpy and numba when they are imported, which is later, by the tests: one thread for each worker of
# `pytest -n`, so that they do not fight for the cores.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# The same examples each time and no clock: a test that fails on one machine fails on all of them.
settings.register_profile("manyfaces", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("manyfaces")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the source tree."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new cache folder for one test; without it, tests use the files that were fetched at set-up."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MANYFACES_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def synthetic(repository: Path) -> ModuleType:
    """The module that makes reconstructions of a ball."""
    return _module(repository / "tests" / "pipeline" / "synthetic.py")


@pytest.fixture(scope="session")
def personal_stand_in(repository: Path) -> ModuleType:
    """The module that makes a base of person-specific models in miniature."""
    return _module(repository / "tests" / "pipeline" / "personal_stand_in.py")


@pytest.fixture(scope="session")
def stand_in(repository: Path) -> ModuleType:
    """The module that writes files in FLAME's layouts."""
    return _module(repository / "tests" / "io" / "flame_stand_in.py")


@pytest.fixture(scope="session")
def bfm_stand_in(repository: Path) -> ModuleType:
    """The module that writes files in BFM's layouts."""
    return _module(repository / "tests" / "io" / "bfm_stand_in.py")


@pytest.fixture(scope="session")
def resnet_stand_in(repository: Path) -> ModuleType:
    """The module that makes weights with the names and shapes of published residual networks."""
    return _module(repository / "tests" / "io" / "resnet_stand_in.py")


@pytest.fixture(scope="session")
def records_stand_in(repository: Path) -> ModuleType:
    """The module that writes TFRecord files and the messages in them."""
    return _module(repository / "tests" / "io" / "tf_record_stand_in.py")


@pytest.fixture(scope="session")
def gltf_player(repository: Path) -> ModuleType:
    """The module that plays the animation of a GLB file."""
    return _module(repository / "tests" / "io" / "gltf_player.py")


def _module(path: Path) -> ModuleType:
    # Tests are no package, so what they share has no name to import it by.
    spec = importlib.util.spec_from_file_location(f"tests_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
