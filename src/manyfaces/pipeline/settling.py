"""Faces that a network predicts, settled on the photo: on the points that are seen, and in the colours of the skin."""

from dataclasses import replace

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float

from manyfaces.detect import RNetCrop
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients, FaceLaw, FaceModel
from manyfaces.faces.colours import settle_colours
from manyfaces.faces.points import PointSettler
from manyfaces.pipeline.anchors import find_anchors
from manyfaces.pipeline.preprocess import FaceView
from manyfaces.render import visible_vertices
from manyfaces.render.sampling import sampled

REACH = 0.7
"""How far a face may be from what the network says, as a share of how much its training faces differ: a network that
knew nothing would need 1."""

# Vertices whose pixel is hidden by more than this share show another thing's colour.
_BARELY = 0.1


class FaceSettler:
    """Settles predicted faces.

    Args:
        face: turns coefficients into faces.
        law: of the faces that the network was trained on.

    Raises:
        HeadFileError: the head has no landmarks.
    """

    def __init__(self, face: FaceModel, law: FaceLaw):
        self._face, self._law = face, law
        self._anchors = find_anchors(face.head)
        self._points = PointSettler(face, self._anchors.name)
        self._reach = face.layout.split(REACH * law.deviation.joined())
        self._reach_of_person = replace(self._reach, identity=torch.zeros_like(self._reach.identity))

    def settled(self, c: FaceCoefficients, crop: RNetCrop, view: FaceView) -> FaceCoefficients:
        """On its points, then in its colours and light."""
        return self.in_colours(self.on_points(c, crop, view), crop, view.mask)

    def on_points(
        self, c: FaceCoefficients, crop: RNetCrop, view: FaceView, hold_identity: bool = False
    ) -> FaceCoefficients:
        """Where the detector sees the points that nothing hides.

        Args:
            c: one face.
            crop: what the network was shown.
            view: where the points are.
            hold_identity: move expression and pose alone.
        """
        scale = RNET_PX / len(crop.image)
        points_px = (crop.to_crop(view.points_px) + 0.5) * scale - 0.5
        weights = self._anchors.weights(view) / (crop.scale * scale) ** 2
        reach = self._reach_of_person if hold_identity else self._reach
        return self._points.settled(c, self._anchors.of(points_px), weights, reach)

    def in_colours(self, c: FaceCoefficients, crop: RNetCrop, mask: Bool[np.ndarray, "H W"]) -> FaceCoefficients:
        """In the colours and the light of the skin that the crop shows.

        Args:
            c: one face.
            crop: what the network was shown.
            mask: pixels of the photo that hide the face.
        """
        face, side = self._face, len(crop.image)
        camera = face.camera(c).scaled(side / RNET_PX)
        projected, perspective = camera.project(face.vertices(c)), face.projection == "perspective"
        seen = visible_vertices(projected.with_depth[None], face.head.faces, (side, side), perspective=perspective)[0]
        seen = seen & face.head.region("skin") & face.head.region("front")
        # Beyond the crop there is nothing to see, either.
        hidden = hidden_in(crop, mask)
        hidden[[0, -1]] = hidden[:, [0, -1]] = 1
        pixels = np.concatenate([crop.image / np.float32(255), hidden[..., None]], -1)
        colours = sampled(torch.from_numpy(pixels)[None], projected.points_px[None])[0]
        trust = (seen & (colours[:, 3] < _BARELY)).to(colours)
        return settle_colours(face, c, colours[:, :3], trust, self._law)


def hidden_in(crop: RNetCrop, mask: Bool[np.ndarray, "H W"]) -> Float[np.ndarray, "S S"]:
    """How much of each pixel of a crop something hides; all of those beyond the photo.

    Args:
        crop: of the photo.
        mask: pixels of the photo that hide the face.
    """
    side = len(crop.image)
    return cv2.warpAffine(mask.astype(np.float32), crop.crop_from_photo, (side, side), borderValue=1)
