"""What the loop needs to know of a thing to train."""

import dataclasses
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.methods.ofer import Example
from manyfaces.train.config import TrainConfig

Split = Literal["train", "validation"]
T = TypeVar("T")


@runtime_checkable
class Recipe(Protocol):
    """One network, its data and its loss.

    Attributes:
        name: a short name, for messages and files.
        config: settings of the loop.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def config(self) -> TrainConfig: ...  # noqa: D102

    def build(self) -> nn.Module:
        """Make the network; the loop has seeded torch for its start weights."""
        ...

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network; saved beside its weights and compared on resume."""
        ...

    def batch(self, step: int, split: Split) -> Any:
        """The batch of a step: a dataclass of tensors, a function of the seed, the split and the step alone."""
        ...

    def loss(self, model: nn.Module, batch: Any, generator: torch.Generator) -> Float[Tensor, ""]:
        """Loss of a batch; all randomness comes from `generator`."""
        ...


@runtime_checkable
class Source(Protocol):
    """Endless examples with exact truth."""

    def batch(self, seed: int, step: int, size: int) -> Example:
        """Make `size` examples; the same for the same arguments, on any machine."""
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
