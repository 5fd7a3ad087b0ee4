"""Two processes that share each batch give the weights of one that has all of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from manyfaces.core.errors import ConfigError
from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import BatchStream
from manyfaces.train import Part

HERE = Path(__file__).parent
RECIPES = ("norms", "idgen", "idrank")


def run(out: Path, *launcher: str) -> Path:
    path = os.pathsep.join([str(HERE), str(HERE.parents[1] / "src")])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, str(HERE / "two_processes.py"), str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return run(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    return run(tmp_path_factory.mktemp("both"), *launcher)


def weights(folder, recipe, index=0):
    return torch.load(folder / f"{recipe}-{index}.pt", weights_only=True)


@pytest.mark.parametrize("recipe", RECIPES)
def test_two_processes_train_what_one_would(alone, both, recipe):
    one, two = weights(alone, recipe), weights(both, recipe)
    worst = max(float((one[name].float() - two[name].float()).abs().max()) for name in one)
    assert worst < 1e-6


@pytest.mark.parametrize("recipe", RECIPES)
def test_both_processes_hold_the_same_weights(both, recipe):
    first, second = weights(both, recipe, 0), weights(both, recipe, 1)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("recipe", RECIPES)
def test_losses_in_the_history_are_those_of_the_whole_batch(alone, both, recipe):
    def numbers(folder):
        rows = (folder / recipe / "history.csv").read_text().splitlines()[1:]
        return [float(number) for row in rows for number in row.split(",") if number]

    assert numbers(both) == pytest.approx(numbers(alone), rel=1e-4)


def test_candidates_drawn_by_two_are_those_drawn_by_one(alone, both):
    names = sorted(path.name for path in (alone / "pool").iterdir())
    assert names == sorted(path.name for path in (both / "pool").iterdir())
    assert len(names) == 10 + 2  # the last generation for training, one for validation
    assert all((alone / "pool" / name).read_bytes() == (both / "pool" / name).read_bytes() for name in names)


def test_parts_are_the_batch():
    rows = torch.arange(12)
    assert torch.equal(torch.cat([rows[Part(i, 3).rows(12)] for i in range(3)]), rows)
    with pytest.raises(ConfigError, match="cannot be shared evenly by 5"):
        Part(0, 5).rows(12)


def test_random_numbers_of_the_parts_are_those_of_the_batch():
    like, generator = torch.zeros(12, 7), lambda: torch_generator(3)
    whole = BatchStream(generator())
    spread, normal = whole.spread(12), whole.normal(like)
    parts = [Part(i, 3).stream(generator(), 12) for i in range(3)]
    assert torch.equal(torch.cat([part.spread(4) for part in parts]), spread)
    assert torch.equal(torch.cat([part.normal(like[:4]) for part in parts]), normal)
    assert torch.equal((spread * 12).long(), torch.arange(12))  # one from each slice
