"""`manyfaces assets` and `manyfaces models`: what there is."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from manyfaces.cli.messages import DONE


def list_assets() -> int:
    """Print every third-party file, whether it is there, its licence, and where an account is needed."""
    from manyfaces import assets

    rows = [
        (
            s.asset.name,
            s.state,
            f"{s.size / 1e6:.1f} MB" if s.size is not None else "not known",
            s.asset.licence,
            s.asset.site.name if s.asset.site else "-",
            s.asset.page or s.asset.source,
        )
        for s in assets.list_assets()
    ]
    _print_table(("name", "state", "size", "licence", "login", "from"), rows)
    print(f"in {assets.cache_folder()}")
    return DONE


def list_models() -> int:
    """Print the models that can be loaded by name."""
    from manyfaces.pipeline.catalogue import MODELS, own_models, summary_of

    rows = [(model.name, model.summary) for model in MODELS]
    rows += [(name, summary_of(name)) for name in own_models()]
    _print_table(("name", "what it does"), rows)
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
