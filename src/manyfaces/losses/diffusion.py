"""Losses of the denoising networks."""

from jaxtyping import Float
from torch import Tensor


def noise_l1(predicted: Float[Tensor, "*B D"], noise: Float[Tensor, "*B D"]) -> Float[Tensor, ""]:
    """Mean |eps_hat - eps| (OFER, eq. 2 and 6)."""
    return (predicted - noise).abs().mean()


def noise_mse(predicted: Float[Tensor, "*B D"], noise: Float[Tensor, "*B D"]) -> Float[Tensor, ""]:
    """Mean (eps_hat - eps)^2 (DDPM, eq. 14), the published code's other choice; there it is multiplied by 100."""
    return (predicted - noise).square().mean()
