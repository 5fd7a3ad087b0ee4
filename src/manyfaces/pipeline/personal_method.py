"""Person-specific models in the pipeline: the coarse face as of other one-face models, and its wrinkles."""

import time
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch

from manyfaces.methods.personal.detail import skin_view
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.distill_method import DistillMethod
from manyfaces.pipeline.distill_person import SharedFace
from manyfaces.pipeline.options import OneFaceOptions
from manyfaces.pipeline.personal_models import LoadedPersonal
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.skin_detail import SkinDetail


class PersonalMethod(DistillMethod):
    """A base, or one person's model; see `Method`.

    A person's model gives every face the person's own identity.

    Args:
        model: its networks and all that goes with them.
    """

    def __init__(self, model: LoadedPersonal):
        super().__init__(model.coarse)
        self.loaded = model

    def reconstruct(self, faces: Sequence[SeenFace], options: OneFaceOptions) -> list[Reconstruction]:
        """Coarse faces in one batch, then their detail."""
        if self.loaded.person is not None:
            return self.reconstruct_as(self.loaded.person.shared, faces, options)
        return self._detailed(faces, super().reconstruct(faces, options))

    def reconstruct_as(
        self, person: SharedFace, faces: Sequence[SeenFace], options: OneFaceOptions
    ) -> list[Reconstruction]:
        """Expression, pose, light and detail are each face's own."""
        return self._detailed(faces, super().reconstruct_as(person, faces, options))

    def _detailed(self, faces: Sequence[SeenFace], results: list[Reconstruction]) -> list[Reconstruction]:
        return [self._with_detail(*pair) for pair in zip(faces, results, strict=True)]

    def _with_detail(self, seen: SeenFace, result: Reconstruction) -> Reconstruction:
        started = time.perf_counter()
        model, crop = self.loaded, self._crop(seen)
        assert result.appearance is not None
        side = len(crop.image)
        hidden = cv2.warpAffine(seen.view.mask.astype(np.float32), crop.crop_from_photo, (side, side), borderValue=1)
        picture = torch.from_numpy(crop.image).permute(2, 0, 1)[None].float() / 255
        face, c = model.coarse.face, result.appearance.coefficients
        view = skin_view(face, model.surface, c, picture, 1 - torch.from_numpy(hidden)[None])
        detail = SkinDetail.of(face, model.surface, model.student, c.identity[0], view)
        timings = {**result.timings, "detail": time.perf_counter() - started}
        return replace(result, detail=detail, timings=timings)
