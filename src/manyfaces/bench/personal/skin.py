"""Held-out synthetic persons: what the detail networks make of their skin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.bench.personal.detail import (
    FLAT,
    NO_TEACHER,
    NO_TENSION,
    OTHER,
    OTHER_TENSION,
    OWN,
    RESNET,
    STUDENT,
    TEACHER,
    DetailCase,
    DetailMaps,
)
from manyfaces.core.seeds import torch_generator
from manyfaces.data.subjects import (
    DetailExamples,
    DetailSource,
    FrameConfig,
    FrameLaw,
    PicturedSource,
    Subject,
    SubjectLaw,
)
from manyfaces.faces import FaceModel
from manyfaces.methods.personal import CoarseNet, DetailSurface
from manyfaces.methods.personal.detail import SkinView, displaced
from manyfaces.nn import DisplacementMae, DisplacementResNet, DisplacementUNet

SUBJECT_SEED = 5_000_000
"""Of the persons: neither trained nor validated on."""

LearnSkin = Callable[[SkinView, str], nn.Module]
"""A person's frames, and a name for what is learned from them, to a network of texture and tension."""

Displace = Callable[[SkinView, Float[Tensor, "B E"]], Tensor]
"""Views, and the expressions that go with their tension, to displacements in metres, (B, S, S)."""


@dataclass(frozen=True)
class SkinNetworks:
    """Networks to compare; those that were not trained are None.

    Attributes:
        teacher: the U-Net.
        student: the masked autoencoder.
        resnet: what is compared with it.
        no_teacher: the student without L_Tchr.
    """

    teacher: DisplacementUNet
    student: DisplacementMae
    resnet: DisplacementResNet | None = None
    no_teacher: DisplacementMae | None = None

    def by_name(self) -> dict[str, Displace]:
        """All rows of the table; but for the residual network, as in use: expressions have no mirror image."""
        student, alone, resnet = self.student, self.no_teacher, self.resnet
        rows: dict[str, Displace] = {
            TEACHER: lambda view, expression: displaced(self.teacher, view.contrast),
            STUDENT: lambda view, expression: displaced(student, view.contrast, view.tension),
            NO_TENSION: lambda view, expression: displaced(student, view.contrast, torch.zeros_like(view.tension)),
            OTHER_TENSION: lambda view, expression: displaced(student, view.contrast, view.tension.roll(1, 0)),
            FLAT: lambda view, expression: torch.zeros_like(view.tension),
        }
        if resnet is not None:
            rows[RESNET] = lambda view, expression: resnet(view.contrast, expression)
        if alone is not None:
            rows[NO_TEACHER] = lambda view, expression: displaced(alone, view.contrast, view.tension)
        return rows


@dataclass(frozen=True)
class SeenPerson:
    """A person, and frames of them: in any expression, at rest, and moved."""

    subject: Subject
    any: DetailExamples
    at_rest: DetailExamples
    moved: DetailExamples


@dataclass(frozen=True)
class Persons:
    """Persons whom no network for everybody was trained on, and their frames.

    Frames are drawn on the map, from the true coarse face: whatever a coarse network gets wrong is in no figure. Only
    `photos` are pictures, read by what a coarse network says of them.

    Attributes:
        face: the base model's.
        surface: where detail lies.
        frames: of each that are measured, and of each kind: in any expression, for the errors, and at rest, from which
            another expression's wrinkles are asked for.
    """

    face: FaceModel
    surface: DetailSurface
    frames: int = 6

    @torch.no_grad()
    def cases(self, number: int, networks: Mapping[str, Displace]) -> list[DetailCase]:
        """Ask networks, by name, for a person's skin."""
        seen = self.seen(number)
        return [
            *_errors(seen.any, self.face, self.surface, networks),
            *_wrinkles(seen.at_rest, seen.moved, seen.subject, self.face, self.surface, networks),
        ]

    @torch.no_grad()
    def seen(self, number: int) -> "SeenPerson":
        """What is drawn of a person."""
        subject = self._sources[0].subject(number)
        generator = torch_generator(SUBJECT_SEED, "skin", number)
        return SeenPerson(subject, *(source.frames_of(subject, self.frames, generator) for source in self._sources))

    def photographed(self, coarse: CoarseNet) -> PicturedSource:
        """Draws pictures of persons in any expression, laid out by the faces that a coarse network predicts."""
        any_source = self._sources[0]
        return PicturedSource(any_source.law, any_source.frames, coarse)

    def photos(self, number: int, source: PicturedSource) -> DetailExamples:
        """Pictures of a person."""
        generator = torch_generator(SUBJECT_SEED, "photographed skin", number)
        return source.frames_of(self._sources[0].subject(number), self.frames, generator)

    @torch.no_grad()
    def learned(self, number: int, n: int) -> SkinView:
        """Other frames of the person, to learn from."""
        generator = torch_generator(SUBJECT_SEED, "skin to learn from", number)
        any_source = self._sources[0]
        seen = any_source.frames_of(any_source.subject(number), n, generator)
        return SkinView(seen.texture, seen.visible, seen.tension)

    @cached_property
    def _sources(self) -> tuple[DetailSource, ...]:
        """Of frames in any expression, at rest, and moved; the first remembers its persons."""
        law = SubjectLaw(self.face, self.surface)
        kinds = FrameConfig(), FrameConfig(neutral=1.0, mood=0.0), FrameConfig(neutral=0.0, mood=1.0)
        frames = (FrameLaw(self.face, kind, SUBJECT_SEED) for kind in kinds)
        return tuple(DetailSource(law, one, subject_seed=SUBJECT_SEED) for one in frames)


def detail_cases(
    persons: Persons, networks: SkinNetworks, n_subjects: int = 24, tick: Callable[[], None] | None = None
) -> list[DetailCase]:
    """Ask networks for the skin of persons whom none of them knows.

    Args:
        persons: of whom the first are asked for.
        networks: to compare.
        n_subjects: how many persons.
        tick: called for each person.
    """
    by_name = networks.by_name()
    return _of_all(n_subjects, lambda number: persons.cases(number, by_name), tick)


@torch.no_grad()
def photo_cases(
    persons: Persons,
    coarse: CoarseNet,
    networks: SkinNetworks,
    n_subjects: int = 24,
    tick: Callable[[], None] | None = None,
) -> list[DetailCase]:
    """Ask networks for the skin on pictures of persons whom none of them knows.

    Args:
        persons: of whom the first are asked for.
        coarse: says where the faces are.
        networks: to compare: teacher and student; the others are about other expressions' wrinkles.
        n_subjects: how many persons.
        tick: called for each person.
    """
    by_name = {name: ask for name, ask in networks.by_name().items() if name in (TEACHER, STUDENT, FLAT)}
    source, face, surface = persons.photographed(coarse), persons.face, persons.surface
    return _of_all(n_subjects, lambda number: _errors(persons.photos(number, source), face, surface, by_name), tick)


def own_cases(
    persons: Persons,
    networks: SkinNetworks,
    learn: LearnSkin,
    n_subjects: int = 8,
    n_learned: int = 100,
    tick: Callable[[], None] | None = None,
) -> list[DetailCase]:
    """Ask persons' own networks for their skin, on frames that these have not seen, and everybody's beside.

    Args:
        persons: of whom the first are asked for.
        networks: everybody's: teacher and student.
        learn: makes a person's network.
        n_subjects: how many persons.
        n_learned: frames that it learns from.
        tick: called for each person who has been learned.
    """

    def own_of(number: int) -> Displace:
        network = learn(persons.learned(number, n_learned), f"skin-{number}")
        if tick:
            tick()
        return lambda view, expression: displaced(network, view.contrast, view.tension)

    everybody = {name: ask for name, ask in networks.by_name().items() if name in (TEACHER, STUDENT)}
    own = [own_of(number) for number in range(n_subjects)]
    cases = []
    for number in range(n_subjects):
        others = {OTHER: own[number - 1]} if n_subjects > 1 else {}
        cases += persons.cases(number, {**everybody, OWN: own[number], **others})
    return cases


def _of_all(
    n_subjects: int, cases_of: Callable[[int], list[DetailCase]], tick: Callable[[], None] | None
) -> list[DetailCase]:
    cases = []
    for number in range(n_subjects):
        cases += cases_of(number)
        if tick:
            tick()
    return cases


def _errors(
    seen: DetailExamples, face: FaceModel, surface: DetailSurface, networks: Mapping[str, Displace]
) -> list[DetailCase]:
    view = SkinView(seen.texture, seen.visible, seen.tension)
    expression = face.layout.split(seen.coefficients).expression
    said = {name: _array(displace(view, expression) * surface.skin) for name, displace in networks.items()}
    true = _array(seen.displacement_m)
    return [
        _case(seen, surface, row, DetailMaps(true[row]), {name: DetailMaps(maps[row]) for name, maps in said.items()})
        for row in range(len(seen))
    ]


def _wrinkles(
    at_rest: DetailExamples,
    moved: DetailExamples,
    subject: Subject,
    face: FaceModel,
    surface: DetailSurface,
    networks: Mapping[str, Displace],
) -> list[DetailCase]:
    """Photos at rest, and the tension of other expressions of the person."""
    still = SkinView(at_rest.texture, at_rest.visible, torch.zeros_like(at_rest.tension))
    strained = replace(still, tension=moved.tension)
    of_rest, of_moved = (face.layout.split(e.coefficients).expression for e in (at_rest, moved))
    said = {}
    for name, displace in networks.items():
        before, after = (
            displace(view, expression) * surface.skin for view, expression in ((still, of_rest), (strained, of_moved))
        )
        said[name] = _array(before), _array(after - before)
    true = _array(at_rest.displacement_m)
    change = _array((subject.displacement_m(moved.tension) - subject.displacement_m(still.tension)) * surface.skin)
    return [
        _case(
            at_rest,
            surface,
            row,
            DetailMaps(true[row], change[row]),
            {name: DetailMaps(shown[row], changed[row]) for name, (shown, changed) in said.items()},
        )
        for row in range(len(at_rest))
    ]


def _case(
    seen: DetailExamples, surface: DetailSurface, row: int, true: DetailMaps, said: Mapping[str, DetailMaps]
) -> DetailCase:
    skin = surface.skin.numpy() > 0
    visible = seen.visible[row].numpy() > 0
    return DetailCase(f"person {int(seen.subject[row])}", true, visible & skin, skin & ~visible, said)


def _array(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy()
