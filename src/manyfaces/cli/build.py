"""`manyfaces data build`: benchmarks of known faces behind known occluders."""

import os
import sys

from manyfaces.cli.data_commands import BuildData
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.reconstruct import check_out

COMA = "coma"
NAMED_DIFFERENCES = 5


def build(command: BuildData) -> int:
    """Build, and compare with the manifest that ships."""
    if command.source == COMA and (command.data is None or command.head is None):
        raise UsageError("coma needs its recordings and their head model", "name them: --data DIR --head flame20")
    if command.source != COMA and (command.data or command.head):
        raise UsageError(f"{command.source} is drawn, not read", "leave out --data and --head, or --source coma")
    if command.workers is not None and command.workers < 1:
        raise UsageError(f"--workers is {command.workers}", "give a number from 1 up")
    check_out(command.out)
    from manyfaces.bench.progress import progress_bar
    from manyfaces.data.co545 import Co545Config, build_co545

    config = Co545Config(
        source="coma" if command.source == COMA else "render",
        head=command.head or command.source,
        n_items=command.items,
        n_subjects=min(11, -(-command.items // 3)),
        seed=command.seed,
    )
    with progress_bar("items", config.n_items) as advance:

        def tick(n: int) -> None:
            for _ in range(n):
                advance()

        built = build_co545(config, command.out, command.data, command.workers or os.cpu_count() or 1, tick)
    _compare(built.differing)
    print(f"{len(built.items)} items of {len(built.items.subjects)} people -> {command.out}")
    return DONE


def _compare(differing: tuple[int, ...] | None) -> None:
    """Tell whether these are the very bits that ship."""
    if differing is None:
        print("no manifest ships of this benchmark: nothing to compare it with", file=sys.stderr)
    elif differing:
        some = ", ".join(map(str, differing[:NAMED_DIFFERENCES]))
        more = ", ..." if len(differing) > NAMED_DIFFERENCES else ""
        print(
            f"warning: {len(differing)} items differ from the shipped manifest, bit for bit: {some}{more}; "
            "other versions of numpy, torch or OpenCV round otherwise",
            file=sys.stderr,
        )
    else:
        print("all items are those of the shipped manifest, bit for bit")
