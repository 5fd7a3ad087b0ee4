"""OFER in the pipeline: many identities, ranked, and many expressions of them (Selvaraju et al., CVPR 2025)."""

import time
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.detect.alignment import points_box
from manyfaces.nn import Execution
from manyfaces.pipeline.alignment import Aligner, Alignment, Coefficients, Deviations
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.models import LoadedOfer
from manyfaces.pipeline.options import Options
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.sampling import SAMPLER_PRESETS, Hypotheses, draw_hypotheses
from manyfaces.pipeline.workers import run_alone, sample_workers


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

    def reconstruct_person(self, faces: Sequence[SeenFace], options: Options) -> list[Reconstruction]:
        """Draw one identity for all; expressions and cameras are each photo's."""
        started = time.perf_counter()
        hypotheses = self.sample(faces, options, one_person=True)
        seconds = time.perf_counter() - started
        if self._settles(options):
            # What each photo asks of the identity, in the mean; then the identity is held and all else settled.
            settled = [self._align(f, h, options).coefficients.identity for f, h in zip(faces, hypotheses, strict=True)]
            identity = torch.stack(settled).mean(0)
            hypotheses = [h.with_identity(identity) for h in hypotheses]
        return [self._assemble(*pair, options, seconds) for pair in zip(faces, hypotheses, strict=True)]

    def sample(self, faces: Sequence[SeenFace], options: Options, one_person: bool = False) -> list[Hypotheses]:
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
            one_person=one_person,
        )

    def _settles(self, options: Options) -> bool:
        return self._model.settles if options.settle is None else options.settle

    def _align(self, face: SeenFace, drawn: Hypotheses, options: Options) -> Alignment:
        sampled = Coefficients(drawn.identities[drawn.identity_index], drawn.expressions, drawn.jaw)
        if not self._settles(options):
            return run_alone(partial(self._aligner.place, sampled, face.view), self.eyes.workers)
        align = partial(
            self._aligner.align,
            sampled,
            Deviations(drawn.identity_deviation, drawn.expression_deviation),
            face.view,
            torch_generator(options.seed, "align", face.number),
            one_identity=options.identities == "best",
        )
        return run_alone(align, self.eyes.workers)

    def _assemble(self, face: SeenFace, drawn: Hypotheses, options: Options, sampled_s: float) -> Reconstruction:
        started = time.perf_counter()
        aligned, view = self._align(face, drawn, options), face.view
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
