"""What hides a face in a video: found every few frames, and carried along with the face in between."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.detect import FaceMesh
from manyfaces.geometry import Crop
from manyfaces.occlusion import find_occlusion

FIND_EVERY = 5
"""Frames. Finding takes as long as all other looking at a frame four times over."""
_SIZE = 128
_NEW_SHARE = 0.5
"""Of the newest finding, against all before: single wrong ones are outvoted, true ones take two."""


class Hiding:
    """Remembers what hides a face, in the face's own frame.

    Args:
        mesh: finds points; asked eight times for each finding.
    """

    def __init__(self, mesh: FaceMesh):
        self._mesh = mesh
        self._share: Float[np.ndarray, "S S"] | None = None
        self._until_next = 0

    def forget(self) -> None:
        """Begin with another face."""
        self._share, self._until_next = None, 0

    def mask(self, image: UInt8[np.ndarray, "H W 3"], crop: Crop) -> Bool[np.ndarray, "H W"]:
        """The pixels of the next frame that hide the face.

        Args:
            image: RGB.
            crop: where the face is.
        """
        if self._until_next == 0:
            self._find(image, crop)
            self._until_next = FIND_EVERY
        self._until_next -= 1
        height, width = image.shape[:2]
        if self._share is None or not (self._share > 0.5).any():
            return np.zeros((height, width), dtype=bool)
        return cv2.warpAffine(self._share, crop.inverse_matrix(_SIZE), (width, height)) > 0.5

    def _find(self, image: np.ndarray, crop: Crop) -> None:
        found = find_occlusion(image, self._mesh(image, crop), self._mesh).mask
        new = cv2.warpAffine(found.astype(np.float32), crop.matrix(_SIZE), (_SIZE, _SIZE))
        self._share = new if self._share is None else _NEW_SHARE * new + (1 - _NEW_SHARE) * self._share
