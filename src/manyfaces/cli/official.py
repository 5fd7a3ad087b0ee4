"""`manyfaces reconstruct --layout official`: a list of prepared faces in, meshes in millimetres out."""

import os
import sys
import time
import traceback
from pathlib import Path

from manyfaces.cli.commands import Reconstruct
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.faces import as_ours, sampling_options
from manyfaces.cli.messages import DONE, FAILED, UsageError, error_line
from manyfaces.cli.reconstruct import check_numbers, check_out
from manyfaces.core.errors import ManyfacesError


def reconstruct_list(command: Reconstruct) -> int:
    """Do all faces of a list; returns 0 when all went well, 1 when any failed."""
    if len(command.photos) != 1:
        raise UsageError(f"--layout official got {len(command.photos)} lists", "name one text file, one path a line")
    if command.image_root is None:
        raise UsageError(
            "--layout official needs --image-root", "name the folder that the list's paths are relative to"
        )
    for name in ("resume", "one_person"):
        if getattr(command, name):
            raise UsageError(f"--{name.replace('_', '-')} is not for --layout official", "leave it out")
    check_numbers(command)
    # Here, not above: torch takes seconds to import, and mistakes in the arguments are found first.
    from manyfaces.pipeline.official import find_prepared

    found = find_prepared(Path(command.photos[0]).expanduser(), command.image_root.expanduser())
    check_out(command.out)
    started = time.perf_counter()
    errors = [*found.dead_ends, *(_do_all(command, found.portraits) if found.portraits else [])]
    n_all = len(found.portraits) + len(found.dead_ends)
    print(f"{n_all - len(errors)} of {n_all} done in {time.perf_counter() - started:.1f} s -> {command.out}")
    for error in errors:
        print(error_line(error), file=sys.stderr)
    return FAILED if errors else DONE


def _do_all(command: Reconstruct, portraits: list[Path]) -> list[ManyfacesError]:
    import torch

    from manyfaces.pipeline import Options
    from manyfaces.pipeline.loading import load_ofer
    from manyfaces.pipeline.official import reconstruct_prepared, write_official

    options = Options(**sampling_options(command))
    model = load_ofer(command.model, torch.device(resolve_device(command.device)), command.head, command.compat)
    failures: list[ManyfacesError] = []
    for portrait in portraits:
        try:
            write_official(reconstruct_prepared(model, portrait, options), portrait.stem, command.out)
        except Exception as error:
            if os.environ.get("MANYFACES_DEBUG") and not isinstance(error, ManyfacesError):
                traceback.print_exc()
            failures.append(as_ours(error))
        else:
            print(f"{portrait}: {command.n_expressions} faces")
    return failures
