"""Expressions that wrinkle faces, and how subjects' frames are drawn."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.people import CoefficientLaw, PeopleConfig
from manyfaces.data.people.coefficients import drawn_expressions, placed
from manyfaces.data.subjects.fields import uniform
from manyfaces.data.subjects.subject import Subject
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.faces.model import usual
from manyfaces.heads import HeadModel
from manyfaces.render import deng_harmonics

# Units by ARKit's names, without their side.
MOODS = {
    "raised brows": {"browInnerUp": 1.0, "browOuterUp": 1.0, "eyeWide": 0.4},
    "frown": {"browDown": 1.0, "noseSneer": 0.3, "eyeSquint": 0.3},
    "smile": {"mouthSmile": 0.9, "cheekSquint": 0.7, "eyeSquint": 0.4},
    "disgust": {"noseSneer": 1.0, "browDown": 0.6, "mouthUpperUp": 0.7, "cheekSquint": 0.5},
    "pucker": {"mouthPucker": 1.0, "browDown": 0.3},
    "squint": {"eyeSquint": 1.0, "cheekSquint": 1.0, "browDown": 0.4},
    "sadness": {"browInnerUp": 1.0, "mouthFrown": 1.0, "mouthShrugLower": 0.5},
}
"""Expressions that bring wrinkles out, at full strength."""

# Of the light's nine functions: how much stronger than usual lamps can be, and how far they stand above.
_LAMP, _FROM_ABOVE = 2.2, (0.0, 0.25)
_SIDEWAYS = torch.tensor([True, False, True])  # of y, z, x
_STRONGEST = 0.45
_BRIGHTNESS = (0.75, 1.15)  # of skin, the brightest of these directions of it
_AROUND = ((0.0, 0.0, 1.0), (0.8, 0.0, 1.0), (-0.8, 0.0, 1.0), (0.0, 0.6, 1.0), (0.0, -0.6, 1.0))


@dataclass(frozen=True)
class FrameConfig:
    """What the frames of a subject are like.

    Attributes:
        neutral: share of frames without any expression.
        mood: share of those that mix two of `MOODS`; the rest wear what people wear before cameras.
        people: how pose and crop are drawn.
    """

    neutral: float = 0.12
    mood: float = 0.55
    people: PeopleConfig = field(default_factory=PeopleConfig)


def mood_coefficients(head: HeadModel) -> dict[str, Float[Tensor, " E"]]:
    """Expression coefficients of all moods, without the jaw; none where the head has no units of that name."""
    data = head.data
    basis = data.expression_basis.reshape(head.n_expression, -1)
    gram = basis @ basis.T
    moods = {}
    for mood, units in MOODS.items():
        shape = np.zeros(basis.shape[1])
        for name, amount in units.items():
            for full in (name, name + "Left", name + "Right"):
                if full in data.unit_names:
                    shape = shape + amount * data.unit_shapes[data.unit_names.index(full)].ravel()
        if shape.any():
            moods[mood] = torch.from_numpy(np.linalg.solve(gram, basis @ shape)).float()
    return moods


class FrameLaw:
    """Draws frames of subjects: expressions, poses, light.

    Args:
        face: the base model's face.
        config: how.
        seed: of the expressions that are drawn beforehand.
    """

    def __init__(self, face: FaceModel, config: FrameConfig | None = None, seed: int = 0):
        self.config = config or FrameConfig()
        self._law = CoefficientLaw(face, self.config.people, seed)
        self._worn = drawn_expressions(face, self.config.people.expressions, seed)
        moods = list(mood_coefficients(face.head).values())
        n_own = face.layout.expression - face.n_jaw
        self._moods = torch.stack([mood[:n_own] for mood in moods]) if moods else None

    def sample(self, subject: Subject, n: int, generator: torch.Generator) -> FaceCoefficients:
        """Draw n frames of one subject.

        Returns:
            Coefficients for `subject.face`; read by the base model, they are the nearest face in its span.
        """
        c = self._law.unplaced(n, generator)
        c = replace(
            c,
            identity=subject.identity.to(c.identity).expand(n, -1),
            albedo=subject.albedo.to(c.albedo).expand(n, -1),
            expression=self.expressions(n, generator),
            light=_lit(c.light, generator),
        )
        off = torch.rand(n, 3, generator=generator, device=generator.device) * 2 - 1
        return placed(subject.face, c, self.config.people, off)

    def expressions(self, n: int, generator: torch.Generator) -> Float[Tensor, "n E"]:
        """Draw expressions with their jaws."""
        device = generator.device
        picked = torch.randint(len(self._worn), (n,), generator=generator, device=device)
        worn = self._worn.to(device)[picked]
        kind = torch.rand(n, 1, generator=generator, device=device)
        if self._moods is not None:
            moods = self._moods.to(device)
            pairs = torch.randint(len(moods), (n, 2), generator=generator, device=device)
            amounts = uniform((0.2, 1.0), generator, n, 2) * torch.tensor([1.0, 0.6], device=device)
            mixed = torch.einsum("na,nae->ne", amounts, moods[pairs])
            padded = torch.cat([mixed, worn[:, mixed.shape[1] :] * uniform((0.0, 0.5), generator, n, 1)], 1)
            worn = torch.where(kind < self.config.neutral + self.config.mood, padded, worn)
        return torch.where(kind < self.config.neutral, 0.0, worn)


def _lit(light: Float[Tensor, "n 3 9"], generator: torch.Generator) -> Float[Tensor, "n 3 9"]:
    """Stronger lamps at the sides and above, at any sound exposure: relief is seen by its shades."""
    n = len(light)
    whole = usual(light)
    white = whole.mean(1, keepdim=True)
    tint = 0.5 * (whole - white)
    lamps = white[..., 1:4] * torch.where(_SIDEWAYS.to(light.device), uniform((1.0, _LAMP), generator, n, 1, 1), 1.0)
    lamps[..., 0] -= uniform(_FROM_ABOVE, generator, n, 1)
    lamps *= (_STRONGEST * white[..., :1] / lamps.norm(dim=-1, keepdim=True)).clamp(max=1)
    whole = tint + torch.cat([white[..., :1], lamps, white[..., 4:]], -1)
    around = deng_harmonics(F.normalize(torch.tensor(_AROUND, device=light.device), dim=-1))
    brightness = (whole @ around.mT).mean(1).amax(-1).clamp(min=0.3)  # where it is brightest
    exposed = whole * (uniform(_BRIGHTNESS, generator, n) / brightness)[:, None, None]
    return exposed - usual(torch.zeros_like(exposed))
