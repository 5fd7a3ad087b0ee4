"""Which surface points of a head can be found on a photo: what its cameras are fitted to."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.core.errors import HeadFileError
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.heads import HeadModel
from manyfaces.pipeline.preprocess import FaceView

# Errors of neighbouring points go together: 468 points tell as much as a few dozen independent ones.
POINTS_PER_OPINION = 10.0

# The detector's 468 points as points of each scheme that a head may have, the densest scheme first.
_SCHEMES: dict[str, Float[np.ndarray, "L 468"]] = {
    "468": np.eye(468, dtype=np.float32),
    "mediapipe105": np.eye(468, dtype=np.float32),
    "68": POINTS_68_FROM_468,
    "51": POINTS_68_FROM_468[17:],
}


@dataclass(frozen=True)
class Anchors:
    """Landmarks of a head that are means of the detector's dense points.

    Attributes:
        name: of the head's landmarks.
        from_468: weights of the dense points; rows sum to 1.
    """

    name: str
    from_468: Float[Tensor, "L 468"]

    def __len__(self) -> int:
        return len(self.from_468)

    def of(self, points_px: Float[np.ndarray, "468 2"]) -> Float[Tensor, "L 2"]:
        """Where they are, pixels."""
        return self.from_468 @ torch.from_numpy(points_px).float()

    def precision(self, view: FaceView) -> Float[Tensor, " L"]:
        """1 / variance of where they are, per pixel squared."""
        return 1 / (self.from_468 @ torch.from_numpy(view.scale_px)).clamp_min(1e-3) ** 2

    def seen(self, view: FaceView) -> Bool[Tensor, " L"]:
        """Those that nothing hides."""
        return self.from_468 @ torch.from_numpy(~view.hidden).float() > 0.5

    def weights(self, view: FaceView) -> Float[Tensor, " L"]:
        """What each tells in a fit to all that are seen: precision, shared among those whose errors go together."""
        # Fewer points lie further apart, and are worth more each.
        per_opinion = max(1.0, POINTS_PER_OPINION * len(self) / 468)
        return self.precision(view) * self.seen(view) / per_opinion


def find_anchors(head: HeadModel) -> Anchors:
    """The densest landmarks that head and detector share.

    Raises:
        HeadFileError: the head has no landmarks.
    """
    for name, from_468 in _SCHEMES.items():
        if name in head.data.landmarks:
            rows = head.data.landmarks[name].indices
            return Anchors(name, torch.tensor(from_468 if rows is None else from_468[rows]))
    raise HeadFileError(
        f"head {head.data.name!r} came without landmarks, and no camera can put it on a photo",
        "import the head again with mediapipe_landmark_embedding.npz or landmark_embedding.npy (docs/flame.md)",
    )
