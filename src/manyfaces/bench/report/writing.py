"""The files of a report: the one way in which tables are written."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from manyfaces.bench.report.formats import csv_text, latex, markdown
from manyfaces.bench.report.items import Items
from manyfaces.bench.report.provenance import Provenance
from manyfaces.bench.report.table import Table
from manyfaces.io.bundles import write_bundle
from manyfaces.io.report_files import plain_values

Picture = UInt8[np.ndarray, "H W 3"]


def write_report(
    name: str,
    tables: Sequence[Table],
    out: Path,
    source: Provenance,
    values: Mapping[str, Any] | None = None,
    items: Items | None = None,
    pictures: Mapping[str, Picture] | None = None,
    json_name: str = "",
) -> None:
    """Write NAME.md, NAME.tex, NAME.csv, NAME.json and the pictures into a folder: all of them, or none.

    The JSON holds `values` at its top, then `tables`, `items` (where there are any) and `provenance`.

    Args:
        name: of the protocol.
        tables: in the order of the page.
        out: the folder; made if missing.
        source: where the figures come from.
        values: the protocol's own figures, plain values; what is no finite number becomes null.
        items: the figures of single items, for `manyfaces bench compare`.
        pictures: by file name without ending; written as PNG and shown on the page.
        json_name: of the JSON file, where it is not `name`.

    Raises:
        OutputError: something cannot be written; what was there before stays.
    """
    drawn = pictures or {}
    write_bundle(
        out,
        {
            **{f"{picture}.png": _png(pixels) for picture, pixels in drawn.items()},
            f"{name}.md": _page(name, tables, source, list(drawn)).encode(),
            f"{name}.tex": (_latex_head(source) + "\n".join(map(latex, tables))).encode(),
            f"{name}.csv": csv_text(tables).encode(),
            f"{json_name or name}.json": json_text(
                {
                    **(values or {}),
                    "tables": [table.plain() for table in tables],
                    **({"items": items.plain()} if items else {}),
                    "provenance": source.plain(),
                }
            ).encode(),
        },
    )


def write_json(path: Path, values: Any) -> None:
    """Write plain values as JSON.

    Raises:
        OutputError: it cannot be written.
    """
    write_bundle(path.parent, {path.name: json_text(values).encode()})


def json_text(values: Any) -> str:
    """Plain values as JSON; numpy's numbers and arrays as Python's, numbers that are not finite as null."""
    return json.dumps(plain_values(values), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _page(name: str, tables: Sequence[Table], source: Provenance, pictures: Sequence[str]) -> str:
    head = "  \n".join(source.lines())
    shown = "".join(f"![{picture}]({picture}.png)\n\n" for picture in pictures)
    return f"# {name}\n\n{head}\n\n" + shown + "\n".join(map(markdown, tables))


def _latex_head(source: Provenance) -> str:
    return "".join(f"% {line}\n" for line in source.lines()) + "\n"


def _png(pixels: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
    return buffer.getvalue()
