"""The benchmark table: goals are judged as they are written, and no figure is lost."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def lines() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_lines", FOLDER / "lines.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("measured", "ok"), [(0.4, True), (0.5, True), (0.51, False), (float("nan"), False)])
def test_at_most(lines: ModuleType, measured: float, ok: bool) -> None:
    line = lines.at_most("start", 0.5, measured, "s")
    assert (line.goal, line.ok) == ("<= 0.5", ok)


@pytest.mark.parametrize(("measured", "ok"), [(81.0, True), (80.0, True), (79.9, False), (float("nan"), False)])
def test_at_least(lines: ModuleType, measured: float, ok: bool) -> None:
    line = lines.at_least("found", 80, measured, "%")
    assert (line.goal, line.ok) == (">= 80", ok)


def test_markdown_has_every_line_losses_too(lines: ModuleType) -> None:
    rows = [lines.at_most("a", 1, 0.5, "s"), lines.at_most("b", 1, 2, "s"), lines.figure("c", 1234.4, "MB")]
    assert lines.markdown(rows).splitlines() == [
        "| what | goal | measured | |",
        "|---|---|---|---|",
        "| a | <= 1 s | 0.5 s | met |",
        "| b | <= 1 s | 2 s | missed |",
        "| c | | 1234 MB | |",
    ]


def test_an_unknown_benchmark_lists_those_there_are() -> None:
    command = [sys.executable, "-m", "benchmarks", "no_such"]
    done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no benchmark no_such; there are: " in done.stderr
    assert "start_up" in done.stderr
