"""Reconstructions of frame after frame without trembling: what changes is filtered, what is drawn from it follows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry.smoothing import ROTATIONS, SelfTuned, Tuned
from manyfaces.pipeline.result import Appearance, Reconstruction
from manyfaces.pipeline.video.placement import Placement

FILTERS: Mapping[str, SelfTuned] = {
    "expression": SelfTuned(0.05),
    "jaw": SelfTuned(0.002),
    "rotation": SelfTuned(0.002, ROTATIONS),
    "anchor_px": SelfTuned(0.2),
    "log_scale": SelfTuned(0.001),
    "log_depth": SelfTuned(0.001),
    "points_px": SelfTuned(0.2),
    "colours": SelfTuned(0.005),
    "light": SelfTuned(0.01),
}
"""How each signal is filtered; the numbers are where the estimates of their noise begin, in the signals' units."""


class Steadier:
    """Filters reconstructions of one clip, each before the next comes; without knowing later ones, nothing lags."""

    def __init__(self) -> None:
        self._states: dict[str, Tuned] = {}

    def step(self, result: Reconstruction, time_s: float) -> Reconstruction:
        """Filter the next one.

        Args:
            result: one hypothesis.
            time_s: when, seconds; later than before.
        """
        anchor = _anchor(result)
        measured = _signals(result, anchor)
        for name, value in measured.items():
            self._states[name] = FILTERS[name].step(self._states.get(name), value, time_s)
        return _with_signals(result, {name: self._states[name].value for name in measured}, anchor)


def _anchor(result: Reconstruction) -> Float[Tensor, "3"]:
    """The middle of the mean face's front: it is the same for all frames, and moves the least as the head turns."""
    return result.head.template[result.front].mean(0)


def _signals(result: Reconstruction, anchor: Float[Tensor, "3"]) -> dict[str, Tensor]:
    placed = Placement.of(result.cameras, anchor)
    signals = {
        "expression": result.expressions,
        "jaw": result.jaw,
        "rotation": placed.rotation,
        "anchor_px": placed.anchor_px,
        "log_scale": placed.log_scale,
        "log_depth": placed.log_depth,
        "points_px": torch.from_numpy(result.points_px),
    }
    if result.appearance is not None:
        signals |= {"colours": result.appearance.colours, "light": result.appearance.coefficients.light}
    return signals


def _with_signals(result: Reconstruction, values: Mapping[str, Tensor], anchor: Float[Tensor, "3"]) -> Reconstruction:
    names = ("rotation", "anchor_px", "log_scale", "log_depth")
    placed = Placement(**{name: values[name] for name in names})
    appearance = result.appearance
    if appearance is not None:
        coefficients = replace(appearance.coefficients, light=values["light"])
        appearance = Appearance(coefficients, appearance.albedo, values["colours"].clamp(0, 1))
    return replace(
        result,
        expressions=values["expression"],
        jaw=values["jaw"],
        cameras=placed.camera(result.cameras, anchor),
        points_px=values["points_px"].numpy().astype(np.float32),
        appearance=appearance,
    )
