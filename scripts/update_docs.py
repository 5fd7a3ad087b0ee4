"""Write the generated parts of docs/ again, from the files that they describe.

Run it after a change to the floors in pyproject.toml or to the first line of a room's docstring:

    .venv/bin/python scripts/update_docs.py
"""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- floors: written by scripts/update_docs.py from pyproject.toml; edit there -->"
END = "<!-- end of floors -->"


def floors(root: Path = ROOT) -> list[list[str]]:
    """Rooms of each floor, the top floor first, as the import contract has them."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def purpose(room: str, root: Path = ROOT) -> str:
    """First line of the room's docstring."""
    source = (root / "src" / "manyfaces" / room / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source))
    if not docstring:
        raise SystemExit(f"src/manyfaces/{room}/__init__.py has no docstring: say there what the room is for")
    return docstring.splitlines()[0]


def floor_table(root: Path = ROOT) -> str:
    """The floors as a Markdown table, highest first."""
    storeys = floors(root)
    rows = ["| floor | room | what it holds |", "|---|---|---|"]
    for number, rooms in zip(range(len(storeys) - 1, -1, -1), storeys, strict=True):
        rows += [f"| {number} | `{room}` | {purpose(room, root)} |" for room in rooms]
    return "\n".join(rows)


def updated(text: str, root: Path = ROOT) -> str:
    """The page with its generated part written again."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"docs/architecture.md has lost its marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{floor_table(root)}\n\n{END}{after}"


def main() -> None:
    old = ARCHITECTURE.read_text(encoding="utf-8")
    new = updated(old)
    if new != old:
        ARCHITECTURE.write_text(new, encoding="utf-8")
        print("docs/architecture.md was out of date and is written again")


if __name__ == "__main__":
    main()
