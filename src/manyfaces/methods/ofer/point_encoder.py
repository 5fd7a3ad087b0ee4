"""Dense face points to the condition vector: the open recipe's stand-in for ArcFace and FaRL.

A multilayer perceptron sees the detector's points, their depth, what is hidden and where the crop lies, and is first
trained alone to say where the points really are and what the coefficients are on average. Its features then condition
the three OFER networks, as the paper's pre-trained encoders do.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class PointEncoderConfig:
    """Sizes of the point encoder.

    Attributes:
        widths: hidden layers; the last is the condition's length.
        n_points: points of the detector.
        n_point_modes: principal components kept of the points.
        n_depth_modes: of their depth.
        n_hidden_modes: of how hidden they are.
        n_shift_modes: of the correction.
        n_error_modes: of what the correction leaves.
        n_cells: cells a side of the map of what is hidden.
        n_identity: identity coefficients.
        n_expression: expression coefficients.
    """

    widths: tuple[int, ...] = (768, 512, 256)
    n_points: int = 468
    n_point_modes: int = 80
    n_depth_modes: int = 24
    n_hidden_modes: int = 40
    n_shift_modes: int = 80
    n_error_modes: int = 40
    n_cells: int = 16
    n_identity: int = 100
    n_expression: int = 50


@dataclass(frozen=True)
class Observations:
    """A batch of observations, crop units (see `manyfaces.detect.observation`).

    Attributes:
        points: the detector's points.
        depth: their depth.
        hidden: share of each cell that is hidden.
        hidden_at: how hidden each point is, 0 to 1.
        score: the detector's score.
    """

    points: Float[Tensor, "B N 2"]
    depth: Float[Tensor, "B N"]
    hidden: Float[Tensor, "B G G"]
    hidden_at: Float[Tensor, "B N"]
    score: Float[Tensor, " B"]

    def __len__(self) -> int:
        return len(self.points)

    def at(self, rows: Tensor) -> "Observations":
        """The chosen rows."""
        return Observations(
            self.points[rows], self.depth[rows], self.hidden[rows], self.hidden_at[rows], self.score[rows]
        )


@dataclass(frozen=True)
class PointEstimate:
    """What the encoder makes of a batch of observations.

    Attributes:
        condition: features for the OFER networks.
        points: where the points really are, hidden ones included, crop units.
        scale: how far off each of them may be (mean distance), crop units.
        identity: mean of the identity coefficients.
        expression: mean of the expression coefficients.
        jaw: mean of the jaw's axis-angle, radians.
    """

    condition: Float[Tensor, "B C"]
    points: Float[Tensor, "B N 2"]
    scale: Float[Tensor, "B N"]
    identity: Float[Tensor, "B S"]
    expression: Float[Tensor, "B E"]
    jaw: Float[Tensor, "B 3"]


class Modes(nn.Module):
    """Principal components: a vector to a few whitened numbers, and back."""

    mean: Tensor
    directions: Tensor
    deviation: Tensor

    def __init__(self, dim: int, n_modes: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("directions", torch.zeros(n_modes, dim))
        self.register_buffer("deviation", torch.ones(n_modes))

    def forward(self, x: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        """Project and whiten."""
        return (x - self.mean) @ self.directions.mT / self.deviation

    def back(self, modes: Float[Tensor, "B K"]) -> Float[Tensor, "B D"]:
        """From whitened numbers to vectors."""
        return (modes * self.deviation) @ self.directions + self.mean

    @torch.no_grad()
    def fit(self, samples: Float[Tensor, "N D"]) -> None:
        """Take mean, directions and deviations from samples (N > D)."""
        self.mean.copy_(samples.mean(0))
        centred = (samples - self.mean).double()
        values, vectors = torch.linalg.eigh(centred.mT @ centred / len(samples))
        n_modes = len(self.deviation)
        self.directions.copy_(vectors[:, -n_modes:].flip(-1).mT)
        self.deviation.copy_(values[-n_modes:].flip(-1).clamp_min(1e-8).sqrt())


class PointEncoder(nn.Module):
    """Observations in, condition vector and estimates out."""

    coefficient_mean: Tensor
    coefficient_std: Tensor

    def __init__(self, config: PointEncoderConfig | None = None):
        super().__init__()
        config = config or PointEncoderConfig()
        self.config = config
        n = config.n_points
        self.point_modes = Modes(2 * n, config.n_point_modes)
        self.depth_modes = Modes(n, config.n_depth_modes)
        self.hidden_modes = Modes(n, config.n_hidden_modes)
        self.shift_modes = Modes(2 * n, config.n_shift_modes)
        self.error_modes = Modes(2 * n, config.n_error_modes)
        n_coefficients = config.n_identity + config.n_expression + 3
        self.register_buffer("coefficient_mean", torch.zeros(n_coefficients))
        self.register_buffer("coefficient_std", torch.ones(n_coefficients))
        n_inputs = 2 * config.n_point_modes + config.n_depth_modes + config.n_hidden_modes + config.n_cells**2 + 1
        widths = (n_inputs, *config.widths)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.norm = nn.LayerNorm(widths[-1])
        self.shift_head = nn.Linear(widths[-1], config.n_shift_modes)
        self.scale_head = nn.Linear(widths[-1], n)
        self.coefficient_head = nn.Linear(widths[-1], n_coefficients)

    def inputs(self, seen: Observations) -> Float[Tensor, "B I"]:
        """The numbers the first layer sees."""
        points = self.point_modes(seen.points.flatten(1))
        # Whitened for the small modes, and once more at natural proportions: the large ones carry the pose.
        natural = points * (self.point_modes.deviation / self.point_modes.deviation[0])
        parts = [points, natural, self.depth_modes(seen.depth), self.hidden_modes(seen.hidden_at)]
        return torch.cat([*parts, 2 * seen.hidden.flatten(1) - 0.5, seen.score[:, None]], 1)

    def forward(self, seen: Observations) -> PointEstimate:
        """Encode a batch."""
        return self.estimate(seen, self.condition(seen))

    def condition(self, seen: Observations) -> Float[Tensor, "B C"]:
        """The condition vectors of a batch."""
        x = self.inputs(seen)
        for layer in self.layers[:-1]:
            x = F.gelu(layer(x))
        return self.norm(self.layers[-1](x))

    def estimate(self, seen: Observations, condition: Float[Tensor, "B C"]) -> PointEstimate:
        """Read points and coefficients off the condition vectors."""
        shift = self.shift_modes.back(self.shift_head(condition)).unflatten(1, (-1, 2))
        sizes = [self.config.n_identity, self.config.n_expression, 3]
        identity, expression, jaw = self.coefficients(condition).split(sizes, -1)
        scale = F.softplus(self.scale_head(condition)) * TYPICAL_ERROR + 1e-3
        return PointEstimate(condition, seen.points + shift, scale, identity, expression, jaw)

    def coefficients(self, condition: Float[Tensor, "B C"]) -> Float[Tensor, "B K"]:
        """Means of identity, expression and jaw, one after the other: a deterministic regressor's answer."""
        return self.coefficient_head(condition) * self.coefficient_std + self.coefficient_mean

    def draw_errors(self, n: int, generator: torch.Generator) -> Float[Tensor, "N P 2"]:
        """Draw what the estimated points may be off by, in units of their scale; errors of one draw go together."""
        modes = torch.randn(n, len(self.error_modes.deviation), generator=generator)
        return (modes * self.error_modes.deviation @ self.error_modes.directions).unflatten(1, (-1, 2))

    @torch.no_grad()
    def fit_errors(self, seen: Observations, points: Float[Tensor, "N P 2"]) -> None:
        """Learn how the errors go together from observations the encoder was not trained on."""
        found = self(seen)
        self.error_modes.fit(((points - found.points) / found.scale[..., None]).flatten(1))

    @torch.no_grad()
    def fit_statistics(
        self, seen: Observations, points: Float[Tensor, "N P 2"], coefficients: Float[Tensor, "N K"]
    ) -> None:
        """Take all principal components and means from a training set."""
        self.point_modes.fit(seen.points.flatten(1))
        self.depth_modes.fit(seen.depth)
        self.hidden_modes.fit(seen.hidden_at)
        self.shift_modes.fit((points - seen.points).flatten(1))
        self.coefficient_mean.copy_(coefficients.mean(0))
        self.coefficient_std.copy_(coefficients.std(0).clamp_min(1e-6))

    def loss(
        self,
        seen: Observations,
        points: Float[Tensor, "B P 2"],
        coefficients: Float[Tensor, "B K"],
    ) -> Float[Tensor, ""]:
        """Negative log likelihood of the true points (a radial Laplace law) plus squared error of the coefficients."""
        found = self(seen)
        distance = (found.points - points).square().sum(-1).add(1e-8).sqrt()
        log_likelihood = -(2 * distance / found.scale) - 2 * found.scale.log()
        means = torch.cat([found.identity, found.expression, found.jaw], -1)
        wrong = ((means - coefficients) / self.coefficient_std).square().mean()
        return -log_likelihood.mean() + COEFFICIENT_WEIGHT * wrong


ERROR_SPREAD = 1.8
"""The encoder's errors are those on renders; on photos they are larger by this. Chosen so that fifteen hypotheses hold
the truth as often as they should on photos that no figure is reported on."""

# Mean distance of the detector's points from the truth, crop units: where the scales start.
TYPICAL_ERROR = 0.03
# The likelihood's unit is a nat a point. The coefficients are what the condition is for, and much harder to read.
COEFFICIENT_WEIGHT = 4.0
