"""Endless examples for networks that learn detail: textures as photos show them, with the exact relief."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.seeds import torch_generator
from manyfaces.data.subjects.moods import FrameLaw
from manyfaces.data.subjects.subject import Subject, SubjectLaw
from manyfaces.data.subjects.textures import CameraConfig, holes, photographed, seen_texels

_KEPT = 512  # subjects that are not drawn again while they are asked for


@dataclass(frozen=True)
class DetailExamples:
    """Frames of subjects on the texture map.

    Attributes:
        texture: RGB in [0, 1]; zero where the camera does not see skin.
        visible: one where it does, else zero.
        tension: what `DetailSurface.tension` gives for the frame.
        displacement_m: the true relief, metres outward, faded with `DetailSurface.skin` already.
        coefficients: of the frame; `layout.split` gives pose and light (the light is all there is, but for gloss).
        vertices: of the coarse head, head frame about the face model's origin, not turned; metres. Where skin is read
            off pictures, this and the coefficients are what was predicted, else what is true.
        coarse_albedo: colours that the vertices have, laid out on the map: what is finer is left out.
        subject: number of the person; frame likewise, within the person.
    """

    texture: Float[Tensor, "B 3 S S"]
    visible: Float[Tensor, "B S S"]
    tension: Float[Tensor, "B S S"]
    displacement_m: Float[Tensor, "B S S"]
    coefficients: Float[Tensor, "B K"]
    vertices: Float[Tensor, "B V 3"]
    coarse_albedo: Float[Tensor, "B S S 3"]
    subject: Int[Tensor, " B"]
    frame: Int[Tensor, " B"]

    def __len__(self) -> int:
        return len(self.texture)

    def mapped(self, change: Callable[[Tensor], Tensor]) -> "DetailExamples":
        """The same with every tensor changed: moved to a device, cut to some rows."""
        return DetailExamples(**{part.name: change(getattr(self, part.name)) for part in fields(self)})

    @staticmethod
    def joined(parts: "list[DetailExamples]") -> "DetailExamples":
        """All rows of some."""
        names = [part.name for part in fields(DetailExamples)]
        return DetailExamples(**{name: torch.cat([getattr(part, name) for part in parts]) for name in names})


class DetailSource:
    """Draws examples; a batch is a function of seed and step.

    Args:
        law: draws the persons.
        frames: draws their expressions, poses and light.
        camera: how well skin is seen.
        n_subjects: persons that there are, numbers 0 and up; others are drawn for validation with another seed.
        subject_seed: of the persons.
    """

    def __init__(
        self,
        law: SubjectLaw,
        frames: FrameLaw,
        camera: CameraConfig | None = None,
        n_subjects: int = 1 << 30,
        subject_seed: int = 0,
    ):
        self.law, self.frames, self.camera = law, frames, camera or CameraConfig()
        self._n_subjects = n_subjects
        at = law.map.at
        self._texel_m = float((at[:, 1:] - at[:, :-1]).norm(dim=-1)[law.map.skin[:, 1:] > 0.5].median())
        self._subject = lru_cache(maxsize=_KEPT)(lambda number: law.draw(subject_seed, number))

    def subject(self, number: int) -> Subject:
        """A person, drawn once while it is in use."""
        return self._subject(number)

    @torch.no_grad()
    def batch(self, seed: int, step: int, n_subjects: int, frames_per_subject: int) -> DetailExamples:
        """Draw frames of some persons, those of one person side by side."""
        generator = torch_generator(seed, "detail", step)
        numbers = torch.randint(self._n_subjects, (n_subjects,), generator=generator)
        return DetailExamples.joined(
            [self.frames_of(self.subject(number), frames_per_subject, generator) for number in numbers.tolist()]
        )

    @torch.no_grad()
    def frames_of(self, subject: Subject, n: int, generator: torch.Generator) -> DetailExamples:
        """Draw n frames of one person."""
        surface, face = self.law.surface, subject.face
        c = self.frames.sample(subject, n, generator)
        vertices = face.vertices(c)
        tension = surface.tension(subject.neutral.expand_as(vertices), vertices)
        displacement_m = subject.displacement_m(tension)
        relief = surface.relief(vertices, displacement_m)
        coarse = surface.layout.of(subject.colours[None])
        facing = seen_texels(vertices, c, face, surface)
        albedo = (coarse + subject.marks).clamp(0.01, 1).expand(n, -1, -1, -1)
        faded_m = displacement_m * surface.skin
        seen = photographed(albedo, relief.normals, faded_m, facing, c, self._texel_m, self.camera, generator)
        visible = (facing > 0).float() * (1 - holes(n, surface.side_px, self.camera, generator))
        return DetailExamples(
            (seen * visible[..., None]).permute(0, 3, 1, 2).contiguous(),
            visible,
            tension,
            faded_m,
            c.joined(),
            vertices,
            coarse.expand(n, -1, -1, -1),
            torch.full((n,), subject.number),
            torch.arange(n),
        )
