"""Which expressions people wear before cameras: the prior that hidden mouths and eyes are guessed from."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.heads import HeadModel

# Units of a smile and how much of each, at full strength, low and high.
_SMILE = {
    "mouthSmile": (0.6, 0.9),
    "cheekSquint": (0.2, 0.7),
    "eyeSquint": (0.0, 0.4),
    "mouthUpperUp": (0.0, 0.35),
    "mouthLowerDown": (0.0, 0.35),
    "mouthDimple": (0.0, 0.3),
}


@runtime_checkable
@runtime_checkable
class ExpressionLaw(Protocol):
    """Draws expressions for a head model."""

    def sample(self, generator: np.random.Generator) -> tuple[Float[Tensor, " E"], Float[Tensor, "3"]]:
        """Draw one expression's coefficients and its jaw (axis-angle, radians)."""
        ...


@dataclass(frozen=True)
class ExpressionShares:
    """How often people are neutral or smile; the rest wear the head model's mixed expressions.

    Attributes:
        neutral: share of faces without any expression.
        smile: share of smiles of all strengths; people who are photographed smile a lot.
    """

    neutral: float = 0.1
    smile: float = 0.4


class ExpressionPrior:
    """Draws expression and jaw together.

    Args:
        head: carries samples of plausible expressions, and units by ARKit name.
        shares: how often which kind.

    Raises:
        InputError: the head carries neither.
    """

    def __init__(self, head: HeadModel, shares: ExpressionShares | None = None):
        data = head.data
        if data.expression_samples is None or data.jaw_samples is None:
            raise InputError(f"head {data.name!r} has no expression samples to draw from")
        self._shares = shares or ExpressionShares()
        self._expressions = data.expression_samples.astype(np.float32)
        self._jaws = data.jaw_samples.astype(np.float32)
        names = [name + side for name in _SMILE for side in ("Left", "Right")]
        if any(name not in data.unit_names for name in names):
            raise InputError(f"head {data.name!r} lacks the units of a smile")
        units = data.unit_shapes[[data.unit_names.index(name) for name in names]].reshape(len(names), -1)
        basis = data.expression_basis.reshape(len(data.expression_basis), -1)
        gram = basis @ basis.T
        self._smile_units = np.linalg.solve(gram, basis @ units.T).T.astype(np.float32)

    def sample(self, generator: np.random.Generator) -> tuple[Float[Tensor, " E"], Float[Tensor, "3"]]:
        """Draw one expression's coefficients and its jaw (axis-angle, radians)."""
        kind = generator.random()
        if kind < self._shares.neutral:
            expression, jaw = np.zeros(self._expressions.shape[1], np.float32), np.zeros(3, np.float32)
        elif kind < self._shares.neutral + self._shares.smile:
            expression, jaw = self._smile(generator)
        else:
            expression, jaw = self._mixed(generator)
        return torch.from_numpy(expression.astype(np.float32)), torch.from_numpy(jaw.astype(np.float32))

    def _mixed(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A convex blend of two plausible expressions: plausible too, and endless."""
        first, second = generator.integers(len(self._expressions), size=2)
        share = generator.beta(0.4, 0.4)
        expression = share * self._expressions[first] + (1 - share) * self._expressions[second]
        return expression, share * self._jaws[first] + (1 - share) * self._jaws[second]

    def _smile(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A smile of some strength, a little uneven, over a trace of something else."""
        strength = generator.beta(2.0, 1.2)
        low, high = np.array(list(_SMILE.values())).T
        amounts = strength * generator.uniform(low, high)
        sides = np.repeat(amounts, 2) * np.clip(generator.normal(1, 0.08, 2 * len(amounts)), 0.6, 1.4)
        rest, rest_jaw = self._mixed(generator)
        trace = 0.35 * generator.random()
        jaw = np.array([strength * max(0.0, generator.normal(0.03, 0.06)), 0, 0]) + trace * rest_jaw
        return sides @ self._smile_units + trace * rest, jaw


class NormalExpressions:
    """Draws for head models that carry no samples: unit-normal coefficients, and a mouth that is open now and then.

    Args:
        head: its first 50 expression coefficients are drawn, as many as the published models predict; unit deviation is
            what FLAME's are scaled to.
    """

    def __init__(self, head: HeadModel):
        self._n_expression = head.n_expression

    def sample(self, generator: np.random.Generator) -> tuple[Float[Tensor, " E"], Float[Tensor, "3"]]:
        """Draw one expression's coefficients and its jaw (axis-angle, radians)."""
        expression = np.zeros(self._n_expression, np.float32)
        drawn = min(_N_NORMAL, self._n_expression)
        expression[:drawn] = generator.standard_normal(drawn)
        opened = max(0.0, generator.normal(0, _JAW_RAD))
        return torch.from_numpy(expression), torch.tensor([opened, 0.0, 0.0])


_N_NORMAL, _JAW_RAD = 50, 0.12


def expression_law(head: HeadModel, shares: ExpressionShares | None = None) -> ExpressionLaw:
    """The expressions that a head model carries, or else normal ones, of which there are no shares."""
    return NormalExpressions(head) if head.data.expression_samples is None else ExpressionPrior(head, shares)
