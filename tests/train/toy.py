"""A source whose posteriors are known in closed form."""

from dataclasses import dataclass

import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.methods.ofer import Example, OferConfig, RankConfig, UNetConfig

TOY = OferConfig(
    idgen=UNetConfig(widths=(48, 24), heads=2, head_dim=8, n_qkv=4, time_dim=32),
    expgen=UNetConfig(widths=(48, 24), heads=2, head_dim=8, n_qkv=4, time_dim=32),
    idrank=RankConfig(widths=(64, 32), n_vertices=10, temperature_mm=0.3),
    n_identity=4,
    n_expression=5,
    n_jaw=3,
    identity_condition_dim=6,
    expression_condition_dim=6,
    rank_condition_dim=6,
)


@dataclass(frozen=True)
class GaussianSource:
    """condition = A identity + noise: the posterior of the identity is a known Gaussian."""

    noise: float = 0.5

    @property
    def matrix(self) -> torch.Tensor:
        matrix = torch.randn(6, 4, generator=torch_generator(7, "matrix"))
        matrix[:, 3] = 0.0  # the last coefficient is hidden
        return matrix

    def batch(self, seed: int, step: int, size: int, rows=slice(None)) -> Example:
        generator = torch_generator(seed, "toy", step)
        identity = torch.randn(size, 4, generator=generator)
        condition = identity @ self.matrix.T + self.noise * torch.randn(size, 6, generator=generator)
        expression = 2.0 + 0.3 * torch.randn(size, 5, generator=generator) + 0.2 * condition[:, :5]
        jaw = 0.05 * torch.randn(size, 3, generator=generator)
        return Example(condition[rows], identity[rows], expression[rows], jaw[rows])

    def posterior(self, condition: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean (B, 4) and covariance (4, 4)."""
        a = self.matrix
        covariance = torch.linalg.inv(torch.eye(4) + a.T @ a / self.noise**2)
        return condition @ a @ covariance / self.noise**2, covariance
