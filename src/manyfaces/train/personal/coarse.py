"""The coarse network's open recipe: synthetic people, whose truth is known, some of them hidden."""

from dataclasses import dataclass, field
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.seeds import stream_seed
from manyfaces.data.face_batches import Faces, PeopleSource
from manyfaces.data.hiding import OPEN_LAW, HidingLaw, hide
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceModel
from manyfaces.losses.coefficient_losses import coefficient_se
from manyfaces.losses.face_fit import landmark_distance
from manyfaces.methods.personal import CoarseConfig, CoarseNet
from manyfaces.train.face_recipe import FaceRecipe, as_network_input, in_full, pose_weights
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split

N_STATISTICS = 20_000


@dataclass(frozen=True)
class HiddenFaces:
    """What the network sees, and what is there.

    Attributes:
        faces: with nothing before them.
        hidden: the same pictures, some with something before the face.
    """

    faces: Faces
    hidden: Tensor


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
            model.fit_scale(cast(PeopleSource, self.source).truth(self.seed("train"), N_STATISTICS))
        if self.stem is not None:
            model.vit.patch_embed.get_submodule("trunk").load_state_dict(self.stem, strict=True)
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> HiddenFaces:
        """Faces with their truth, some of them hidden for the network."""
        faces = self.faces(step, split, part)
        seed = stream_seed(self.seed(split), "hiding", step)
        pictures, landmarks_px = faces.pictures.cpu(), faces.landmarks_px.cpu()
        return HiddenFaces(faces, hide(pictures, landmarks_px, self.law, seed, faces.number.cpu()))

    def loss(self, model: nn.Module, batch: HiddenFaces, generator: BatchDraws) -> Float[Tensor, ""]:
        """Whitened squared error, and the landmarks' mean distance."""
        net, layout, truth = cast(CoarseNet, model), self.network.layout, batch.faces
        assert truth.coefficients is not None
        predicted = net(as_network_input(batch.hidden)).float()
        device = predicted.device
        with in_full(device):
            deviation = net.deviation if self.network.scaled else None
            weights = pose_weights(layout, self.pose_weight).to(device)
            error = coefficient_se(predicted, truth.coefficients, deviation, weights)
            landmarks_px = self.face.to(device).landmarks_px(layout.split(predicted))
            return error + self.landmark_weight * landmark_distance(landmarks_px, truth.landmarks_px).mean()


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
