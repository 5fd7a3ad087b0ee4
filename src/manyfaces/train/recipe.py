"""What the loop needs to know of a thing to train."""

import dataclasses
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from manyfaces.diffusion import BatchDraws
from manyfaces.methods.ofer import Example
from manyfaces.train.config import TrainConfig
from manyfaces.train.parallel import WHOLE, Part

Split = Literal["train", "validation"]
T = TypeVar("T")


@runtime_checkable
class Recipe(Protocol):
    """One network, its data and its loss.

    Attributes:
        name: a short name, for messages and files.
        config: settings of the loop.
        batch_size: examples per step, over all processes.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def config(self) -> TrainConfig: ...  # noqa: D102

    @property
    def batch_size(self) -> int: ...  # noqa: D102

    def build(self) -> nn.Module:
        """Make the network; the loop has seeded torch for its start weights."""
        ...

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network; saved beside its weights and compared on resume."""
        ...

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Any:
        """A process' rows of the batch of a step: a dataclass of tensors.

        The whole batch is a function of the seed, the split and the step alone.
        """
        ...

    def loss(self, model: nn.Module, batch: Any, generator: BatchDraws) -> Float[Tensor, ""]:
        """Loss of a batch; all randomness comes from `generator`."""
        ...


@runtime_checkable
class Source(Protocol):
    """Endless examples with exact truth."""

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = slice(None)) -> Example:
        """Make the examples of a batch; the same for the same arguments, on any machine.

        Args:
            seed: of the run and the split.
            step: number of the batch.
            size: examples in the whole batch.
            rows: which of them to make; an example does not depend on which others are made.
        """
        ...


def move(batch: T, device: torch.device) -> T:
    """Bring every tensor of a (nested) dataclass, tuple or dict to a device."""
    if isinstance(batch, Tensor):
        return batch.to(device)  # type: ignore[return-value]
    if dataclasses.is_dataclass(batch) and not isinstance(batch, type):
        values = {f.name: move(getattr(batch, f.name), device) for f in dataclasses.fields(batch)}
        return dataclasses.replace(batch, **values)  # type: ignore[type-var, return-value]
    if isinstance(batch, dict):
        return {k: move(v, device) for k, v in batch.items()}  # type: ignore[return-value]
    if isinstance(batch, tuple | list):
        return type(batch)(move(v, device) for v in batch)  # type: ignore[call-arg, return-value]
    return batch
