"""OFER in the pipeline: many identities, ranked, and many expressions of them (Selvaraju et al., CVPR 2025)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.detect.alignment import points_box
from manyfaces.nn import Execution
from manyfaces.pipeline.alignment import Aligner, Alignment, Coefficients, Deviations
from manyfaces.pipeline.conditioning import SeenFace, stacked
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.models import LoadedOfer
from manyfaces.pipeline.options import Options
from manyfaces.pipeline.preprocess import FaceView
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.sampling import (
    SAMPLER_PRESETS,
    Candidates,
    Hypotheses,
    draw_expressions,
    draw_hypotheses,
    draw_shared,
)
from manyfaces.pipeline.workers import run_alone, sample_workers


@dataclass(frozen=True)
class ToldOfOfer:
    """What a face says of whose it is.

    Attributes:
        condition: a batch of one, as the networks' encoders take it.
        view: where the face is; without the mask of what hides it.
        number: which face of its photo.
    """

    condition: Any
    view: FaceView
    number: int


class OferMethod:
    """A loaded model of OFER; see `Method`.

    Args:
        model: its networks and all that goes with them.

    Raises:
        HeadFileError: the head has no landmarks.
    """

    options = Options

    def __init__(self, model: LoadedOfer):
        workers = sample_workers(model.ofer.device)
        self.name = model.name
        self.eyes = Eyes(model.detector, model.mesh, model.encoder, workers)
        self._model = model
        self._aligner = Aligner(model.head, model.encoder)
        model.ofer.run_as(Execution(workers=workers))

    def reconstruct(self, faces: Sequence[SeenFace], options: Options) -> list[Reconstruction]:
        """Sample all faces in one batch; every face has its own random stream."""
        started = time.perf_counter()
        hypotheses = self.sample(faces, options)
        seconds = time.perf_counter() - started
        return [self._assemble(*pair, options, seconds) for pair in zip(faces, hypotheses, strict=True)]

    def tell(self, face: SeenFace, options: Options) -> "ToldOfOfer":
        """Keep what the networks and the aligner take of a face, not its photo."""
        nothing = np.zeros((1, 1), dtype=bool)
        return ToldOfOfer(self._model.conditioner([face]), replace(face.view, mask=nothing), face.number)

    def identify(self, told: Sequence["ToldOfOfer"], options: Options) -> Candidates:
        """Draw identities that fit all faces, and settle those that will be used as all faces ask in the mean."""
        device = self._model.ofer.device
        condition = stacked([one.condition for one in told]).to(device)
        generators = [torch_generator(options.seed, "face", one.number) for one in told]
        sampler, compat = SAMPLER_PRESETS[options.sampler], self._model.compat
        shared = draw_shared(self._model.ofer, condition, generators[0], options.n_identities, sampler, compat)
        if self._settles(options):
            hypotheses = self._express(condition, generators, shared, options)
            asked = [
                self._align(one.view, one.number, h, options).coefficients.identity
                for one, h in zip(told, hypotheses, strict=True)
            ]
            shared = shared.settled(hypotheses[0].identity_index, torch.stack(asked).mean(0))
        return shared.of_one()

    def reconstruct_as(self, person: Candidates, faces: Sequence[SeenFace], options: Options) -> list[Reconstruction]:
        """Draw expressions of the person's identities; expressions and cameras are each photo's."""
        if not faces:
            return []
        started = time.perf_counter()
        condition = self._model.conditioner(faces).to(self._model.ofer.device)
        generators = [torch_generator(options.seed, "face", face.number) for face in faces]
        hypotheses = self._express(condition, generators, person.of_many(len(faces)), options)
        seconds = time.perf_counter() - started
        return [self._assemble(*pair, options, seconds) for pair in zip(faces, hypotheses, strict=True)]

    def sample(self, faces: Sequence[SeenFace], options: Options) -> list[Hypotheses]:
        """What the networks draw for each face, before it is put on its photo."""
        if not faces:
            return []
        model = self._model
        return draw_hypotheses(
            model.ofer,
            model.conditioner(faces).to(model.ofer.device),
            [torch_generator(options.seed, "face", face.number) for face in faces],
            n_identities=options.n_identities,
            n_expressions=options.n_expressions,
            varied=options.identities == "varied",
            sampler=SAMPLER_PRESETS[options.sampler],
            compat=model.compat,
        )

    def _express(
        self, condition: Any, generators: list[torch.Generator], candidates: Candidates, options: Options
    ) -> list[Hypotheses]:
        return draw_expressions(
            self._model.ofer,
            condition,
            generators,
            candidates,
            n_expressions=options.n_expressions,
            varied=options.identities == "varied",
            sampler=SAMPLER_PRESETS[options.sampler],
            compat=self._model.compat,
        )

    def _settles(self, options: Options) -> bool:
        return self._model.settles if options.settle is None else options.settle

    def _align(self, view: FaceView, number: int, drawn: Hypotheses, options: Options) -> Alignment:
        sampled = Coefficients(drawn.identities[drawn.identity_index], drawn.expressions, drawn.jaw)
        if not self._settles(options):
            return run_alone(partial(self._aligner.place, sampled, view), self.eyes.workers)
        align = partial(
            self._aligner.align,
            sampled,
            Deviations(drawn.identity_deviation, drawn.expression_deviation),
            view,
            torch_generator(options.seed, "align", number),
            # An identity that is sure is every hypothesis' own already.
            one_identity=options.identities == "best" and bool(drawn.identity_deviation.any()),
        )
        return run_alone(align, self.eyes.workers)

    def _assemble(self, face: SeenFace, drawn: Hypotheses, options: Options, sampled_s: float) -> Reconstruction:
        started = time.perf_counter()
        view = face.view
        aligned = self._align(view, face.number, drawn, options)
        identities = drawn.identities.clone()
        identities[drawn.identity_index] = aligned.coefficients.identity
        return Reconstruction(
            head=self._model.head,
            identities=identities,
            order=drawn.order,
            scores=drawn.scores,
            identity_index=drawn.identity_index,
            expressions=aligned.coefficients.expression,
            jaw=aligned.coefficients.jaw,
            cameras=aligned.cameras,
            photo=face.image,
            visible=~view.hidden,
            points_px=view.points_px,
            hidden_mask=view.mask if view.mask.any() else None,
            face_box=points_box(view.points_px).astype(np.float32),
            model=self.name,
            seed=options.seed,
            timings={"sample_and_rank": sampled_s, "align": time.perf_counter() - started},
        )
