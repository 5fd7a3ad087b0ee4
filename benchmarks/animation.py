"""Driven faces: how few morph targets hold a clip, how near the head's named units come, memory of long clips."""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import lsq_linear
from torch import Tensor

from benchmarks.lines import Line, at_most, figure
from manyfaces.bench.personal.skin import SUBJECT_SEED
from manyfaces.data.subjects import Subject, SubjectLaw
from manyfaces.geometry.camera import HEAD_TO_CAMERA
from manyfaces.heads import HeadModel
from manyfaces.io.face_models import load_face_model
from manyfaces.io.head_files import load_head
from manyfaces.methods.personal import OPEN, DetailSurface, detail_surface
from manyfaces.pipeline.animation import Character, Motion, morph_track
from manyfaces.pipeline.animation.motion import MotionRecorder
from manyfaces.pipeline.animation.moving_mesh import moving_mesh
from manyfaces.pipeline.animation.stage import Stage
from manyfaces.render import ReliefGrid

FPS, MM, FACES, PERSONS = 25, 1000.0, 20, 3
SHORT, LONG, SIDE_PX, DRAWN = 1000, 10_000, 384, 20


def restless(head: HeadModel, n_frames: int) -> tuple[Float[Tensor, "T E"], Float[Tensor, "T 3"]]:
    """A clip that goes to another plausible expression every 15 frames: harder than people are."""
    data, generator = head.data, torch.Generator().manual_seed(0)
    rows = torch.randint(len(data.expression_samples), (n_frames // 15 + 2,), generator=generator)
    at = torch.arange(n_frames) / 15
    start, share = at.long(), (at % 1)[:, None]
    keys = (torch.as_tensor(samples)[rows].float() for samples in (data.expression_samples, data.jaw_samples))
    expression, jaw = (values[start] * (1 - share) + values[start + 1] * share for values in keys)
    return expression, jaw


def targets(who: Character) -> Iterator[Line]:
    peaks_mb = []
    for n_frames in (SHORT, LONG):
        expression, jaw = restless(who.head, n_frames)
        recorder = MotionRecorder()
        for k in range(n_frames):
            recorder.add(Motion(k, k / FPS, expression[k], jaw[k], HEAD_TO_CAMERA, torch.zeros(3)))
        start = time.process_time()
        clip = recorder.track()
        track = morph_track(who, clip.expression, clip.jaw)
        name = f"{n_frames} restless frames"
        yield figure(f"{name}: morph targets", len(track.targets), "")
        yield figure(f"{name}: largest error of any vertex", track.largest_error_m * MM, "mm")
        yield figure(f"{name}: CPU time to find them", time.process_time() - start, "s")
        peaks_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    yield at_most(f"memory of {LONG} frames above that of {SHORT}", 50, peaks_mb[1] - peaks_mb[0], "MB")
    few = morph_track(who, *restless(who.head, SHORT), most=32).largest_error_m
    yield figure(f"{SHORT} restless frames: largest error with 32 targets", few * MM, "mm")


@dataclass(frozen=True, eq=False)
class TrueSkin:
    """The detail that a drawn person has."""

    subject: Subject
    surface: DetailSurface
    frozen: bool = False

    @property
    def grid(self) -> ReliefGrid:
        return self.surface.grid

    @torch.no_grad()
    def displacement(self, expression: Float[Tensor, " E"], jaw: Float[Tensor, "3"]) -> Float[Tensor, "H W"]:
        head, identity = self.subject.face.head, self.subject.identity[None]
        rest, now = head(identity), head(identity, expression[None], head.jaw_pose(jaw[None]))
        tension = self.surface.tension(rest, rest if self.frozen else now)
        return self.subject.displacement_m(tension)[0] * self.surface.skin


def wrinkles() -> Iterator[Line]:
    """How much of what wrinkles turn normals by the morph targets miss; errors of the head's own normals count, too."""
    face = load_face_model("openhead", OPEN.coarse.layout, OPEN.coarse.projection)
    surface = detail_surface(face.head, OPEN.detail.side_px)
    law, kept, left = SubjectLaw(face, surface), [], []
    for number in range(PERSONS):
        subject = law.draw(SUBJECT_SEED, number)
        who = Character("drawn", subject.face.head, subject.identity, None, TrueSkin(subject, surface))
        clip = restless(who.head, SHORT)
        track = morph_track(who, *clip)
        rows = torch.arange(0, SHORT, SHORT // FACES)
        some = [values[rows] for values in clip]
        still = replace(who, detail=TrueSkin(subject, surface, frozen=True))
        true, without = (torch.cat([s.normals for s in moving_mesh(one, *some)[1]]) for one in (who, still))
        change = torch.stack([torch.from_numpy(t.normals) for t in track.targets]) - track.mesh.at_rest.normals
        mixed = track.mesh.at_rest.normals + torch.einsum("tk,knc->tnc", track.weights[rows], change)
        kept.append(float((true - without).square().sum()))
        left.append(float((mixed - true)[(true - without).abs() > 1e-6].square().sum()))
    yield figure("normals: squared error of the targets over what wrinkles change", sum(left) / sum(kept), "")


def units(who: Character) -> Iterator[Line]:
    """The nearest that the head's own units come to plausible expressions."""
    data = who.head.data
    shapes = data.unit_shapes.reshape(len(data.unit_names), -1).T.astype(float)
    rows = np.random.default_rng(0).choice(len(data.expression_samples), FACES, replace=False)
    clip = (torch.as_tensor(samples[rows]).float() for samples in (data.expression_samples, data.jaw_samples))
    moved = (who.vertices(*clip) - who.neutral).flatten(1).double().numpy()
    for name, bounds in (("from 0 to 1", (0, 1)), ("of any size", (-np.inf, np.inf))):
        left = np.stack([shapes @ lsq_linear(shapes, one, bounds).x - one for one in moved])
        worst_mm = np.linalg.norm(left.reshape(FACES, -1, 3), axis=2).max(1) * MM
        yield figure(f"ARKit units {name}: worst vertex of a face, mean", worst_mm.mean(), "mm")
        yield figure(f"ARKit units {name}: worst vertex of all", worst_mm.max(), "mm")


def drawing(who: Character) -> Iterator[Line]:
    stage, clip = Stage(who, SIDE_PX), restless(who.head, DRAWN + 1)
    motions = [
        Motion(k, k / FPS, e, j, HEAD_TO_CAMERA, torch.zeros(3)) for k, (e, j) in enumerate(zip(*clip, strict=True))
    ]
    stage.view(motions.pop())
    start = time.process_time()
    for motion in motions:
        stage.view(motion)
    yield figure(f"a frame drawn at {SIDE_PX} px, CPU time", (time.process_time() - start) / DRAWN * 1000, "ms")


def run() -> list[Line]:
    head = HeadModel(load_head("openhead"))
    who = Character("mean", head, torch.zeros(head.n_identity), head.mean_albedo)
    return [*targets(who), *wrinkles(), *drawing(who), *units(who)]
