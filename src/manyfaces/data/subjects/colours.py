"""One person's skin colours beyond the coefficients: blotches at the vertices, marks and stubble on the texels."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.fields import normal, smooth_maps, spots, uniform, waves_in_space
from manyfaces.data.subjects.shape import OutsideSpan
from manyfaces.data.subjects.zones import FaceMap
from manyfaces.faces import FaceModel

_BLOTCH_WAVES_M = (0.02, 0.09)
_BLOOD = torch.tensor([0.3, 1.0, 0.9])  # red stays, green and blue go
_MOLE = torch.tensor([0.55, 0.8, 0.9])


def draw_blotches(
    face: FaceModel, outside: OutsideSpan, config: SubjectConfig, generator: torch.Generator
) -> Float[Tensor, "V 3"]:
    """Smooth changes of the skin's colour at the vertices, none of which albedo coefficients give."""
    head = face.head
    waves = waves_in_space(head.template, _BLOTCH_WAVES_M, 2, generator)
    drawn = waves[:, :1] * 0.7 + waves[:, 1:] * _BLOOD.to(waves)
    skin = head.region("skin", "face").to(waves)[:, None]
    return outside.rest(drawn * skin) * uniform(config.blotches, generator, 1)


def draw_marks(face: FaceMap, age: float, config: SubjectConfig, generator: torch.Generator) -> Float[Tensor, "S S 3"]:
    """Moles, freckles and grain on the texels, a change of albedo; too fine for the vertices of a head."""
    side = len(face.skin)
    texels = face.at[face.skin > 0.5]
    n = int(torch.randint(config.marks[0], config.marks[1] + 1, (), generator=generator))
    centres = texels[torch.randint(len(texels), (n,), generator=generator)]
    wide_m = torch.exp(normal(generator, n) * 0.35) * 0.0013
    dark = uniform((0.03, 0.22), generator, n) * (0.5 + 0.5 * age)
    darker = (spots(face.at, centres, wide_m) @ dark).clamp(max=0.35)
    grain = smooth_maps(2, 64, side, generator) * float(uniform((0.003, 0.012), generator, 1))
    tones = grain[0, ..., None] + grain[1, ..., None] * _BLOOD / math.sqrt(2)
    return (tones - darker[..., None] * _MOLE) * face.skin[..., None]
