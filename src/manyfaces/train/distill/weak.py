"""The teacher as it was published: trained on photos alone, by what its faces look like when they are rendered."""

from dataclasses import dataclass, field
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.data.face_batches import Faces
from manyfaces.detect.rnet_alignment import rnet_five
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.losses.weak_supervision import PredictedFace, SeenFace, WeakLoss, WeakWeights, weak_loss
from manyfaces.methods.distill import DistillConfig, RNet
from manyfaces.methods.distill.recognition import Recogniser
from manyfaces.occlusion.skin import skin_attention
from manyfaces.train.face_recipe import FaceRecipe, as_network_input, in_full
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split


@dataclass(frozen=True, kw_only=True)
class WeakTeacherRecipe(FaceRecipe[DistillConfig]):
    """Train R-Net with its weakly-supervised loss (Deng et al., CVPRW 2019).

    Attributes:
        face: renders and projects.
        recogniser: judges renders; None leaves its term out.
        weights: of the loss' terms.
        start: start weights of the whole network, such as a teacher that goes on from synthetic people.
        backbone: start weights of the backbone alone, such as ImageNet's.
    """

    face: FaceModel
    recogniser: Recogniser | None = None
    weights: WeakWeights = field(default_factory=WeakWeights)
    start: dict[str, Tensor] | None = None
    backbone: dict[str, Tensor] | None = None
    name: str = "teacher"

    def build(self) -> nn.Module:
        """The network."""
        model = RNet(self.network)
        if self.start is not None:
            model.load_state_dict(self.start, strict=True)
        elif self.backbone is not None:
            model.backbone.load_state_dict(self.backbone, strict=True)
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Faces:
        """Clear faces with their landmarks."""
        return self.faces(step, split, part)

    def loss(self, model: nn.Module, batch: Faces, generator: BatchDraws) -> Float[Tensor, ""]:
        """The sum of the terms."""
        return self.terms(cast(RNet, model), batch).total

    def terms(self, model: RNet, batch: Faces) -> WeakLoss:
        """The loss, term by term."""
        photos = as_network_input(batch.pictures)
        said = model(photos).float()
        with in_full(said.device):
            return self._terms(self.network.layout.split(said), photos, batch)

    def _terms(self, c: FaceCoefficients, photos: Tensor, batch: Faces) -> WeakLoss:
        judge, face = self.recogniser, self.face.to(photos.device)
        drawn = face.render(c, photos.shape[-1])
        # On black, as published: what is compared beyond the face is weighed zero.
        picture = drawn.rgb.permute(0, 3, 1, 2)
        landmarks_px = face.landmarks_px(c)
        predicted = PredictedFace(
            picture=picture,
            coverage=face.front(drawn),
            landmarks_px=landmarks_px,
            identity=c.identity,
            expression=c.expression,
            albedo=c.albedo,
            light=c.light,
            colours=face.head.albedo(c.albedo),
            features=None if judge is None else judge(picture, rnet_five(landmarks_px)).float(),
        )
        with torch.no_grad():
            features = None if judge is None else judge(photos, rnet_five(batch.landmarks_px)).float()
            seen = SeenFace(photos, skin_attention(photos), batch.landmarks_px, features)
        return weak_loss(predicted, seen, face.head.region("skin", "front"), self.weights)
