"""Raw coefficients to unit variance and back."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.nn.marginals import NormalMarginals


class ConditionalStandardiser(nn.Module):
    """(x - mean(context)) / std(context), both linear fits; starts as the identity.

    With `normal_marginals`, x is brought to a normal law coordinate by coordinate first, and mean and std are of that.

    A well-trained encoder's features say most of what can be said linearly. What is left has about unit variance
    whatever the context, so the diffusion model need not learn to be narrow where a photo says much, and wide where it
    says little.
    """

    mean_weight: Tensor
    mean_bias: Tensor
    log_std_weight: Tensor
    log_std_bias: Tensor

    def __init__(self, dim: int, context_dim: int, normal_marginals: bool = False):
        super().__init__()
        self.marginals = NormalMarginals(dim) if normal_marginals else None
        self.register_buffer("mean_weight", torch.zeros(dim, context_dim))
        self.register_buffer("mean_bias", torch.zeros(dim))
        self.register_buffer("log_std_weight", torch.zeros(dim, context_dim))
        self.register_buffer("log_std_bias", torch.zeros(dim))

    def mean(self, context: Float[Tensor, "*B C"]) -> Float[Tensor, "*B D"]:
        """What is expected of x."""
        return context @ self.mean_weight.mT + self.mean_bias

    def std(self, context: Float[Tensor, "*B C"]) -> Float[Tensor, "*B D"]:
        """How far x is from it."""
        return (context @ self.log_std_weight.mT + self.log_std_bias).clamp(-7, 3).exp()

    def forward(self, x: Float[Tensor, "*B D"], context: Float[Tensor, "*#B C"]) -> Float[Tensor, "*B D"]:
        """Standardise."""
        return (self._normal(x) - self.mean(context)) / self.std(context)

    def inverse(self, x: Float[Tensor, "*B D"], context: Float[Tensor, "*#B C"]) -> Float[Tensor, "*B D"]:
        """Back to raw units."""
        x = x * self.std(context) + self.mean(context)
        return x if self.marginals is None else self.marginals.inverse(x)

    def deviation(self, context: Float[Tensor, "*B C"]) -> Float[Tensor, "*B D"]:
        """How far x may be from what is expected, raw units: half of what lies between plus and minus one."""
        one = torch.ones_like(self.mean(context))
        return (self.inverse(one, context) - self.inverse(-one, context)) / 2

    def _normal(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        return x if self.marginals is None else self.marginals(x)

    @torch.no_grad()
    def fit(self, samples: Float[Tensor, "N D"], contexts: Float[Tensor, "N C"], ridge: float = 1e-3) -> None:
        """Fit by ridge regression: first the mean, then the log of the squared residuals.

        Args:
            samples: true vectors, many more than context numbers.
            contexts: their contexts.
            ridge: penalty, in units of the contexts' mean square.
        """
        if self.marginals is not None:
            self.marginals.fit(samples)
        samples = self._normal(samples)
        weight, bias = _ridge(contexts, samples, ridge)
        self.mean_weight.copy_(weight)
        self.mean_bias.copy_(bias)
        residual = samples - self.mean(contexts)
        floor = 1e-3 * residual.square().mean(0) + 1e-12
        # Ten times the penalty: logs of squares are noisy, and a spread wrong by much is worse than one too plain.
        weight, bias = _ridge(contexts, 0.5 * (residual.square() + floor).log(), 10 * ridge)
        self.log_std_weight.copy_(weight)
        self.log_std_bias.copy_(bias)
        # The mean of a log is below the log of the mean: bring the residuals to unit variance.
        self.log_std_bias += 0.5 * (residual / self.std(contexts)).square().mean(0).clamp_min(1e-12).log()


def _ridge(inputs: Tensor, targets: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    x, y = inputs.double(), targets.double()
    x_mean, y_mean = x.mean(0), y.mean(0)
    x, y = x - x_mean, y - y_mean
    gram = x.mT @ x / len(x)
    gram += penalty * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
    weight = torch.cholesky_solve(x.mT @ y / len(x), torch.linalg.cholesky(gram)).mT
    return weight.float(), (y_mean - weight @ x_mean).float()
