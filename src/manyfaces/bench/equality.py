"""Does a fast sampler draw from the same distribution as the reference? Judged against two seeds of the reference."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import SamplerConfig
from manyfaces.metrics import energy_distance, statistics_gap

Draw = Callable[[SamplerConfig, torch.Generator], Float[Tensor, "n N D"]]
"""N samples for each of n conditions."""


@dataclass(frozen=True)
class SamplerEquality:
    """How far a fast sampler is from the reference one; 1 is as far as two seeds of the reference are.

    Attributes:
        statistics: ratio of the RMS, over conditions and coefficients, of the differences in mean and in std.
        energy: ratio of the mean energy distance over conditions.
    """

    statistics: float
    energy: float


def sampler_equality(draw: Draw, fast: SamplerConfig, reference: SamplerConfig, seed: int = 0) -> SamplerEquality:
    """Compare a fast sampler with two seeds of the reference.

    Args:
        draw: makes the samples.
        fast: the sampler under test.
        reference: what it should equal.
        seed: root of the three random streams.
    """
    first, second = (draw(reference, torch_generator(seed, "reference", k)) for k in range(2))
    quick = draw(fast, torch_generator(seed, "fast"))
    # Both seeds serve as reference: half the noise of one.
    gap = float((statistics_gap(quick, first).square() + statistics_gap(quick, second).square()).div(2).sqrt())
    energy = float((energy_distance(quick, first) + energy_distance(quick, second)).mean() / 2)
    return SamplerEquality(
        gap / float(statistics_gap(first, second)), energy / float(energy_distance(first, second).mean())
    )
