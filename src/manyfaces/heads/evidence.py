"""What pictures say of one person's identity, put together: normal laws are multiplied, in constant memory.

Coefficients have a unit normal prior, and each picture leaves a normal law of them. The product of the laws needs two
sums and a count, so pictures can be added one by one as a video gives them, or whole sets of them added up.
"""

from dataclasses import dataclass

from jaxtyping import Float, Float64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class NormalLaw:
    """Independent normal laws, one of each coefficient.

    Attributes:
        mean: expected coefficients.
        std: their standard deviations, above zero.
    """

    mean: Float[Tensor, "*B D"]
    std: Float[Tensor, "*B D"]


@dataclass(frozen=True, eq=False)
class IdentityEvidence:
    """What n pictures told; `+` puts what two sets of pictures told together, in any order.

    Attributes:
        n: pictures.
        told: sum of the precisions that the pictures added to the prior's.
        weighted: sum of the means, each times its law's precision.
    """

    n: int
    told: Float64[Tensor, " D"]
    weighted: Float64[Tensor, " D"]

    @classmethod
    def of(cls, laws: NormalLaw) -> "IdentityEvidence":
        """What one or several pictures tell.

        A picture that leaves deviation s of a unit normal coefficient has told 1 / s^2 - 1, and never less than
        nothing.

        Args:
            laws: of the coefficients given each picture, the prior included; (D,) or (K, D).
        """
        mean, std = (values.double().reshape(-1, values.shape[-1]) for values in (laws.mean, laws.std))
        precision = std.square().reciprocal()
        return cls(len(mean), (precision - 1).clamp_min(0).sum(0), (mean * precision).sum(0))

    def __add__(self, other: "IdentityEvidence") -> "IdentityEvidence":
        return IdentityEvidence(self.n + other.n, self.told + other.told, self.weighted + other.weighted)

    def law(self, correlation: float = 0.0) -> NormalLaw:
        """The identity given all pictures, float64.

        Args:
            correlation: of the pictures' errors, from 0 (independent) to 1 (all err alike). K pictures then tell as
                much as K / (1 + (K - 1) correlation) independent ones: of a long video, 1 / correlation pictures.
        """
        share = 1 / (1 + (self.n - 1) * correlation)
        precision = 1 + share * self.told
        return NormalLaw(share * self.weighted / precision, precision.rsqrt())
