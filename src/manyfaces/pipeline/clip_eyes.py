"""What looks at the frames of clips when they are prepared: `Eyes`, loaded without the networks that reconstruct."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8

from manyfaces.detect import FaceBox, crop_from_box
from manyfaces.io.recogniser_files import read_facenet
from manyfaces.methods.distill import FaceNetRecogniser
from manyfaces.methods.distill.recognition import Recogniser
from manyfaces.occlusion import find_occlusion
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.models import load_detector, load_encoder, load_mesh, released_files
from manyfaces.pipeline.preprocess import FaceView, look_at_face

MODEL = "ofer-open"
"""Whose point encoder is taken."""


@dataclass(frozen=True)
class OpenClipEyes:
    """Eyes for `data.clips`.

    Attributes:
        eyes: find faces and their points, and what hides them.
        recogniser: tells people apart, if there is one.
    """

    eyes: Eyes
    recogniser: Recogniser | None = None

    @property
    def knows_people(self) -> bool:
        """Whether there is a recogniser."""
        return self.recogniser is not None

    def detect(self, image: UInt8[np.ndarray, "H W 3"]) -> list[FaceBox]:
        """All faces of a picture, largest first."""
        return self.eyes.detect(image)

    def look(self, image: UInt8[np.ndarray, "H W 3"], box: FaceBox) -> FaceView:
        """Look at one of them."""
        mesh = self.eyes.mesh
        return look_at_face(
            image,
            crop_from_box(box),
            lambda picture, points: find_occlusion(picture, points, mesh).mask,
            mesh,
            self.eyes.encoder,
        )

    @torch.inference_mode()
    def recognise(self, crop: UInt8[np.ndarray, "S S 3"]) -> Float[np.ndarray, " D"] | None:
        """Who it is, as a vector."""
        if self.recogniser is None:
            return None
        return self.recogniser(torch.from_numpy(crop.transpose(2, 0, 1)[None] / 255).float())[0].numpy()


def load_clip_eyes(facenet: Path | None = None) -> OpenClipEyes:
    """Load the detector, the points' network and the open point encoder.

    Args:
        facenet: weights of FaceNet, to tell people apart.

    Raises:
        AssetError, WeightError: a file is missing or damaged.
    """
    recogniser = None if facenet is None else FaceNetRecogniser(read_facenet(facenet))
    encoder = load_encoder(released_files(MODEL).parts["points"]).eval()
    return OpenClipEyes(Eyes(load_detector(), load_mesh(), encoder), recogniser)
