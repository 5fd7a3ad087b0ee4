"""The door to everything: photos in, reconstructions out."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.detect import FaceBox
from manyfaces.io.image import read_image
from manyfaces.methods.ofer.compat import Compat
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.inputs import Photo, read_photos
from manyfaces.pipeline.methods import Method, load_method
from manyfaces.pipeline.options import LookOptions, chosen
from manyfaces.pipeline.result import Reconstruction


class Predictor:
    """Reconstructs faces from photos, by whichever method its model is of.

    Example:
        faces = Predictor.from_pretrained("ofer-open")("photo.jpg")
        faces.save("out/")
    """

    def __init__(self, method: Method[Any]):
        self._method = method

    @property
    def method(self) -> Method[Any]:
        """What the model does, for those that lead faces through it themselves, as a video's frames are."""
        return self._method

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
            compat: quirks of the published code to repeat, for imported models of OFER: "official" (all), "none", or
                names of `manyfaces.methods.ofer.compat.QUIRKS` with commas between them.

        Raises:
            ChoiceError: there is no such model or quirk.
            InputError: a head or quirks for a model that takes none.
            AssetError: the model was not imported, or a face-detection file is missing and cannot be fetched.
            HeadFileError: the head model is missing, or has no landmarks.
            WeightError: a weight file is damaged, or made for another head.
        """
        return cls(load_method(name, torch.device(device), head, compat))

    def __call__(self, photo: Photo, **options) -> Reconstruction:
        """Reconstruct the largest face of a photo; takes the model's options by name, see `reconstruct`."""
        return self.reconstruct(photo, **{"face": "largest", **options})[0]

    def reconstruct(self, photo: Photo, **options) -> list[Reconstruction]:
        """Reconstruct the faces of a photo, largest first.

        Args:
            photo: file, PIL image, or (H, W, 3) uint8 RGB array.
            options: fields of `Options` for models of OFER, of `LookOptions` for models that give one face.

        Raises:
            ImageError: the photo cannot be read.
            NoFaceError: no face was found, or not as many as `face` asks for.
            MaskError: the mask does not fit the photo.
            InputError: the model has no such option, or the value makes no sense.
        """
        return self.reconstruct_many([photo], **options)[0]

    @torch.no_grad()
    def reconstruct_many(
        self, photos: Sequence[Photo] | UInt8[Tensor, "B 3 H W"], **options
    ) -> list[list[Reconstruction]]:
        """Reconstruct many photos, all their faces in one batch.

        A photo's faces are the same as when it comes alone.

        Args:
            photos: as `reconstruct` takes them, or one uint8 RGB tensor.
            options: see `reconstruct`.

        Returns:
            For each photo its faces, largest first.

        Raises:
            InputError: as `reconstruct`, for the first photo that cannot be done; none is done then.
        """
        said = self.options(**options)
        images = read_photos(photos)
        started = time.perf_counter()
        seen = [self._method.eyes.look(image, said) for image in images]
        looked_s = time.perf_counter() - started
        results = self._method.reconstruct([face for faces in seen for face in faces], said)
        told = iter(_with_time(results, looked_s))
        return [[next(told) for _ in faces] for faces in seen]

    @torch.no_grad()
    def reconstruct_person(self, photos: Sequence[Photo | SeenFace], **options) -> list[Reconstruction]:
        """Reconstruct one person from several photos: the identity is shared, expressions and cameras are each photo's.

        Args:
            photos: each shows the person; of several faces on a photo the largest is taken, or the one that the option
                `face` counts to. Or faces that `look` has found.
            options: see `reconstruct`.

        Returns:
            One reconstruction for each photo; the k-th hypotheses of all have the same identity.

        Raises:
            InputError: as `reconstruct`; or no photo.
        """
        said = self.options(**{"face": "largest", **options})
        if len(photos) == 0 or said.face == "all":
            raise InputError("one person needs photos, and one face on each", 'give photos, and face="largest"')
        eyes = self._method.eyes
        started = time.perf_counter()
        faces = [p if isinstance(p, SeenFace) else eyes.look(read_image(p), said)[0] for p in photos]
        looked_s = time.perf_counter() - started
        person = self._method.identify([self._method.tell(face, said) for face in faces], said)
        return _with_time(self._method.reconstruct_as(person, faces, said), looked_s)

    @torch.no_grad()
    def look(self, photo: Photo, **options) -> list[SeenFace]:
        """Find the faces of a photo, largest first, and what hides them: all of a reconstruction that a photo can fail.

        Args:
            photo: as `reconstruct` takes it.
            options: see `reconstruct`; `face` and `occlusion` count.

        Raises:
            ImageError, NoFaceError, MaskError: see `reconstruct`.
        """
        return self._method.eyes.look(read_image(photo), self.options(**options))

    def detect(self, image: UInt8[np.ndarray, "H W 3"]) -> list[FaceBox]:
        """All faces of a picture, largest first: the order that `face` counts in."""
        return self._method.eyes.detect(image)

    def options(self, **given) -> LookOptions:
        """Options of the model by name; see `reconstruct`."""
        return chosen(self._method.options, given, self._method.name)


def _with_time(results: list[Reconstruction], looked_s: float) -> list[Reconstruction]:
    return [replace(result, timings={"look": looked_s, **result.timings}) for result in results]
