"""R-Net and its students in the pipeline: one face for each that was seen, with its colours, light and pose."""

import time
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from manyfaces.core.errors import InputError
from manyfaces.detect import POINTS_68_FROM_468, RNetCrop, rnet_crop, rnet_five
from manyfaces.detect.alignment import points_box
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients
from manyfaces.geometry import Camera
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.distill_models import LoadedDistill
from manyfaces.pipeline.distill_person import SharedFace, ToldOfPerson
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.options import OneFaceOptions
from manyfaces.pipeline.result import Appearance, Reconstruction
from manyfaces.pipeline.settling import FaceSettler
from manyfaces.pipeline.workers import run_alone, sample_workers

# More pictures at once are no faster, and fill the memory.
BATCH = 64


class DistillMethod:
    """A loaded R-Net or student; see `Method`.

    Args:
        model: its network and all that goes with it.
    """

    options = OneFaceOptions

    def __init__(self, model: LoadedDistill):
        self.name = model.name
        self.eyes = Eyes(model.detector, model.mesh, model.encoder, sample_workers(model.device))
        self._model = model
        self._settler = None if model.law is None else FaceSettler(model.face, model.law)

    def reconstruct(self, faces: Sequence[SeenFace], options: OneFaceOptions) -> list[Reconstruction]:
        """Show all faces to the network in one batch."""
        started = time.perf_counter()
        crops, predicted = self._predict(faces)
        seconds = time.perf_counter() - started
        if (settler := self._settler_for(options)) is not None:
            triples = zip(predicted, crops, faces, strict=True)
            predicted = [settler.settled(c, crop, face.view) for c, crop, face in triples]
        return [self._assemble(*of_face, options, seconds) for of_face in zip(faces, crops, predicted, strict=True)]

    def tell(self, face: SeenFace, options: OneFaceOptions) -> ToldOfPerson:
        """What is predicted for a face, settled where the model settles."""
        [crop], [c] = self._predict([face])
        settler = self._settler_for(options)
        return ToldOfPerson.of(c, c if settler is None else settler.settled(c, crop, face.view))

    def identify(self, told: Sequence[ToldOfPerson], options: OneFaceOptions) -> SharedFace:
        """The mean of what faces told."""
        return SharedFace.of(told)

    def reconstruct_as(
        self, person: SharedFace, faces: Sequence[SeenFace], options: OneFaceOptions
    ) -> list[Reconstruction]:
        """Expression, pose and light are each face's own."""
        work = partial(self._reconstruct_as, person, faces, options)
        # A frame of a video is too little work for two threads.
        return run_alone(work, self.eyes.workers) if len(faces) == 1 else work()

    def _reconstruct_as(
        self, person: SharedFace, faces: Sequence[SeenFace], options: OneFaceOptions
    ) -> list[Reconstruction]:
        started = time.perf_counter()
        crops, predicted = self._predict(faces)
        seconds = time.perf_counter() - started
        given = [person.given_to(self._model.face, c) for c in predicted]
        if (settler := self._settler_for(options)) is not None:
            triples = zip(given, crops, faces, strict=True)
            given = [settler.on_points(c, crop, face.view, hold_identity=True) for c, crop, face in triples]
        return [self._assemble(*of_face, options, seconds) for of_face in zip(faces, crops, given, strict=True)]

    def _crop(self, face: SeenFace, side_px: int) -> RNetCrop:
        five_px = rnet_five(POINTS_68_FROM_468 @ face.view.points_px)
        return rnet_crop(face.image, five_px, side_px)

    def _predict(self, faces: Sequence[SeenFace]) -> tuple[list[RNetCrop], list[FaceCoefficients]]:
        """What the network is shown of each face, and what it says."""
        if not faces:
            return [], []
        crops = [self._crop(face, self._model.config.picture_px) for face in faces]
        pictures = torch.from_numpy(np.stack([crop.image for crop in crops])).permute(0, 3, 1, 2)
        network, device = self._model.network, self._model.device
        vectors = torch.cat([network(some.to(device).float() / 255).float().cpu() for some in pictures.split(BATCH)])
        return crops, [self._model.face.layout.split(vector) for vector in vectors]

    def _assemble(
        self, face: SeenFace, crop: RNetCrop, c: FaceCoefficients, options: OneFaceOptions, predicted_s: float
    ) -> Reconstruction:
        model, view = self._model.face, face.view
        c = model.layout.split(c.joined()[None])
        colours = model.colours(c).clamp(0, 1)
        one = torch.zeros(1, dtype=torch.long)
        return Reconstruction(
            head=model.head,
            identities=c.identity,
            order=one,
            scores=torch.ones(1),
            identity_index=one,
            expressions=model.expression(c),
            jaw=model.jaw(c),
            cameras=self._camera(c, crop),
            photo=face.image,
            visible=~view.hidden,
            points_px=view.points_px,
            hidden_mask=view.mask if view.mask.any() else None,
            face_box=points_box(view.points_px).astype(np.float32),
            model=self.name,
            seed=options.seed,
            timings={"predict": predicted_s},
            appearance=Appearance(c, model.head.albedo(c.albedo).clamp(0, 1), colours),
        )

    def _settler_for(self, options: OneFaceOptions) -> FaceSettler | None:
        """What settles faces; None where they stay as the network says."""
        if options.settle and self._settler is None:
            raise InputError(f"the model {self.name} does not know which faces are usual", "leave settle out")
        return None if options.settle is False else self._settler

    def _camera(self, c: FaceCoefficients, crop: RNetCrop) -> Camera:
        """The camera that shows the head on the photo where the network sees it in the crop."""
        model = self._model.face
        # It is one of the face about its own origin; a reconstruction's vertices stay in the head's frame.
        camera = model.camera(c).about(model.origin)
        return crop.camera_to_photo(camera.scaled(self._model.config.picture_px / RNET_PX))
