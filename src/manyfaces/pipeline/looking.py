"""What looks at photos before any network of a method does: where faces are, their points, and what hides them."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import UInt8

from manyfaces.detect import FaceBox, FaceDetector, FaceMesh, crop_from_box
from manyfaces.methods.ofer.point_encoder import PointEncoder
from manyfaces.occlusion import find_occlusion
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.inputs import choose_faces, known_mask, side_px
from manyfaces.pipeline.options import LookOptions
from manyfaces.pipeline.preprocess import FaceView, look_at_face
from manyfaces.pipeline.workers import SampleWorkers, run_alone


@dataclass(frozen=True)
class Eyes:
    """Finds the faces of photos.

    Attributes:
        detector: finds faces.
        mesh: finds their points.
        encoder: corrects the points, and knows what hides them.
        workers: threads of their own for many short operations, where there are any.
    """

    detector: FaceDetector
    mesh: FaceMesh
    encoder: PointEncoder
    workers: SampleWorkers | None = None

    def detect(self, image: UInt8[np.ndarray, "H W 3"]) -> list[FaceBox]:
        """All faces of a picture, largest first."""
        return sorted(self.detector(image), key=lambda face: -side_px(face))

    def look(self, image: UInt8[np.ndarray, "H W 3"], options: LookOptions) -> list[SeenFace]:
        """The faces that are asked for, largest first.

        Raises:
            NoFaceError: there are none, or not as many.
            MaskError: the mask does not fit the photo.
        """
        faces = choose_faces(self.detect(image), options.face)
        mask = known_mask(options.occlusion, image)

        def find_mask(picture, points):
            return mask if mask is not None else find_occlusion(picture, points, self.mesh).mask

        def look(box: FaceBox) -> FaceView:
            return look_at_face(image, crop_from_box(box), find_mask, self.mesh, self.encoder)

        return [SeenFace(image, number, run_alone(partial(look, box), self.workers)) for number, box in faces]
