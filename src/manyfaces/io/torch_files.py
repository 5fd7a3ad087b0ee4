"""Read files that torch.save wrote, whoever wrote them: tensors come out, and nothing in them is run.

Such a file is a pickle, and a pickle is a program. torch reads it here with `weights_only=True`, which builds tensors
and plain containers and calls nothing else. Only tensors are of use; numpy's numbers and the few containers that
training statistics bring along are built as `_LeftOut`, which keeps nothing, and every other class refuses the file.
"""

import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from manyfaces.core.errors import WeightError
from manyfaces.io.checkpoints import State

AGAIN = "download it again from the place that publishes it"

_WRAPPER = "module."


class _LeftOut:
    """Stands for a value that is not needed; whatever it is made of is thrown away."""

    def __init__(self, *parts: Any, **named: Any):
        pass

    def __setstate__(self, state: Any) -> None:
        pass


def _plain_dict(*_: Any) -> dict[Any, Any]:
    return {}


_NUMPY_MAKERS = ("scalar", "_reconstruct")

#: Classes that may be named, and what is built in their place: numpy's and Python's own are never called.
_STAND_INS: list[Any] = [
    (_plain_dict, "collections.defaultdict"),
    *((_LeftOut, f"builtins.{name}") for name in ("dict", "float", "int", "list")),  # makers of a defaultdict's values
    *((_LeftOut, f"numpy.{name}") for name in ("dtype", "ndarray")),
    *((_LeftOut, f"numpy.{core}.multiarray.{name}") for core in ("core", "_core") for name in _NUMPY_MAKERS),
]


def read_torch_file(path: Path, what: str) -> dict[str, Any]:
    """Read a file that holds a dict.

    Tensors stay in the file until they are used: what is dropped is never read.

    Args:
        path: the file.
        what: what it should be, for messages: "checkpoint of OFER".

    Raises:
        WeightError: missing, damaged, of another kind, or naming anything but tensors and plain values.
    """
    if not path.is_file():
        raise WeightError(f"{path} {'is a folder' if path.is_dir() else 'does not exist'}", "check the path")
    try:
        with torch.serialization.safe_globals(_STAND_INS):
            # Files of torch before 1.6 are no zip archives, and cannot be mapped.
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        if named := re.search(r"GLOBAL (\S+)|unrecognized function (\S+)", str(error)):
            name = next(filter(None, named.groups()))
            message = f"{path} asks for {name}, which is no tensor: refused, nothing was run"
            raise WeightError(message, "do not trust this file; " + AGAIN) from None
        raise _damaged(path, error) from None
    except PermissionError:
        raise WeightError(f"{path} may not be read", "check its permissions") from None
    except MemoryError:
        raise WeightError(f"{path} does not fit into memory", "free some memory") from None
    except Exception as error:  # a damaged pickle or archive fails anywhere, with any exception
        raise _damaged(path, error) from None
    if not isinstance(found, dict):
        raise WeightError(f"{path} holds a {type(found).__name__}, not a {what}", AGAIN)
    return {str(key): value for key, value in found.items()}


def plain_tensors(path: Path, state: Mapping[str, Any], where: str = "") -> State:
    """The tensors of a network, once there is nothing else among them.

    Args:
        path: where they come from, for messages.
        state: what the file holds for the network.
        where: under which name it does, for messages; empty where the file is the network's alone.

    Raises:
        WeightError: a value is no tensor of numbers that are all there: sparse, empty-handed or repeating itself.
    """
    foreign = [str(name) for name, value in state.items() if not _is_plain(value)]
    if foreign:
        inside = f" in {where!r}" * bool(where)
        raise WeightError(f"{path} holds{inside} what is no plain tensor: {some(foreign)}", AGAIN)
    return {str(name): value.detach() for name, value in state.items()}


def unwrapped(state: State) -> State:
    """The tensors without the `module.` that training in parallel puts before every name."""
    if not all(name.startswith(_WRAPPER) for name in state):
        return state
    return {name.removeprefix(_WRAPPER): tensor for name, tensor in state.items()}


def some(names: list[str]) -> str:
    """The first names of a list, for messages."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _damaged(path: Path, error: Exception) -> WeightError:
    # torch puts a page of advice before its reason.
    why = str(error).rpartition("WeightsUnpickler error: ")[2].strip().partition("\n")[0][:120] or type(error).__name__
    return WeightError(f"{path} is damaged or no checkpoint: {why}", AGAIN)


def _is_plain(value: Any) -> bool:
    if type(value) not in (Tensor, torch.nn.Parameter) or value.layout != torch.strided or value.device.type != "cpu":
        return False
    if not (value.is_floating_point() or value.dtype == torch.int64):
        return False
    return value.untyped_storage().nbytes() >= value.numel() * value.element_size()
