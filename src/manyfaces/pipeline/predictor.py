"""The door to everything: photos in, reconstructions out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.detect import FaceBox, crop_from_box
from manyfaces.detect.alignment import points_box
from manyfaces.io.image import read_image
from manyfaces.methods.ofer.compat import Compat
from manyfaces.nn import Execution
from manyfaces.occlusion import find_occlusion
from manyfaces.pipeline.alignment import Aligner, Alignment, Coefficients, Deviations
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.inputs import FaceChoice, Occlusion, Photo, choose_faces, known_mask, read_photos, side_px
from manyfaces.pipeline.loading import load_ofer
from manyfaces.pipeline.models import LoadedOfer
from manyfaces.pipeline.preprocess import FaceView, look_at_face
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.sampling import SAMPLER_PRESETS, Hypotheses, SamplerPreset, draw_hypotheses
from manyfaces.pipeline.workers import sample_workers

IdentityChoice = Literal["best", "varied"]
T = TypeVar("T")

# Far more than is of use: all are sampled in one batch and every hypothesis becomes a mesh, so a slip of the keyboard
# must not fill the memory.
MOST_IDENTITIES = 10_000
MOST_EXPRESSIONS = 500


@dataclass(frozen=True)
class Options:
    """How to reconstruct.

    Attributes:
        occlusion: what hides the face: "auto" finds it, "none" takes nothing as hidden; else a mask (file or (H, W)
            array, nonzero where hidden).
        identities: "best": many expressions of the identity ranked first, as in the paper; "varied": the k-th
            hypothesis has the k-th ranked identity and its own expression.
        n_identities: identities sampled and ranked, N.
        n_expressions: hypotheses that come out, M.
        seed: same seed, same faces.
        face: which faces of the photo: all, the largest, or one by number (largest first).
        sampler: "fast", "sde", "ddim" or "ddpm".
        settle: move the faces onto the visible points; None: as the model wants it (the open recipe does, published
            weights do not).
    """

    occlusion: Occlusion = "auto"
    identities: IdentityChoice | str = "best"
    n_identities: int = 100
    n_expressions: int = 15
    seed: int = 0
    face: FaceChoice | str = "all"
    sampler: SamplerPreset | str = "fast"
    settle: bool | None = None

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: a choice is unknown or a number too small.
        """
        if self.identities not in ("best", "varied"):
            raise ChoiceError("choice of identities", self.identities, ["best", "varied"])
        if self.sampler not in SAMPLER_PRESETS:
            raise ChoiceError("sampler", self.sampler, list(SAMPLER_PRESETS))
        for name, most in (("n_identities", MOST_IDENTITIES), ("n_expressions", MOST_EXPRESSIONS)):
            number = getattr(self, name)
            if not isinstance(number, int) or not 1 <= number <= most:
                raise InputError(f"{name} is {number!r}", f"give a whole number from 1 to {most}")
        if self.identities == "varied" and self.n_expressions > self.n_identities:
            raise InputError(
                f"{self.n_expressions} varied hypotheses need as many identities, there are {self.n_identities}",
                "raise n_identities",
            )


class Predictor:
    """Reconstructs faces from photos.

    Example:
        faces = Predictor.from_pretrained("ofer-open")("photo.jpg")
        faces.save("out/")
    """

    def __init__(self, model: LoadedOfer):
        self._model = model
        self._aligner = Aligner(model.head, model.encoder)
        self._workers = sample_workers(model.ofer.device)
        model.ofer.run_as(Execution(workers=self._workers))

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path = "ofer-open",
        device: str | torch.device = "cpu",
        head: str | Path | None = None,
        compat: Compat | str = "none",
    ) -> "Predictor":
        """Load a model.

        Args:
            name: see `manyfaces models`; or the folder of an imported model.
            device: where the networks run.
            head: head model in place of the one that goes by the name in the model, for imported models: name or file.
            compat: quirks of the published code to repeat, for imported models: "official" (all), "none", or names
                of `manyfaces.methods.ofer.compat.QUIRKS` with commas between them.

        Raises:
            ChoiceError: there is no such model or quirk.
            AssetError: the model was not imported, or a face-detection file is missing and cannot be fetched.
            HeadFileError: the head model is missing, or has no landmarks.
            WeightError: a weight file is damaged, or made for another head.
        """
        return cls(load_ofer(name, torch.device(device), head, compat))

    def __call__(self, photo: Photo, **options) -> Reconstruction:
        """Reconstruct the largest face of a photo; takes the fields of `Options` by name."""
        return self.reconstruct(photo, **{"face": "largest", **options})[0]

    def reconstruct(self, photo: Photo, **options) -> list[Reconstruction]:
        """Reconstruct the faces of a photo, largest first; takes the fields of `Options` by name.

        Args:
            photo: file, PIL image, or (H, W, 3) uint8 RGB array.
            options: see `Options`.

        Raises:
            ImageError: the photo cannot be read.
            NoFaceError: no face was found, or not as many as `face` asks for.
            MaskError: the mask does not fit the photo.
        """
        return self.reconstruct_many([photo], **options)[0]

    @torch.no_grad()
    def reconstruct_many(
        self, photos: Sequence[Photo] | UInt8[Tensor, "B 3 H W"], **options
    ) -> list[list[Reconstruction]]:
        """Reconstruct many photos, all their faces sampled in one batch.

        A photo's faces are the same as when it comes alone: every face has its own random stream.

        Args:
            photos: as `reconstruct` takes them, or one uint8 RGB tensor.
            options: see `Options`.

        Returns:
            For each photo its faces, largest first.

        Raises:
            InputError: as `reconstruct`, for the first photo that cannot be done; none is done then.
        """
        chosen = Options(**options)
        images = read_photos(photos)
        started = time.perf_counter()
        views = [self._look(image, chosen) for image in images]
        looked = time.perf_counter()
        hypotheses = self._sample([face for faces in views for face in faces], chosen)
        sampled = time.perf_counter()
        timings = {"look": looked - started, "sample_and_rank": sampled - looked}
        drawn = iter(hypotheses)
        return [[self._assemble(face, next(drawn), chosen, timings) for face in faces] for faces in views]

    @torch.no_grad()
    def reconstruct_person(self, photos: Sequence[Photo | SeenFace], **options) -> list[Reconstruction]:
        """Reconstruct one person from several photos: the identity is shared, expressions and cameras are each photo's.

        Args:
            photos: each shows the person; of several faces on a photo the largest is taken, or the one that the option
                `face` counts to. Or faces that `look` has found.
            options: see `Options`.

        Returns:
            One reconstruction for each photo; the k-th hypotheses of all have the same identity.

        Raises:
            InputError: as `reconstruct`; or no photo.
        """
        chosen = Options(**{"face": "largest", **options})
        if len(photos) == 0 or chosen.face == "all":
            raise InputError("one person needs photos, and one face on each", 'give photos, and face="largest"')
        started = time.perf_counter()
        faces = [p if isinstance(p, SeenFace) else self._look(read_image(p), chosen)[0] for p in photos]
        looked = time.perf_counter()
        hypotheses = self._sample(faces, chosen, one_person=True)
        timings = {"look": looked - started, "sample_and_rank": time.perf_counter() - looked}
        if self._settles(chosen):
            # What each photo asks of the identity, in the mean; then the identity is held and all else settled.
            settled = [self._align(f, h, chosen).coefficients.identity for f, h in zip(faces, hypotheses, strict=True)]
            identity = torch.stack(settled).mean(0)
            hypotheses = [h.with_identity(identity) for h in hypotheses]
        return [self._assemble(f, h, chosen, timings) for f, h in zip(faces, hypotheses, strict=True)]

    @torch.no_grad()
    def look(self, photo: Photo, **options) -> list[SeenFace]:
        """Find the faces of a photo, largest first, and what hides them: all of a reconstruction that a photo can fail.

        Args:
            photo: as `reconstruct` takes it.
            options: see `Options`; `face` and `occlusion` count.

        Raises:
            ImageError, NoFaceError, MaskError: see `reconstruct`.
        """
        return self._look(read_image(photo), Options(**options))

    def detect(self, image: UInt8[np.ndarray, "H W 3"]) -> list[FaceBox]:
        """All faces of a picture, largest first: the order that `face` counts in."""
        return sorted(self._model.detector(image), key=lambda face: -side_px(face))

    def _alone(self, function: Callable[[], T]) -> T:
        """Run a function of many short operations where torch uses one thread.

        Two threads would meet after each, and on a busy machine spend most of their time waiting for each other.
        """
        return function() if self._workers is None else self._workers.run(function)

    def _look(self, image: np.ndarray, options: Options) -> list[SeenFace]:
        faces = choose_faces(self.detect(image), options.face)
        mask = known_mask(options.occlusion, image)

        def find_mask(picture, points):
            return mask if mask is not None else find_occlusion(picture, points, self._model.mesh).mask

        def look(box: FaceBox) -> FaceView:
            return look_at_face(image, crop_from_box(box), find_mask, self._model.mesh, self._model.encoder)

        return [SeenFace(image, number, self._alone(partial(look, box))) for number, box in faces]

    def _settles(self, options: Options) -> bool:
        return self._model.settles if options.settle is None else options.settle

    def _sample(self, faces: list[SeenFace], options: Options, one_person: bool = False) -> list[Hypotheses]:
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

    def _align(self, face: SeenFace, drawn: Hypotheses, options: Options) -> Alignment:
        sampled = Coefficients(drawn.identities[drawn.identity_index], drawn.expressions, drawn.jaw)
        if not self._settles(options):
            return self._alone(partial(self._aligner.place, sampled, face.view))
        align = partial(
            self._aligner.align,
            sampled,
            Deviations(drawn.identity_deviation, drawn.expression_deviation),
            face.view,
            torch_generator(options.seed, "align", face.number),
            one_identity=options.identities == "best",
        )
        return self._alone(align)

    def _assemble(
        self, face: SeenFace, drawn: Hypotheses, options: Options, timings: dict[str, float]
    ) -> Reconstruction:
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
            model=self._model.name,
            seed=options.seed,
            timings={**timings, "align": time.perf_counter() - started},
        )
