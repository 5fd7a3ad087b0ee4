"""The teacher: learns clear faces, from their exact truth or, as published, from photos alone."""

from dataclasses import dataclass
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError
from manyfaces.data.face_batches import Faces, PeopleSource
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceModel
from manyfaces.losses.coefficient_losses import coefficient_se
from manyfaces.losses.face_fit import landmark_distance
from manyfaces.methods.distill import DistillConfig, RNet
from manyfaces.train.face_recipe import FaceRecipe, as_network_input, in_full, pose_weights
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split

N_STATISTICS = 20_000


@dataclass(frozen=True, kw_only=True)
class TeacherRecipe(FaceRecipe[DistillConfig]):
    """Train the teacher on synthetic people: whitened coefficients, and where the landmarks come to lie.

    Attributes:
        face: projects landmarks.
        landmark_weight: of the landmarks' mean distance in pixels, beside the whitened squared error.
        pose_weight: of angles and translation among the coefficients.
    """

    face: FaceModel
    landmark_weight: float = 0.25
    pose_weight: float = 10.0
    name: str = "teacher"

    def build(self) -> nn.Module:
        """The network, in units of the training faces' deviations."""
        model = RNet(self.network)
        if self.network.scaled:
            if not isinstance(self.source, PeopleSource):
                raise ConfigError("the teacher's scale is taken from faces whose coefficients are known", "draw people")
            model.fit_scale(self.source.truth(self.seed("train"), N_STATISTICS))
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Faces:
        """Clear faces with their truth."""
        return self.faces(step, split, part)

    def loss(self, model: nn.Module, batch: Faces, generator: BatchDraws) -> Float[Tensor, ""]:
        """Whitened squared error, and the landmarks' mean distance."""
        net, layout = cast(RNet, model), self.network.layout
        assert batch.coefficients is not None
        predicted = net(as_network_input(batch.pictures)).float()
        device = predicted.device
        weights = pose_weights(layout, self.pose_weight)
        with in_full(device):
            deviation = net.deviation if self.network.scaled else None
            error = coefficient_se(predicted, batch.coefficients, deviation, weights.to(device))
            landmarks_px = self.face.to(device).landmarks_px(layout.split(predicted))
            return error + self.landmark_weight * landmark_distance(landmarks_px, batch.landmarks_px).mean()
