"""The documentation says what the code says: generated parts are fresh, names exist, links lead somewhere."""

import doctest
import importlib.util
import io
import re
import tokenize
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
PICTURES = ROOT / "docs" / "images"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*src=\"([^\"]+)\"")
ROW = re.compile(r"^\| (?P<symbol>[^|]+) \| (?P<names>[^|]*`[^|]+) \|", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def update_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_docs", ROOT / "scripts" / "update_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def names_in_code() -> set[str]:
    """Every name that the sources use; comments and strings do not count."""
    names: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        names |= {token.string for token in tokens if token.type == tokenize.NAME}
    return names


def glossary_names() -> list[str]:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    symbols = text[text.index("## Symbols") : text.index("## Terms")]
    return [name for row in ROW.finditer(symbols) for name in re.findall(r"`(\w+)`", row["names"])]


def test_generated_parts_are_fresh(update_docs: ModuleType) -> None:
    text = update_docs.ARCHITECTURE.read_text(encoding="utf-8")
    assert update_docs.updated(text) == text, "run: make docs"


def test_the_architecture_page_has_every_room(update_docs: ModuleType) -> None:
    text = update_docs.ARCHITECTURE.read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "src" / "manyfaces").glob("*/__init__.py")}
    assert {room for room in rooms if f"| `{room}` |" not in text} == set()


def test_a_moved_room_is_noticed(update_docs: ModuleType, tmp_path: Path) -> None:
    for room in ("upper", "left", "right"):
        folder = tmp_path / "src" / "manyfaces" / room
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(f'"""The {room} room.\n\nMore."""\n')
    contract = '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["upper", "left | right"]\n'
    (tmp_path / "pyproject.toml").write_text(contract)
    page = f"before\n{update_docs.BEGIN}\nold\n{update_docs.END}\nafter\n"
    table = (
        "| floor | room | what it holds |\n|---|---|---|\n| 1 | `upper` | The upper room. |\n"
        "| 0 | `left` | The left room. |\n| 0 | `right` | The right room. |"
    )
    assert (
        update_docs.updated(page, tmp_path) == f"before\n{update_docs.BEGIN}\n\n{table}\n\n{update_docs.END}\nafter\n"
    )


def test_the_glossary_is_read() -> None:
    assert {"identity", "expression", "alpha_bar", "n_identities", "n_expressions"} <= set(glossary_names())


@pytest.mark.parametrize("name", glossary_names())
def test_glossary_names_exist_in_the_code(name: str, names_in_code: set[str]) -> None:
    assert name in names_in_code, f"docs/glossary.md calls something `{name}`, and the code does not"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [a or b for a, b in LINK.findall(page.read_text(encoding="utf-8"))]
    inside = [page.parent / target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    # The program makes the pictures, so the folder may not be there yet; once it is, all of them must be.
    made_later = set() if PICTURES.exists() else {path for path in inside if PICTURES in path.parents}
    assert [name_of(path) for path in inside if not path.exists() and path not in made_later] == []


@pytest.mark.parametrize("page", [page for page in PAGES if ">>> " in page.read_text(encoding="utf-8")], ids=name_of)
def test_examples_in_pages_run(page: Path) -> None:
    failures, tried = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert tried > 0
    assert failures == 0
