"""The teacher: learns clear faces, from their exact truth or, as published, from photos alone."""

from dataclasses import dataclass
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.data.face_batches import Faces
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceModel
from manyfaces.methods.distill import DistillConfig, RNet
from manyfaces.train.face_recipe import FaceRecipe, as_network_input, truth_loss
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split


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
            model.fit_scale(self.statistics())
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Faces:
        """Clear faces with their truth."""
        return self.faces(step, split, part)

    def loss(self, model: nn.Module, batch: Faces, generator: BatchDraws) -> Float[Tensor, ""]:
        """Whitened squared error, and the landmarks' mean distance."""
        net = cast(RNet, model)
        said = net(as_network_input(batch.pictures)).float()
        deviation = net.deviation if self.network.scaled else None
        return truth_loss(said, batch, self.face, deviation, self.pose_weight, self.landmark_weight)
