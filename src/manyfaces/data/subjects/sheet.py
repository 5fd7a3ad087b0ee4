"""A picture of subjects, to look at what is drawn: each at rest and in moods, seen and as bare relief."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.core.seeds import torch_generator
from manyfaces.data.people import PeopleConfig
from manyfaces.data.people.coefficients import placed
from manyfaces.data.subjects.clips import ClipLaw
from manyfaces.data.subjects.moods import FrameLaw, mood_coefficients
from manyfaces.data.subjects.subject import Subject, SubjectLaw
from manyfaces.faces import FaceCoefficients
from manyfaces.render import contact_sheet

SHOWN = ("raised brows", "frown", "smile", "disgust")
_LAMP_FROM = (-0.25, 0.1, 0.15)  # added to the light of y, z, x: from above and one side


@torch.no_grad()
def subject_sheet(law: SubjectLaw, clips: ClipLaw, seed: int, numbers: list[int]) -> UInt8[np.ndarray, "H W 3"]:
    """Draw subjects in rows: at rest, then in each of `SHOWN`; below each, its displacements in +-1.5 mm.

    Args:
        law: draws the subjects.
        clips: takes their pictures; its size is that of the cells.
        seed: of the subjects.
        numbers: which.
    """
    cells, captions = [], []
    for number in numbers:
        person = law.draw(seed, number)
        taken = clips.taken(person, in_moods(law, person), seed, number)
        cells += list(taken.pictures.permute(0, 2, 3, 1).numpy())
        cells += [_grey(d, clips.config.size_px) for d in taken.displacement_m]
        captions += [f"{mood}, age {person.age:.1f}" for mood in ("at rest", *SHOWN)] + [""] * (1 + len(SHOWN))
    return contact_sheet(cells, 1 + len(SHOWN), captions)


def in_moods(law: SubjectLaw, person: Subject) -> FaceCoefficients:
    """One frontal frame of a subject at rest, and one in each mood, all in one light."""
    moods = mood_coefficients(law.face.head)
    n_own = law.face.layout.expression - law.face.n_jaw
    expressions = torch.zeros(1 + len(SHOWN), law.face.layout.expression)
    for row, name in enumerate(SHOWN, 1):
        expressions[row, :n_own] = moods[name][:n_own]
    c = FrameLaw(law.face).sample(person, len(expressions), torch_generator(0, "sheet"))
    light = torch.zeros_like(c.light)
    light[..., 1:4] = torch.tensor(_LAMP_FROM)
    c = replace(c, expression=expressions, angles=torch.zeros_like(c.angles), light=light)
    return placed(person.face, c, PeopleConfig(), torch.zeros(len(expressions), 3))


def _grey(displacement_m: Float[Tensor, "S S"], size_px: int) -> UInt8[np.ndarray, "P P 3"]:
    grey = ((displacement_m / 0.0015).clamp(-1, 1) + 1) / 2
    resized = torch.nn.functional.interpolate(grey[None, None], (size_px, size_px), mode="bilinear")[0]
    return (resized * 255).byte().expand(3, -1, -1).permute(1, 2, 0).numpy()
