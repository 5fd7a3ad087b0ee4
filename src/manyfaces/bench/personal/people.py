"""Synthetic persons beyond the base model's span: adapters are learned from some clips, and measured on another."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.bench.kept import Kept
from manyfaces.bench.personal.transfer import VARIANTS, HeldOut, Variant
from manyfaces.core.seeds import torch_generator
from manyfaces.data.clips.person import PersonFrames
from manyfaces.data.people import PeopleConfig
from manyfaces.data.subjects import FrameConfig, Subject, SubjectConfig, SubjectLaw
from manyfaces.data.subjects.clips import Clip, ClipConfig, ClipLaw
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.heads.outline import outline_mesh
from manyfaces.methods.personal import CoarseNet, DetailSurface
from manyfaces.metrics import scored_points

TUNE_SEED, REPORT_SEED = 6_000_000, 7_000_000
"""Of the persons that settings are chosen on, and of those that figures are of; neither is trained on."""

BOUNDARY_NOISE, INNER_NOISE = 0.015, 0.01
"""How far annotations are off, shares of the distance of the outer eye corners."""

_JAW = 17

Learn = Callable[[PersonFrames, bool, str], nn.Module]
"""Learns a person's frames: by adapters, or else with all of the network; the name tells runs apart."""


@dataclass(frozen=True)
class PeopleOptions:
    """Who is measured, and how adapters learn.

    Attributes:
        n_subjects: how many persons.
        n_clips: that adapters learn from, each in a light and a room of its own.
        n_frames: of each of them.
        n_held_out: frames of another clip, in another light again, with wider poses.
        gap_mm: how far persons are from the base's span, see `SubjectConfig`.
        full: also learn all of the network.
        learner: how persons are learned, in words and numbers; results of other ways are not taken up.
        seed: of persons and clips.
    """

    n_subjects: int = 8
    n_clips: int = 4
    n_frames: int = 25
    n_held_out: int = 40
    gap_mm: tuple[float, float] = SubjectConfig().gap_mm
    full: bool = True
    learner: tuple[int | str, ...] = ()
    seed: int = REPORT_SEED


@dataclass(frozen=True, eq=False)
class Filmed:
    """One person's clips.

    Attributes:
        subject: who.
        learned: frames with noisy annotations.
        held_out: pictures of another clip.
        truth_px: where annotators would put their 68 points, without noise.
    """

    subject: Subject
    learned: PersonFrames
    held_out: Float[Tensor, "F 3 S S"]
    truth_px: Float[Tensor, "F 68 2"]


@dataclass(frozen=True)
class PeopleResult:
    """What was measured.

    Attributes:
        people: held-out frames by person.
        trained_share: by variant.
        identity_spread: by variant, mean deviation of identity codes over held-out frames, standard deviations.
    """

    people: tuple[HeldOut, ...]
    trained_share: dict[Variant, float]
    identity_spread: dict[str, float]


class PeopleProtocol:
    """Draws persons, lets adapters learn, and asks all variants for the points of held-out frames.

    Args:
        face: the base model's.
        surface: where detail lies.
        base: the coarse network for everybody.
        learn: makes a person's network.
        options: who, and how.
        folder: what is finished is kept there, so that a run that was stopped goes on.
        basis: what else results depend on, such as digests of weights.
    """

    def __init__(
        self,
        face: FaceModel,
        surface: DetailSurface,
        base: CoarseNet,
        learn: Learn,
        options: PeopleOptions,
        folder: Path,
        *basis: object,
    ):
        self._face, self._surface, self._base, self._options = face, surface, base, options
        self._learn = learn
        self._kept = Kept(folder / "people", options, *basis)
        self._mesh = outline_mesh(face.head)

    def run(self, tick: Callable[[], None] | None = None) -> PeopleResult:
        """Measure everybody; `tick` is called for each person."""
        options, said = self._options, []
        for number in range(options.n_subjects):
            said.append(self._person(number))
            if tick:
                tick()
        people = []
        for number, own in enumerate(said):
            points: dict[Variant, np.ndarray] = {variant: own[variant] for variant in VARIANTS if variant in own}
            people.append(HeldOut(f"person {number}", own["truth"], points))
        spread = {n: float(np.mean([own[f"{n} spread"] for own in said])) for n in ("base", "own")}
        shares: dict[Variant, float] = {"base": 0.0, "own": float(said[0]["share"])}
        if options.full:
            shares["full"] = 1.0
        return PeopleResult(tuple(people), shares, spread)

    def film(self, number: int) -> Filmed:
        """Draw a person and all clips."""
        options, face = self._options, self._face
        subject = SubjectLaw(face, self._surface, SubjectConfig(gap_mm=options.gap_mm)).draw(options.seed, number)
        size = self._base.config.picture_px
        wide = PeopleConfig(yaw_deg=(28.0, 60.0), pitch_deg=(12.0, 28.0), shift_px=4.0, zoom=0.04)
        usual = ClipConfig(n_frames=options.n_frames, key_frames=2, size_px=size)
        other = replace(usual, n_frames=options.n_held_out, frames=FrameConfig(people=wide))
        seen = [
            self._learned(ClipLaw(face, self._surface, usual).clip(subject, options.seed, at))
            for at in range(options.n_clips)
        ]
        learned = PersonFrames.joined(seen)
        noise = torch_generator(options.seed, "annotations", number)
        learned = replace(learned, landmarks_px=_annotation_noise(learned.landmarks_px, noise))
        held_out = ClipLaw(face, self._surface, other).clip(subject, options.seed, options.n_clips)
        return Filmed(subject, learned, held_out.pictures.float() / 255, self._annotated(held_out))

    def points(self, network: nn.Module, pictures: Float[Tensor, "F 3 S S"]) -> tuple[Tensor, FaceCoefficients]:
        """Where a network puts the 68 points, pixels of the 224 frame, and all that it says."""
        with torch.no_grad():
            device = next(network.parameters(), pictures).device
            c = self._face.layout.split(network(pictures.to(device)).float().cpu())
            return self._points_of(self._face, self._face.vertices(c), c), c

    def _person(self, number: int) -> dict[str, np.ndarray]:
        kept = self._kept.get(number)
        if kept is not None:
            return kept
        filmed = self.film(number)
        own = self._learn(filmed.learned, True, f"own-{number}")
        # Somebody else's adapters, on this person's frames: those of the person before.
        neighbour = (number - 1) % self._options.n_subjects
        networks = {"base": self._base, "own": own}
        if self._options.n_subjects > 1:
            networks["other"] = self._learn(self.film(neighbour).learned, True, f"own-{neighbour}")
        if self._options.full:
            networks["full"] = self._learn(filmed.learned, False, f"full-{number}")
        arrays = {"truth": filmed.truth_px.double().numpy(), "share": np.array(getattr(own, "share", 0.0))}
        for name, network in networks.items():
            points_px, c = self.points(network, filmed.held_out)
            arrays[name] = points_px.double().numpy()
            arrays[f"{name} spread"] = c.identity.std(0).mean().numpy()
        self._kept.put(number, arrays=arrays)
        return arrays

    def _annotated(self, clip: Clip) -> Float[Tensor, "T 68 2"]:
        face = clip.subject.face
        return self._points_of(face, clip.vertices, face.layout.split(clip.coefficients))

    def _points_of(self, face: FaceModel, vertices: Tensor, c: FaceCoefficients) -> Float[Tensor, "F 68 2"]:
        camera = face.camera(c)
        landmarks_px = camera.project(face.head.landmarks(vertices)).points_px
        return scored_points(self._mesh.seen(vertices, camera), landmarks_px)

    def _learned(self, clip: Clip) -> PersonFrames:
        face, size = clip.subject.face, clip.pictures.shape[-1]
        with torch.no_grad():
            skin = face.front(face.render(face.layout.split(clip.coefficients), size))
        points_px = self._annotated(clip)
        return PersonFrames(clip.pictures, points_px, torch.ones(points_px.shape[:2]), (skin * 255).round().byte())


def _annotation_noise(points_px: Float[Tensor, "T 68 2"], generator: torch.Generator) -> Float[Tensor, "T 68 2"]:
    """Points as annotators would put them."""
    between_eyes = (points_px[:, 36] - points_px[:, 45]).norm(dim=-1)[:, None, None]
    share = torch.full((68, 1), INNER_NOISE)
    share[:_JAW] = BOUNDARY_NOISE
    return points_px + torch.randn(points_px.shape, generator=generator) * share * between_eyes
