"""The coarse network's open recipe: synthetic people, whose truth is known, some of them hidden."""

from dataclasses import dataclass, field
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.data.hiding import OPEN_LAW, HidingLaw
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceModel
from manyfaces.methods.personal import CoarseConfig, CoarseNet
from manyfaces.train.face_recipe import FaceRecipe, Lesson, as_network_input, truth_loss
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split


@dataclass(frozen=True, kw_only=True)
class CoarseRecipe(FaceRecipe[CoarseConfig]):
    """Train the coarse network on truth: whitened coefficients, and where the landmarks come to lie.

    The paper's L_C stands in for truth that photos do not have; see `train.personal.photos`.

    Attributes:
        source: people whose coefficients are known; held_out likewise.
        face: projects landmarks.
        law: what hides which share of the faces.
        stem: start weights of the convolutions that make the patches, by their names in a residual network.
        landmark_weight: of the landmarks' mean distance in pixels, beside the whitened squared error.
        pose_weight: of angles and translation among the coefficients.
    """

    face: FaceModel
    law: HidingLaw = field(default_factory=lambda: OPEN_LAW)
    stem: dict[str, Tensor] | None = None
    landmark_weight: float = 0.25
    pose_weight: float = 10.0
    name: str = "coarse"

    def build(self) -> nn.Module:
        """The network, in units of the training faces' deviations."""
        model = CoarseNet(self.network)
        if self.network.scaled:
            model.fit_scale(self.statistics())
        if self.stem is not None:
            model.vit.patch_embed.get_submodule("trunk").load_state_dict(self.stem, strict=True)
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Lesson:
        """Faces with their truth, some of them hidden for the network."""
        return self.lesson(self.law, step, split, part)

    def loss(self, model: nn.Module, batch: Lesson, generator: BatchDraws) -> Float[Tensor, ""]:
        """Whitened squared error, and the landmarks' mean distance."""
        net = cast(CoarseNet, model)
        said = net(as_network_input(batch.hidden)).float()
        deviation = net.deviation if self.network.scaled else None
        return truth_loss(said, batch.faces, self.face, deviation, self.pose_weight, self.landmark_weight)


def stem_weights(network: dict[str, Tensor], stages: int, prefix: str = "backbone.") -> dict[str, Tensor]:
    """The first stages of a network's residual backbone, by the names of the backbone.

    Args:
        network: the state of a network with such a backbone.
        stages: how many of its stages.
        prefix: of the backbone's tensors.
    """
    later = tuple(f"{prefix}layer{number}." for number in range(stages + 1, 10))
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in network.items()
        if name.startswith(prefix) and not name.startswith(later)
    }
