"""Coefficients of people who stand before a camera, in batches."""

import math
from dataclasses import replace
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.seeds import numpy_generator
from manyfaces.data.expressions import ExpressionShares, expression_law
from manyfaces.data.people.config import PeopleConfig
from manyfaces.detect.rnet_alignment import FRAME_ORIGIN_PX, rnet_affine
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.faces.model import DISTANCE_M, FOCAL_PX, JAW_UNIT_RAD, M_PER_DM
from manyfaces.heads.skin_colours import DIRECTIONS

N_EXPRESSIONS = 20_000
"""Expressions that are drawn beforehand, once, to be picked from."""

# Mean, deviation, least and greatest value where a colour is not unit normal: faces are seldom red, and beards are
# there or not.
_COLOUR_LAWS = {
    "tone": (-0.2, 1.0, -2.8, 1.2),
    "blood": (0.0, 0.6, -1.2, 1.6),
    "yellow": (0.0, 0.6, -1.4, 1.4),
    "lips_dark": (0.0, 0.8, -1.2, 2.0),
    "beard": (-0.6, 1.2, 0.0, 3.0),
    "moustache": (-0.6, 1.0, 0.0, 3.0),
    "brows_dark": (0.0, 0.8, -1.5, 1.5),
    "brows_warm": (0.0, 0.5, -1.0, 1.5),
    "hair_light": (-0.4, 1.0, -1.3, 2.6),
    "hair_warm": (0.0, 0.6, -1.0, 2.0),
}
# What light there is: mean and deviation of what comes from everywhere and from the front, deviations of the rest.
_AMBIENT, _FRONT, _LAMP, _CURVED, _TINT = (0.15, 0.12), (0.10, 0.10), 0.11, 0.05, 0.02


class CoefficientLaw:
    """Draws the coefficients of people; the same for the same generator state, on any device.

    Args:
        face: turns coefficients into faces; drawn colours have their own laws on a head with drawn colours.
        config: how.
        seed: of the expressions drawn beforehand.
    """

    def __init__(self, face: FaceModel, config: PeopleConfig, seed: int = 0):
        self._face, self._config = face, config
        self._expressions = drawn_expressions(face, config.expressions, seed)

    def sample(self, n: int, generator: torch.Generator) -> FaceCoefficients:
        """Draw n pictures' worth of coefficients.

        Args:
            n: a multiple of the configured renders per person.
            generator: source of all randomness, and the device of what comes out.
        """
        drawn = self.unplaced(n, generator)
        off = torch.rand(n, 3, generator=generator, device=generator.device) * 2 - 1
        return placed(self._face, drawn, self._config, off)

    def unplaced(self, n: int, generator: torch.Generator) -> FaceCoefficients:
        """What `sample` draws, without a translation: before the heads are put into R-Net's frame; see `placed`."""
        layout, device = self._face.layout, generator.device
        each = self._config.renders_per_person
        people = -(-n // each)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator, device=device)

        identity, colours = normal(people, layout.identity), self._colours(normal(people, layout.albedo))
        picked = torch.randint(len(self._expressions), (n,), generator=generator, device=device)
        return FaceCoefficients(
            identity=identity.repeat_interleave(each, 0)[:n],
            expression=self._expressions.to(device)[picked],
            albedo=colours.repeat_interleave(each, 0)[:n],
            angles=self._angles(normal(n, 3)),
            light=_light(normal(n, 3, 9), normal(n, 1, 9)),
            translation=normal(n, 3) * 0,
        )

    def _colours(self, unit: Tensor) -> Tensor:
        """Unit normal numbers brought to the laws of the drawn colours."""
        if self._face.head.n_albedo != len(DIRECTIONS):
            return unit
        columns = list(unit.unbind(-1))
        for name, (mean, deviation, low, high) in _COLOUR_LAWS.items():
            k = DIRECTIONS.index(name)
            if k < len(columns):
                columns[k] = (mean + deviation * columns[k]).clamp(low, high)
        return torch.stack(columns, -1)

    def _angles(self, unit: Tensor) -> Tensor:
        pairs = (self._config.pitch_deg, self._config.yaw_deg, self._config.roll_deg)
        scaled = [(unit[:, k] * deviation).clamp(-limit, limit) for k, (deviation, limit) in enumerate(pairs)]
        return torch.stack(scaled, -1) * (math.pi / 180)


def placed(face: FaceModel, c: FaceCoefficients, config: PeopleConfig, off: Float[Tensor, "B 3"]) -> FaceCoefficients:
    """Move heads to where a crop around their five points would show them, but for an error of that crop.

    Args:
        face: whose points these are.
        c: the heads; their translations are replaced.
        config: how large the crop's error can be.
        off: the error of scale, x and y, shares of that, -1 to 1.
    """
    affine = rnet_affine(face.five_px(replace(c, translation=torch.zeros_like(c.translation))))
    origin_px = torch.tensor(FRAME_ORIGIN_PX, device=off.device)
    zoom = affine[:, 0, 0] * torch.exp(config.zoom * off[:, 0])
    depth = DISTANCE_M / M_PER_DM / zoom
    moved_px = affine[:, :, 2] + (affine[:, :1, 0] - 1) * origin_px
    shift_px = moved_px + config.shift_px * off[:, 1:]
    across = shift_px * depth[:, None] / FOCAL_PX * torch.tensor([1.0, -1.0], device=off.device)
    translation = torch.cat([across, (DISTANCE_M / M_PER_DM - depth)[:, None]], -1)
    return replace(c, translation=translation)


@lru_cache(maxsize=8)
def drawn_expressions(face: FaceModel, shares: ExpressionShares, seed: int) -> Float[Tensor, "N E"]:
    """Expressions with their jaws to pick from; drawing them takes seconds, which many a law would spend again."""
    generator, law = numpy_generator(seed, "expressions"), expression_law(face.head, shares)
    n_own = face.layout.expression - face.n_jaw
    drawn = [law.sample(generator) for _ in range(N_EXPRESSIONS)]
    expressions = torch.stack([expression[:n_own] for expression, _ in drawn])
    if not face.n_jaw:
        return expressions
    return torch.cat([expressions, torch.stack([jaw for _, jaw in drawn]) / JAW_UNIT_RAD], 1)


def _light(own: Float[Tensor, "B 3 9"], shared: Float[Tensor, "B 1 9"]) -> Float[Tensor, "B 3 9"]:
    """Mostly white light from the front; a little colour of its own."""
    mean = torch.tensor([_AMBIENT[0], 0, _FRONT[0], *[0.0] * 6], device=own.device)
    scale = torch.tensor([_AMBIENT[1], _LAMP, _FRONT[1], _LAMP, *[_CURVED] * 5], device=own.device)
    return mean + scale * shared + _TINT * own
