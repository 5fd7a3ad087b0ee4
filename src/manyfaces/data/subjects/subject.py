"""Synthetic persons whose faces no base model can fully give: their own shape, skin, relief and wrinkles."""

import copy
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.seeds import torch_generator
from manyfaces.data.people import CoefficientLaw, PeopleConfig
from manyfaces.data.subjects.colours import draw_blotches, draw_marks
from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.relief import static_relief
from manyfaces.data.subjects.shape import draw_gap, outside_colours, outside_shapes
from manyfaces.data.subjects.wrinkles import brought_out, sensitivity, wrinkle_pattern
from manyfaces.data.subjects.zones import FaceMap, wrinkle_zones
from manyfaces.faces import FaceModel
from manyfaces.methods.personal.surface import DetailSurface
from manyfaces.nn.displacement import REACH_M

_CREASE = torch.tensor([22.0, 38.0, 36.0])  # how much darker a crease is, per metre of its depth


@dataclass(frozen=True, eq=False)
class Subject:
    """One person.

    Attributes:
        number: of the subject among those of its seed.
        face: the face model whose mean head and mean colours are this person's own: with `identity` and `albedo` it
            gives the person. Vertices, landmarks and colours of it are exact.
        identity: the part of the shape that the base model can give, standard deviations.
        albedo: the same of the colours.
        age: 0 to 1.
        marks: change of albedo on the texels, too fine for vertices.
        static_m: displacement of the face at rest, metres.
        pattern_m: what fully compressed skin adds to it, metres.
        rest_share: how much of the pattern is in `static_m` already.
        half_tension: see `sensitivity`.
    """

    number: int
    face: FaceModel
    identity: Float[Tensor, " S"]
    albedo: Float[Tensor, " T"]
    age: float
    marks: Float[Tensor, "H W 3"]
    static_m: Float[Tensor, "H W"]
    pattern_m: Float[Tensor, "H W"]
    rest_share: float
    half_tension: Float[Tensor, "H W"]

    @cached_property
    def neutral(self) -> Float[Tensor, "1 V 3"]:
        """The head without expression, about the face model's origin."""
        return self.face.head(self.identity[None]) - self.face.origin

    @cached_property
    def colours(self) -> Float[Tensor, "V 3"]:
        """Albedo of the vertices; what is finer is in `marks`."""
        return self.face.head.albedo(self.albedo)

    def displacement_m(self, tension: Float[Tensor, "B H W"]) -> Float[Tensor, "B H W"]:
        """The person's detail under a tension map of `DetailSurface.tension`, metres outward."""
        shown = brought_out(tension, self.half_tension) * (1 - self.rest_share)
        return (self.static_m + shown * self.pattern_m).clamp(-REACH_M, REACH_M)


class SubjectLaw:
    """Draws persons; the same for the same seed and number.

    Args:
        face: the base model's face, on the CPU.
        surface: where detail lies, on the CPU.
        config: how far persons are from the base model.
    """

    def __init__(self, face: FaceModel, surface: DetailSurface, config: SubjectConfig | None = None):
        self.face, self.surface, self.config = face, surface, config or SubjectConfig()
        self.map = FaceMap.of(face, surface)
        self._zones = wrinkle_zones(self.map)
        self._half = sensitivity(self._zones)
        self._shapes, self._colours = outside_shapes(face), outside_colours(face)
        self._coefficients = CoefficientLaw(face, PeopleConfig())

    @torch.no_grad()
    def draw(self, seed: int, number: int) -> Subject:
        """Draw one person."""
        config, face = self.config, self.face

        def stream(name: str) -> torch.Generator:
            return torch_generator(seed, "subject", number, name)

        usual = self._coefficients.sample(1, stream("coefficients"))
        age = float(torch.rand(1, generator=stream("age")))
        gap = draw_gap(face, self._shapes, config, stream("gap"))
        blotches = draw_blotches(face, self._colours, config, stream("blotches"))
        pattern = wrinkle_pattern(self.map, self._zones, age, config, stream("wrinkles"))
        relief = static_relief(self.map, self._zones, age, config, stream("relief"))
        low, high = config.rest_share
        rest_share = low + (high - low) * age
        marks = draw_marks(self.map, age, config, stream("marks"))
        creases = (-pattern).clamp(min=0)[..., None] * _CREASE
        return Subject(
            number,
            _own_face(face, gap, blotches),
            usual.identity[0],
            usual.albedo[0],
            age,
            marks - creases * (0.3 + 0.7 * age),
            (relief + rest_share * pattern).clamp(-REACH_M, REACH_M),
            pattern,
            rest_share,
            self._half,
        )


def _own_face(face: FaceModel, gap: Tensor, blotches: Tensor) -> FaceModel:
    """The face model with another mean; everything else is shared with the base, not copied."""
    head, own = copy.copy(face.head), copy.copy(face)
    assert face.head.mean_albedo is not None
    means = {"template": face.head.template + gap, "mean_albedo": face.head.mean_albedo + blotches}
    head._buffers = face.head._buffers | means
    head.data = replace(face.head.data, template=means["template"].numpy(), albedo=means["mean_albedo"].numpy())
    own._modules = face._modules | {"head": head}
    return own
