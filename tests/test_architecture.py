"""The floors hold: imports go down, nothing below the waterline touches the world, files stay readable."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

SOURCE = Path(__file__).resolve().parent.parent / "src" / "manyfaces"
BELOW_WATERLINE = (
    *("core", "geometry", "heads", "render", "diffusion", "nn", "detect"),
    *("occlusion", "losses", "metrics", "methods"),
)
FORBIDDEN_BELOW = {
    *("pathlib", "shutil", "tempfile", "io", "zipfile", "pickle"),  # files
    *("requests", "urllib", "socket", "http", "pooch", "subprocess"),  # network, other programs
    *("time", "datetime"),  # clock
    *("logging", "rich", "tqdm"),  # printing
    "random",  # one stream for the whole process
}
FORBIDDEN_CALLS = {
    *("print", "input", "open"),
    *("torch.manual_seed", "torch.cuda.manual_seed", "torch.seed", "torch.load", "torch.save"),
    *("torch.set_num_threads", "torch.set_default_dtype", "torch.set_grad_enabled"),
    *("np.random.seed", "np.random.rand", "np.random.randn", "np.random.normal", "np.random.uniform"),
    *("np.load", "np.save", "np.savez", "np.loadtxt", "cv2.imread", "cv2.imwrite", "cv2.setRNGSeed"),
}
MAX_LINES = 400
MAX_STATEMENTS = 60


def modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms or ("",) for path in (SOURCE / room).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def breaches(tree: ast.AST) -> Iterator[str]:
    """What a module below the waterline must not do, as "line N: what"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots = {(node.module or "").split(".")[0]}
        else:
            roots = set()
        yield from (f"line {node.lineno}: import of {root}" for root in sorted(roots & FORBIDDEN_BELOW))  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) in FORBIDDEN_CALLS:
            yield f"line {node.lineno}: {called}()"


def statements(function: ast.AST) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


def test_imports_only_go_down(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(repository / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", modules(*BELOW_WATERLINE), ids=name_of)
def test_nothing_below_the_waterline_touches_the_world(path: Path) -> None:
    assert list(breaches(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "from pathlib import Path",
        "import urllib.request",
        "print(1)",
        "torch.manual_seed(0)",
        "open('x')",
    ],
)
def test_a_breach_is_seen(code: str) -> None:
    assert len(list(breaches(ast.parse(f"def f():\n    {code}\n")))) == 1


def test_harmless_code_is_no_breach() -> None:
    code = "import os\nfrom .time import x\nfile.open()\ntorch.Generator().manual_seed(0)\n"
    assert list(breaches(ast.parse(code))) == []


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < MAX_LINES
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f"{f.name}: {statements(f)} statements" for f in functions if statements(f) > MAX_STATEMENTS] == []


def test_no_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common", "tools"}
    assert [name_of(path) for path in modules() if drawers & {path.stem, path.parent.name}] == []


def test_the_package_imports_without_anything_heavy() -> None:
    # In a process of its own: here torch is loaded already.
    code = (
        "import sys, manyfaces; print(*sorted({'torch', 'numpy', 'cv2', 'numba', 'scipy', 'rich'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert loaded == []


def test_help_does_not_load_torch() -> None:
    # It takes a second or more to import, and whoever asks for help is waiting.
    code = (
        "import sys\nfrom manyfaces.cli import main\nsys.argv = ['manyfaces', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('LOADED', *sorted({'torch', 'cv2', 'numba', 'scipy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.splitlines()[-1] == "LOADED"


def test_every_room_has_tests(repository: Path) -> None:
    rooms = {path.relative_to(SOURCE).parts[0] for path in modules() if path.name != "__init__.py"} - {"__main__.py"}
    untested = {room for room in rooms if not list((repository / "tests" / room).rglob("test_*.py"))}
    assert untested == set()
