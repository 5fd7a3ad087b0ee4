"""Who is animated: a head model, one identity of it, its colours, and perhaps wrinkles that come and go."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.heads import HeadData, HeadModel
from manyfaces.pipeline.result import Reconstruction
from manyfaces.render import ReliefGrid

CHUNK = 64


@runtime_checkable
class Detail(Protocol):
    """Wrinkles that follow the expression.

    Attributes:
        grid: the texels of the character's head that displacements move.
    """

    @property
    def grid(self) -> ReliefGrid:
        """See above."""
        ...

    def displacement(self, expression: Float[Tensor, " E"], jaw: Float[Tensor, "3"]) -> Float[Tensor, "H W"]:
        """How far each texel stands out, metres; zero where there is no detail."""
        ...


@dataclass(frozen=True)
class Character:
    """Somebody who can be animated.

    Attributes:
        name: for files and captions.
        head: turns coefficients into vertices.
        identity: standard deviations.
        albedo: sRGB from 0 to 1, without light; None for clay.
        detail: wrinkles; None for a smooth face.
    """

    name: str
    head: HeadModel
    identity: Float[Tensor, " S"]
    albedo: Float[Tensor, "V 3"] | None = None
    detail: Detail | None = None

    @staticmethod
    def of(result: Reconstruction, rank: int = 0, name: str = "") -> "Character":
        """One hypothesis of a reconstruction, 0 the best, with the wrinkles of that where the model predicts them.

        Raises:
            InputError: there are not as many.
        """
        check_rank(rank, len(result))
        albedo = result.albedo if result.appearance is None else result.appearance.albedo[rank]
        identity = result.hypothesis(rank).identity
        detail = result.detail if rank == 0 else None
        return Character(name or result.source or "face", result.head, identity, albedo, detail)

    @cached_property
    def neutral(self) -> Float[Tensor, "V 3"]:
        """At rest, metres, head frame."""
        with torch.no_grad():
            return self.head.neutral(self.identity)

    @torch.no_grad()
    def vertices(self, expression: Float[Tensor, "*B E"], jaw: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B V 3"]:
        """With expressions, the head upright: metres, head frame.

        Args:
            expression: coefficients.
            jaw: axis-angle, radians; of heads that have no jaw it does not count.
        """
        pose = self.head.jaw_pose(jaw) if "jaw" in self.head.data.joint_names else None
        return self.head(self.identity.expand(*jaw.shape[:-1], -1), expression, pose)

    def chunks(self, expression: Float[Tensor, "T E"], jaw: Float[Tensor, "T 3"]) -> Iterator[Float[Tensor, "B V 3"]]:
        """`vertices` of the frames of a clip, `CHUNK` at a time: a whole clip need not fit into memory."""
        for some, jaws in zip(expression.split(CHUNK), jaw.split(CHUNK), strict=True):
            yield self.vertices(some, jaws)

    def check_driver(self, driver: HeadModel) -> None:
        """See that coefficients of the driver mean the same on this head.

        Raises:
            InputError: they are of another head model.
        """
        if not _same_expressions(self.head.data, driver.data):
            raise InputError(
                f"{self.name} is on the head {self.head.data.name!r}, the driver is tracked on {driver.data.name!r}",
                f"choose a model for the driver that is on {self.head.data.name!r}: manyfaces models",
            )


def check_rank(rank: int, n_hypotheses: int) -> None:
    """See that there is such a hypothesis, 0 the best.

    Raises:
        InputError: there are not as many; ranks count from 1 there, as they do in files and on pages.
    """
    if not 0 <= rank < n_hypotheses:
        raise InputError(f"there is no hypothesis {rank + 1}", f"give a number from 1 to {n_hypotheses}")


def _same_expressions(one: HeadData, other: HeadData) -> bool:
    """The same expressions of the same mesh: what a name cannot promise, for heads come from files too."""
    return (
        one.joint_names == other.joint_names
        and np.array_equal(one.faces, other.faces)
        and np.array_equal(one.expression_basis, other.expression_basis)
    )
