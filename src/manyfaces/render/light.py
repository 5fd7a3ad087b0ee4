"""Light as nine spherical-harmonic coefficients per colour."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

# The share of each order that a matte surface passes on: A_l / pi of Ramamoorthi & Hanrahan 2001, equation 8.
_MATTE = torch.tensor([1.0] + [2 / 3] * 3 + [1 / 4] * 5)


def spherical_harmonics(normals: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 9"]:
    """The real orthonormal spherical harmonics up to order two.

    Args:
        normals: unit vectors.

    Returns:
        Basis values in the order 1, y, z, x, xy, yz, 3z^2 - 1, xz, x^2 - y^2 (Ramamoorthi & Hanrahan 2001, equation 3).
    """
    x, y, z = normals.unbind(-1)
    first, second = math.sqrt(3 / (4 * math.pi)), math.sqrt(15 / (4 * math.pi))
    return torch.stack(
        [
            torch.full_like(x, math.sqrt(1 / (4 * math.pi))),
            first * y,
            first * z,
            first * x,
            second * x * y,
            second * y * z,
            math.sqrt(5 / (16 * math.pi)) * (3 * z * z - 1),
            second * x * z,
            second / 2 * (x * x - y * y),
        ],
        -1,
    )


def deng_harmonics(normals: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 9"]:
    """The nine functions that R-Net's light multiplies, with the published constants, order and signs.

    They are `spherical_harmonics` times what a matte surface passes on, but for factors and signs of their own; light
    in these units can only be used with them.

    Args:
        normals: unit vectors, x to the subject's left, y up, z towards the viewer.

    Source: Deng et al., CVPRW 2019, equation 2, constants of the published code.
    """
    x, y, z = normals.unbind(-1)
    zeroth = math.pi / math.sqrt(4 * math.pi)
    first = 2 * math.pi / math.sqrt(3) * math.sqrt(3 / (4 * math.pi))
    second = 2 * math.pi / math.sqrt(8) * 3 * math.sqrt(5 / (12 * math.pi))
    return torch.stack(
        [
            torch.full_like(x, zeroth),
            -first * y,
            first * z,
            -first * x,
            second * x * y,
            -second * y * z,
            second / (2 * math.sqrt(3)) * (3 * z * z - 1),
            -second * x * z,
            second / 2 * (x * x - y * y),
        ],
        -1,
    )


def distant_light(direction: tuple[float, float, float], colour: tuple[float, float, float]) -> Float[Tensor, "9 3"]:
    """A far lamp.

    Args:
        direction: towards the lamp, any length.
        colour: linear RGB that a white matte surface square to the lamp sends back (of the exact lamp, not of its
            second-order approximation).
    """
    towards = torch.nn.functional.normalize(torch.tensor(direction), dim=0)
    return math.pi * spherical_harmonics(towards)[:, None] * torch.tensor(colour)


def ambient_light(colour: tuple[float, float, float]) -> Float[Tensor, "9 3"]:
    """The same light from everywhere: linear RGB that a white matte surface sends back."""
    light = torch.zeros(9, 3)
    light[0] = math.sqrt(4 * math.pi) * torch.tensor(colour)
    return light


def shade(
    albedo: Float[Tensor, "*#B 3"], normals: Float[Tensor, "*#B 3"], light: Float[Tensor, "*#L 9 3"]
) -> Float[Tensor, "*S 3"]:
    """The linear light that a matte surface sends back; no shadows, never negative.

    Args:
        albedo: linear RGB (see `linear_from_srgb`), not sRGB.
        normals: unit vectors in the light's frame.
        light: radiance coefficients, one set or one per frame.

    Source: Ramamoorthi & Hanrahan 2001, equation 12.
    """
    irradiance = spherical_harmonics(normals) @ (light * _MATTE.to(light)[:, None])
    return albedo * irradiance.clamp(min=0)


def _portrait_light() -> Float[Tensor, "9 3"]:
    """A soft warm key from the upper left of the picture, a cooler fill from the right, and some from everywhere."""
    key = distant_light((-0.55, 0.7, 0.55), (0.98, 0.95, 0.90))
    fill = distant_light((0.85, 0.0, 0.4), (0.27, 0.285, 0.305))
    return key + fill + ambient_light((0.125, 0.13, 0.135))


DEFAULT_LIGHT = _portrait_light()
