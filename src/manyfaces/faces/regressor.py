"""What all networks that predict coefficients have in common: the units that they predict in."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import InputError
from manyfaces.faces.coefficients import CoefficientLayout

_LEAST_DEVIATION = 1e-4


class CoefficientRegressor(nn.Module):
    """A network whose last layer's numbers are coefficients, or deviations of the training faces about their mean.

    Args:
        layout: what is predicted.
        scaled: predict in units of the training faces' deviations. Published networks predict coefficients as they are.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, layout: CoefficientLayout, scaled: bool):
        super().__init__()
        self.is_scaled = scaled
        if scaled:
            self.register_buffer("mean", torch.zeros(layout.size))
            self.register_buffer("deviation", torch.ones(layout.size))

    def fit_scale(self, coefficients: Float[Tensor, "N K"]) -> None:
        """Take mean and deviation of training faces as the scale of predictions.

        Raises:
            InputError: the network predicts coefficients as they are.
        """
        if not self.is_scaled:
            raise InputError("this network predicts coefficients as they are", "configure it as scaled")
        self.mean.copy_(coefficients.mean(0))
        self.deviation.copy_(coefficients.std(0).clamp(min=_LEAST_DEVIATION))

    def take_scale(self, other: "CoefficientRegressor") -> None:
        """Predict in another network's units; as things are where neither is scaled."""
        if self.is_scaled:
            self.mean.copy_(other.mean)
            self.deviation.copy_(other.deviation)

    def in_coefficients(self, raw: Float[Tensor, "*B K"]) -> Float[Tensor, "*B K"]:
        """Coefficients from what the last layer says."""
        return self.mean + self.deviation * raw.float() if self.is_scaled else raw
