"""Run every benchmark of this folder, or those named, and print one table with goals."""

import argparse
import importlib
import os
import pkgutil
import platform
import sys
import time
import traceback
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.lines import Line, digits, markdown, verdict

NOT_BENCHMARKS = {"__main__", "lines"}
STYLE = {True: "green", False: "red", None: ""}


def main() -> int:
    names = [m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.name not in NOT_BENCHMARKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which of: {', '.join(names)} (default: all)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a goal is missed")
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(names))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names)}")

    console = Console()
    progress = Console(stderr=True)
    lines: list[Line] = []
    broken: list[str] = []
    for name in args.names or names:
        start = time.perf_counter()
        progress.print(f"{name} ...", style="dim")
        try:
            lines += importlib.import_module(f"benchmarks.{name}").run()
        except Exception:  # one broken benchmark must not hide the others' figures
            progress.print(traceback.format_exc(), style="red", markup=False)
            broken.append(name)
        progress.print(f"{name}: {time.perf_counter() - start:.1f} s", style="dim")

    if args.markdown:
        print(markdown(lines), end="")
    else:
        console.print(as_table(lines))
    missed = sum(line.ok is False for line in lines)
    met = sum(line.ok is True for line in lines)
    console.print(f"{met} goals met, {missed} missed" + (f"; could not run: {', '.join(broken)}" if broken else ""))
    return int(bool(broken) or (args.strict and missed > 0))


def as_table(lines: list[Line]) -> Table:
    table = Table(
        title=f"manyfaces on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    table.add_column("what")
    for column in ("goal", "measured", "unit", ""):
        table.add_column(column, justify="right" if column in ("goal", "measured") else "left", no_wrap=True)
    for line in lines:
        table.add_row(line.name, line.goal, digits(line.measured), line.unit, verdict(line), style=STYLE[line.ok])
    return table


if __name__ == "__main__":
    sys.exit(main())
