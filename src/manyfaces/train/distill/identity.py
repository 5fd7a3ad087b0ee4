"""The recogniser that judges renders where no published one is at hand: trained on synthetic people."""

from dataclasses import dataclass, field
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.config import to_dict
from manyfaces.core.seeds import stream_seed
from manyfaces.data.face_batches import Faces, FaceSource
from manyfaces.diffusion import BatchDraws
from manyfaces.losses.margin import margin_cross_entropy
from manyfaces.methods.distill import RNet
from manyfaces.methods.distill.recognition import SmallRecogniser, SmallRecogniserConfig
from manyfaces.train.config import TrainConfig
from manyfaces.train.face_recipe import as_network_input
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split


class Classifier(nn.Module):
    """The recogniser, and a direction for each person it is trained on; those are thrown away afterwards."""

    def __init__(self, config: SmallRecogniserConfig, n_people: int):
        super().__init__()
        self.recogniser = SmallRecogniser(config)
        # Short: only their direction counts, and a step turns short vectors further.
        self.centres = nn.Parameter(0.02 * torch.randn(n_people, config.n_features))


@dataclass(frozen=True)
class IdentityRecipe:
    """Train a small recogniser with an angular margin (ArcFace, Deng et al., CVPR 2019).

    Attributes:
        source: faces that say whom they show.
        held_out: faces of the validation batches, of the same people: what is classified must be known.
        n_people: how many there are in the source.
        network: sizes.
        config: settings of the loop.
        batch_size: faces per step.
        margin: radians.
        scale: of the cosines before the softmax.
        teacher: what to start from; it knows faces already.
    """

    source: FaceSource
    held_out: FaceSource
    n_people: int
    network: SmallRecogniserConfig = field(default_factory=SmallRecogniserConfig)
    config: TrainConfig = field(default_factory=lambda: TrainConfig(steps=2_000))
    batch_size: int = 128
    margin: float = 0.1
    scale: float = 24.0
    teacher: RNet | None = None
    name: str = "identity"

    def build(self) -> nn.Module:
        """Recogniser and centres."""
        model = Classifier(self.network, self.n_people)
        if self.teacher is not None:
            model.recogniser.start_from(self.teacher)
        return model

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network."""
        return {**to_dict(self.network), "n_people": self.n_people}

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Faces:
        """Faces of known people."""
        source = self.held_out if split == "validation" else self.source
        return source.batch(stream_seed(self.config.seed, split), step, self.batch_size, part.rows(self.batch_size))

    def loss(self, model: nn.Module, batch: Faces, generator: BatchDraws) -> Float[Tensor, ""]:
        """Classification with a margin."""
        net = cast(Classifier, model)
        assert batch.person is not None
        features = net.recogniser(as_network_input(batch.pictures)).float()
        return margin_cross_entropy(features, net.centres, batch.person, self.margin, self.scale)
