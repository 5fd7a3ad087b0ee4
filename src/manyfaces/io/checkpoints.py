"""Weight files: safetensors with the configuration and a checksum in the header, written whole or not at all."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import safetensors
import safetensors.torch
import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from manyfaces.core.config import from_dict, to_dict
from manyfaces.core.errors import WeightError
from manyfaces.io.atomic import atomic_path

T = TypeVar("T")
_HEADER = "manyfaces"
State = dict[str, Shaped[Tensor, "..."]]


@dataclass(frozen=True)
class Weights:
    """A weight file in memory.

    Attributes:
        path: where it came from, for messages.
        state: tensors by name.
        config: the configuration saved with them, plain values.
        notes: free text saved with them (recipe, step, ...).
    """

    path: Path
    state: State
    config: dict[str, Any]
    notes: dict[str, str]

    def config_as(self, cls: type[T]) -> T:
        """The configuration as a dataclass; unknown keys are errors.

        Raises:
            ConfigError: it does not fit.
        """
        return from_dict(cls, self.config)


def save_weights(
    path: str | Path, state: State, config: Any, notes: dict[str, str] | None = None, half: bool = False
) -> None:
    """Write tensors with their configuration.

    Args:
        path: the file, by custom `*.safetensors`.
        state: a state dict.
        config: a dataclass or a dict of plain values.
        notes: free text to keep with them.
        half: store floats in 16 bits, half the size, about three digits.

    Raises:
        OutputError: the file cannot be written.
    """
    kept = {name: _plain(tensor, half) for name, tensor in state.items()}
    values = config if isinstance(config, dict) else to_dict(config)
    header = {"config": values, "notes": notes or {}, "sha256": state_checksum(kept)}
    # One entry only: safetensors writes several in an order that changes from run to run.
    content = safetensors.torch.save(kept, {_HEADER: json.dumps(header)})
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def load_weights(path: str | Path) -> Weights:
    """Read a weight file and check that no bit of it changed.

    Raises:
        WeightError: missing, not a weight file of ours, truncated, or the checksum differs.
    """
    path = Path(path)
    again = "get the file anew, or train it again"
    if not path.is_file():
        raise WeightError(f"no weight file at {path}", again)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        header = json.loads(header[_HEADER])
        config, notes, checksum = header["config"], header["notes"], header["sha256"]
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise WeightError(f"{path} is damaged or not a weight file: {error}", again) from error
    except KeyError as error:
        raise WeightError(f"{path} was not written by this program: its header lacks {error}", again) from error
    if state_checksum(state) != checksum:
        raise WeightError(f"{path} is damaged: its checksum differs", again)
    return Weights(path, state, config, notes)


def load_into(module: nn.Module, weights: Weights) -> None:
    """Copy weights into a network; every tensor must be there with its shape, and no other.

    Raises:
        WeightError: names or shapes differ, or a value is not finite.
    """
    check_fit(module, weights)
    module.load_state_dict(weights.state, strict=True)


def check_fit(module: nn.Module, weights: Weights, fix: str = "") -> None:
    """See to it that weights are a network's; of the network, names and shapes are looked at.

    Args:
        module: the network, which may be without numbers.
        weights: of a file of ours, or of another's that was read.
        fix: what to do about one that does not fit, where it is another's.

    Raises:
        WeightError: names or shapes differ, or a value is not finite.
    """
    wanted = module.state_dict()
    missing, extra = sorted(set(wanted) - set(weights.state)), sorted(set(weights.state) - set(wanted))
    wrong = sorted(n for n in set(wanted) & set(weights.state) if wanted[n].shape != weights.state[n].shape)
    faults = [f"lacks {_some(missing)}"] * bool(missing) + [f"has unknown {_some(extra)}"] * bool(extra)
    if wrong:
        name = wrong[0]
        shapes = f"{tuple(weights.state[name].shape)} instead of {tuple(wanted[name].shape)}"
        faults.append(f"has other shapes: {_some(wrong)}, {name} is {shapes}")
    if faults:
        raise WeightError(
            f"{weights.path} does not fit: it {'; it '.join(faults)}",
            fix or "use the configuration it was trained with",
        )
    broken = sorted(n for n, t in weights.state.items() if t.is_floating_point() and not bool(t.isfinite().all()))
    if broken:
        raise WeightError(f"{weights.path} holds values that are not finite: {_some(broken)}", fix or "train it again")


def _plain(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if half and tensor.is_floating_point() else tensor.clone()


def state_checksum(state: State) -> str:
    """Hex sha256 digest of tensors with their names, types and shapes."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
