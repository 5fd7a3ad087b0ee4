"""Networks that the coarse loss looks through, L_per of Mao et al. (CVPR 2025): who, in what mood, saying what.

None ships: their weights are for research alone. Each is handed in, or left out; `Judges.absent` names those that are.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.losses.face_fit import feature_loss
from manyfaces.render.sampling import sampled

Judge = Callable[[Tensor, Tensor], Tensor]
"""Pictures in R-Net's frame (B, 3, S, S), RGB in [0, 1], and their 68 landmarks, pixels of the 224 frame, to features
(B, D); differentiable in the pictures."""

MOUTH_PX = 88
"""Side of the crop that lip readers take (SPECTRE, CVPR 2023 workshops: the middle of 96 pixels)."""

_MOUTH_WIDTHS = 2.0  # side of the crop, in widths of the mouth
_GREY = (0.299, 0.587, 0.114)
_GREY_MEAN, _GREY_DEVIATION = 0.421, 0.165


@dataclass(frozen=True)
class Judges:
    """What there is.

    Attributes:
        identity: who a picture shows; features are compared by angle.
        emotion: in what mood; features are compared by their squared distance.
        lips: what is being said, see `lip_judge`; by angle.
    """

    identity: Judge | None = None
    emotion: Judge | None = None
    lips: Judge | None = None

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of those that there are not."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is None)

    def compare(
        self,
        drawn: Float[Tensor, "B 3 S S"],
        drawn_landmarks_px: Float[Tensor, "B 68 2"],
        photo: Float[Tensor, "B 3 S S"],
        landmarks_px: Float[Tensor, "B 68 2"],
    ) -> dict[str, Float[Tensor, ""]]:
        """How far renders are from photos, by each judge that there is; photos are constant."""
        distances = {}
        for name, distance in (("identity", feature_loss), ("emotion", F.mse_loss), ("lips", feature_loss)):
            judge: Judge | None = getattr(self, name)
            if judge is not None:
                with torch.no_grad():
                    wanted = judge(photo, landmarks_px)
                # Landmarks only say where to look.
                distances[name] = distance(judge(drawn, drawn_landmarks_px.detach()), wanted)
        return distances


def lip_judge(reader: Callable[[Tensor], Tensor]) -> Judge:
    """A judge from a lip reader's network for single frames.

    Args:
        reader: grey crops of the mouth, (B, 1, 88, 88), about mean 0.421 in deviations of 0.165, to features.
    """
    return lambda pictures, landmarks_px: reader(mouth_crop(pictures, landmarks_px))


def mouth_crop(pictures: Float[Tensor, "B 3 S S"], landmarks_px: Float[Tensor, "B 68 2"]) -> Float[Tensor, "B 1 88 88"]:
    """The mouth, grey, as lip readers take it: around the mean of points 48 to 67, twice as wide as the mouth.

    Args:
        pictures: RGB in [0, 1], in R-Net's frame at any size.
        landmarks_px: pixels of the 224 frame.
    """
    mouth = (landmarks_px[:, 48:] + 0.5) * (pictures.shape[-1] / RNET_PX) - 0.5
    width_px = (mouth[:, 6] - mouth[:, 0]).norm(dim=-1)
    steps = (torch.arange(MOUTH_PX).to(mouth) + 0.5) / MOUTH_PX - 0.5
    offsets = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1).flatten(0, 1)
    points_px = mouth.mean(1, keepdim=True) + _MOUTH_WIDTHS * width_px[:, None, None] * offsets
    colours = sampled(pictures.movedim(1, -1), points_px)
    grey = (colours * colours.new_tensor(_GREY)).sum(-1)
    return ((grey - _GREY_MEAN) / _GREY_DEVIATION).unflatten(-1, (MOUTH_PX, MOUTH_PX))[:, None]
