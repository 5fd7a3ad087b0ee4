"""`manyfaces assets` and `manyfaces models`: what there is."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from manyfaces.cli.messages import DONE, FAILED, error_line
from manyfaces.core.errors import ManyfacesError


def list_assets() -> int:
    """Print every third-party file, whether it is there, and its licence."""
    from manyfaces import assets

    rows = [
        (s.asset.name, s.state, f"{s.asset.size / 1e6:.1f} MB", s.asset.licence, s.asset.source)
        for s in assets.list_assets()
    ]
    _print_table(("name", "state", "size", "licence", "source"), rows)
    print(f"in {assets.cache_folder()}")
    return DONE


def fetch_assets(names: Sequence[str]) -> int:
    """Fetch the named files, or all; one that fails does not stop the others."""
    from manyfaces import assets

    said: set[str] = set()
    for name in names or [status.asset.name for status in assets.list_assets()]:
        try:
            print(f"{name}: {assets.fetch(name)}")
        except ManyfacesError as error:
            # Files of one source fail for one reason; once is enough.
            line = error_line(error)
            if line not in said:
                print(line, file=sys.stderr)
            said.add(line)
    return FAILED if said else DONE


def list_models() -> int:
    """Print the models that can be loaded by name."""
    from manyfaces.pipeline.catalogue import MODELS

    _print_table(("name", "what it does"), [(model.name, model.summary) for model in MODELS])
    return DONE


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    console = Console()
    # Piped into a file or another program, a table must not be cut to a terminal's width.
    if not console.is_terminal:
        console.width = 200
    console.print(table)
