"""Person-specific models in the pipeline: the coarse face as of other one-face models, and its wrinkles."""

import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from manyfaces.core.errors import InputError
from manyfaces.detect import RNetCrop
from manyfaces.faces import FaceCoefficients
from manyfaces.methods.personal.detail import skin_px, skin_view
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.distill_method import DistillMethod
from manyfaces.pipeline.distill_person import SharedFace, ToldOfPerson
from manyfaces.pipeline.options import DetailOptions, OneFaceOptions
from manyfaces.pipeline.personal_models import LoadedPersonal
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.settling import FaceSettler, hidden_in
from manyfaces.pipeline.skin_detail import SkinDetail


class PersonalMethod(DistillMethod):
    """A base, or one person's model; see `Method`.

    A person's model gives every face the person's own identity and colours, and settles nothing: it has learned from
    the person's points and colours as they are seen.

    Args:
        model: its networks and all that goes with them.
    """

    options = DetailOptions

    def __init__(self, model: LoadedPersonal):
        super().__init__(model.coarse)
        self.loaded = model

    def reconstruct(self, faces: Sequence[SeenFace], options: OneFaceOptions) -> list[Reconstruction]:
        """Show all faces to the network in one batch."""
        if self.loaded.person is not None:
            return self.reconstruct_as(self.loaded.person.shared, faces, options)
        return super().reconstruct(faces, options)

    def identify(self, told: Sequence[ToldOfPerson], options: OneFaceOptions) -> SharedFace:
        """The person, for a person's model."""
        return super().identify(told, options) if self.loaded.person is None else self.loaded.person.shared

    def _settler_for(self, options: OneFaceOptions) -> FaceSettler | None:
        if self.loaded.person is None:
            return super()._settler_for(options)
        if options.settle:
            raise InputError(f"{self.name} has learned whose faces it shows and settles none", "leave settle out")
        return None

    def _assemble(
        self, face: SeenFace, crop: RNetCrop, c: FaceCoefficients, options: OneFaceOptions, predicted_s: float
    ) -> Reconstruction:
        """The coarse face, and its detail."""
        result = super()._assemble(face, crop, c, options, predicted_s)
        if isinstance(options, DetailOptions) and not options.detail:
            return result
        started = time.perf_counter()
        assert result.appearance is not None
        model, one = self.loaded, result.appearance.coefficients
        fine = self._crop(face, skin_px(model.coarse.config.picture_px))
        picture = torch.from_numpy(fine.image).permute(2, 0, 1)[None].float() / 255
        shown = 1 - torch.from_numpy(hidden_in(fine, face.view.mask))[None]
        view = skin_view(model.coarse.face, model.surface, one, picture, shown)
        detail = SkinDetail.of(model.coarse.face, model.surface, model.student, one.identity[0], view)
        timings = {**result.timings, "detail": time.perf_counter() - started}
        return replace(result, detail=detail, timings=timings)
