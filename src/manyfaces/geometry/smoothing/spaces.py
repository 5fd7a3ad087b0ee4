"""How values differ and how they move: all that a filter must know of what it filters."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle, project_to_rotation


@runtime_checkable
class Space(Protocol):
    """Values that differ by tangent vectors."""

    n_freedoms: ClassVar[int]
    """Numbers of a tangent vector that one `size` is taken over."""

    def between(self, origin: Tensor, target: Tensor) -> Tensor:
        """The tangent vector that leads from `origin` to `target`."""
        ...

    def moved(self, origin: Tensor, tangent: Tensor) -> Tensor:
        """Where a tangent vector leads to from `origin`; the inverse of `between`."""
        ...

    def size(self, tangent: Tensor) -> Tensor:
        """How long tangent vectors are, in a shape that multiplies with them."""
        ...


@dataclass(frozen=True)
class Vectors:
    """Arrays of numbers, each a channel of its own: points in pixels, coefficients, metres."""

    n_freedoms: ClassVar[int] = 1

    def between(self, origin: Float[Tensor, "*B"], target: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        """Difference."""
        return target - origin

    def moved(self, origin: Float[Tensor, "*B"], tangent: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        """Sum."""
        return origin + tangent

    def size(self, tangent: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        """Absolute value of each number."""
        return tangent.abs()


@dataclass(frozen=True)
class Rotations:
    """Rotation matrices; tangent vectors are axis-angle in the turned frame, radians.

    Only differences of less than half a turn are known, and nothing depends on the frame that the matrices are
    given in: one speed is taken over all three axes.
    """

    n_freedoms: ClassVar[int] = 3

    def between(self, origin: Float[Tensor, "*B 3 3"], target: Float[Tensor, "*B 3 3"]) -> Float[Tensor, "*B 3"]:
        """Axis-angle of origin^-1 target."""
        return axis_angle_from_matrix(origin.mT @ target)

    def moved(self, origin: Float[Tensor, "*B 3 3"], tangent: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 3 3"]:
        """Turned by an axis-angle; a rotation to the last digit, however often it is done."""
        return project_to_rotation(origin @ matrix_from_axis_angle(tangent))

    def size(self, tangent: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 1"]:
        """Angle."""
        return tangent.norm(dim=-1, keepdim=True)


VECTORS = Vectors()
ROTATIONS = Rotations()
