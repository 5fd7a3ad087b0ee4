"""Which surface points of a head can be found on a photo: what its cameras are fitted to."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import HeadFileError
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.heads import HeadModel

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
