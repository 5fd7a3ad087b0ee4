"""R-Net and its students in the pipeline: one face for each that was seen, with its colours, light and pose."""

import time
from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float

from manyfaces.core.errors import InputError
from manyfaces.detect import POINTS_68_FROM_468, RNetCrop, rnet_crop, rnet_five
from manyfaces.detect.alignment import points_box
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients
from manyfaces.faces.colours import settle_colours
from manyfaces.geometry import Camera
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.distill_models import LoadedDistill
from manyfaces.pipeline.distill_person import SharedFace, ToldOfPerson
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.options import OneFaceOptions
from manyfaces.pipeline.result import Appearance, Reconstruction
from manyfaces.pipeline.workers import run_alone, sample_workers
from manyfaces.render import visible_vertices
from manyfaces.render.sampling import sampled

# More pictures at once are no faster, and fill the memory.
BATCH = 64
# Vertices whose pixel is hidden by more than this share show another thing's colour.
_BARELY = 0.1


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

    def reconstruct(self, faces: Sequence[SeenFace], options: OneFaceOptions) -> list[Reconstruction]:
        """Show all faces to the network in one batch."""
        started = time.perf_counter()
        crops, predicted = self._predict(faces)
        seconds = time.perf_counter() - started
        settles = self._settles(options)
        return [
            self._assemble(face, crop, self._settled(c, crop, face.view.mask) if settles else c, options, seconds)
            for face, crop, c in zip(faces, crops, predicted, strict=True)
        ]

    def tell(self, face: SeenFace, options: OneFaceOptions) -> ToldOfPerson:
        """What is predicted for a face, its colours settled."""
        [crop], [c] = self._predict([face])
        return ToldOfPerson.of(c, self._settled(c, crop, face.view.mask) if self._settles(options) else c)

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
        return [
            self._assemble(face, crop, person.given_to(self._model.face, c), options, seconds)
            for face, crop, c in zip(faces, crops, predicted, strict=True)
        ]

    def _crop(self, face: SeenFace) -> RNetCrop:
        five_px = rnet_five(POINTS_68_FROM_468 @ face.view.points_px)
        return rnet_crop(face.image, five_px, self._model.config.picture_px)

    def _predict(self, faces: Sequence[SeenFace]) -> tuple[list[RNetCrop], list[FaceCoefficients]]:
        """What the network is shown of each face, and what it says."""
        if not faces:
            return [], []
        crops = [self._crop(face) for face in faces]
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

    def _settles(self, options: OneFaceOptions) -> bool:
        law = self._model.law
        if options.settle and law is None:
            raise InputError(f"the model {self.name} does not know which colours are usual", "leave settle out")
        return law is not None if options.settle is None else options.settle

    def _settled(self, c: FaceCoefficients, crop: RNetCrop, mask: Bool[np.ndarray, "H W"]) -> FaceCoefficients:
        """The face in the colours and the light of the skin that the crop shows."""
        assert self._model.law is not None
        model, side = self._model.face, self._model.config.picture_px
        camera = model.camera(c).scaled(side / RNET_PX)
        projected, perspective = camera.project(model.vertices(c)), model.projection == "perspective"
        seen = visible_vertices(projected.with_depth[None], model.head.faces, (side, side), perspective=perspective)[0]
        seen = seen & model.head.region("skin") & model.head.region("front")
        # Beyond the crop there is nothing to see, either.
        hidden = hidden_in(crop, mask)
        hidden[[0, -1]] = hidden[:, [0, -1]] = 1
        pixels = np.concatenate([crop.image / np.float32(255), hidden[..., None]], -1)
        colours = sampled(torch.from_numpy(pixels)[None], projected.points_px[None])[0]
        trust = (seen & (colours[:, 3] < _BARELY)).to(colours)
        return settle_colours(model, c, colours[:, :3], trust, self._model.law)

    def _camera(self, c: FaceCoefficients, crop: RNetCrop) -> Camera:
        """The camera that shows the head on the photo where the network sees it in the crop."""
        model = self._model.face
        # It is one of the face about its own origin; a reconstruction's vertices stay in the head's frame.
        camera = model.camera(c).about(model.origin)
        return crop.camera_to_photo(camera.scaled(self._model.config.picture_px / RNET_PX))


def hidden_in(crop: RNetCrop, mask: Bool[np.ndarray, "H W"]) -> Float[np.ndarray, "S S"]:
    """How much of each pixel of a crop something hides; all of those beyond the photo.

    Args:
        crop: of the photo.
        mask: pixels of the photo that hide the face.
    """
    side = len(crop.image)
    return cv2.warpAffine(mask.astype(np.float32), crop.crop_from_photo, (side, side), borderValue=1)
