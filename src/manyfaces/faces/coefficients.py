"""What R-Net and its students predict: a face, its colours, pose and light as one vector."""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import InputError

N_ANGLES, N_LIGHT, N_TRANSLATION = 3, 27, 3


@dataclass(frozen=True)
class FaceCoefficients:
    """The parts of a vector; `CoefficientLayout.split` makes them.

    Attributes:
        identity: standard deviations.
        expression: coefficients; heads with a jaw have its axis-angle last, in tenths of a radian.
        albedo: standard deviations of the space of skin colours.
        angles: pitch, yaw, roll in radians: R = R_z(roll) R_y(yaw) R_x(pitch), x to the subject's left.
        light: nine numbers for red, green, blue; what white light of usual strength adds is left out.
        translation: of the head, decimetres.
    """

    identity: Float[Tensor, "*B S"]
    expression: Float[Tensor, "*B E"]
    albedo: Float[Tensor, "*B T"]
    angles: Float[Tensor, "*B 3"]
    light: Float[Tensor, "*B 3 9"]
    translation: Float[Tensor, "*B 3"]

    def joined(self) -> Float[Tensor, "*B K"]:
        """The vector that these are the parts of."""
        parts = (self.identity, self.expression, self.albedo, self.angles, self.light.flatten(-2), self.translation)
        return torch.cat(parts, -1)


@dataclass(frozen=True)
class FaceLaw:
    """Usual faces, such as a network was trained on: a normal law of each coefficient.

    Attributes:
        mean: of the coefficients.
        deviation: likewise.
    """

    mean: FaceCoefficients
    deviation: FaceCoefficients


@dataclass(frozen=True)
class CoefficientLayout:
    """How long the parts of a vector are, in the order of R-Net (Deng et al., CVPRW 2019).

    Attributes:
        identity: coefficients of the identity; expression and albedo likewise.
    """

    identity: int
    expression: int
    albedo: int

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each part, in order."""
        return {
            "identity": self.identity,
            "expression": self.expression,
            "albedo": self.albedo,
            "angles": N_ANGLES,
            "light": N_LIGHT,
            "translation": N_TRANSLATION,
        }

    @property
    def size(self) -> int:
        """Length of the vector, K."""
        return sum(self.sizes.values())

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each part lies in the vector."""
        ends = accumulate(self.sizes.values(), initial=0)
        return {name: slice(*pair) for name, pair in zip(self.sizes, pairwise(ends), strict=True)}

    def split(self, vector: Float[Tensor, "*B K"]) -> FaceCoefficients:
        """Take a vector apart.

        Raises:
            InputError: it is not as long as the layout says.
        """
        if vector.shape[-1] != self.size:
            raise InputError(f"{vector.shape[-1]} coefficients given, this face has {self.size}")
        parts = {name: vector[..., part] for name, part in self.slices.items()}
        return FaceCoefficients(**{**parts, "light": parts["light"].unflatten(-1, (3, 9))})


BFM_LAYOUT = CoefficientLayout(identity=80, expression=64, albedo=80)
"""The 257 coefficients of the published networks."""
