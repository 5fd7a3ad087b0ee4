"""The detail stage: a U-Net that reads relief off textures, and the student that animates it."""

from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.config import to_dict
from manyfaces.core.errors import ConfigError
from manyfaces.core.seeds import stream_seed
from manyfaces.data.subjects import DetailExamples
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import CoefficientLayout
from manyfaces.losses.detail import DetailedFace, DetailWeights, SeenTexture, animated_detail_loss, detail_loss
from manyfaces.losses.displacement import teacher_loss
from manyfaces.losses.exchange import exchange_rows
from manyfaces.methods.personal import DetailSurface
from manyfaces.methods.personal.config import DetailConfig
from manyfaces.methods.personal.detail import SkinShade, SkinView, seen_texture
from manyfaces.nn import DetailResNetConfig, DisplacementMae, DisplacementResNet, DisplacementUNet
from manyfaces.train.config import TrainConfig
from manyfaces.train.face_recipe import in_full
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split


@runtime_checkable
class DetailExampleSource(Protocol):
    """Endless frames of persons with their true relief."""

    def batch(self, seed: int, step: int, n_subjects: int, frames_per_subject: int) -> DetailExamples:
        """Frames of some persons, those of one person side by side; the same for the same arguments."""
        ...


@dataclass(frozen=True, kw_only=True)
class DetailRecipe:
    """What teacher and students have in common.

    Attributes:
        source: frames to learn from.
        held_out: frames of other persons.
        surface: where detail lies.
        layout: of the frames' coefficients.
        network: sizes.
        config: settings of the loop.
        batch_size: frames per step.
        frames_per_subject: of each person in a batch.
        weights: of the losses' terms; where those of light are zero, none is computed.
        features: what L_mrf compares textures by: RGB in [0, 1], (B, 3, S, S), to feature maps by name, such as
            `manyfaces.nn.Vgg19Features`. Its weights have a licence of their own, so none comes along.
    """

    source: DetailExampleSource
    held_out: DetailExampleSource
    surface: DetailSurface
    layout: CoefficientLayout
    network: DetailConfig
    config: TrainConfig
    batch_size: int = 16
    frames_per_subject: int = 4
    weights: DetailWeights = field(default_factory=lambda: DetailWeights(mrf=0.0))
    features: nn.Module | None = None

    def __post_init__(self) -> None:
        """See that L_mrf has features to compare.

        Raises:
            ConfigError: it has none.
        """
        if self.weights.mrf and self.features is None:
            raise ConfigError("L_mrf compares features, and no network for them was handed in", "set features")
        if self.features is not None:
            self.features.requires_grad_(False).eval()

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network."""
        return to_dict(self.network)

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> DetailExamples:
        """Frames with their truth."""
        source = self.held_out if split == "validation" else self.source
        n_subjects = self.batch_size // self.frames_per_subject
        drawn = source.batch(stream_seed(self.config.seed, split), step, n_subjects, self.frames_per_subject)
        rows = part.rows(self.batch_size)
        return drawn.mapped(lambda values: values[rows])

    def lit(self, batch: DetailExamples, displacement_m: Float[Tensor, "B S S"]) -> DetailedFace:
        """Displacements, with the light on them where a term asks for it."""
        if not (self.weights.photometric or self.weights.smoothness or self.weights.mrf):
            return DetailedFace(displacement_m)
        c = self.layout.split(batch.coefficients)
        surface = self.surface.to(displacement_m.device)
        face = SkinShade(surface, batch.vertices, c, batch.coarse_albedo)(displacement_m)
        assert face.texture is not None
        return replace(face, features=self._features(face.texture, batch.visible))

    def seen(self, batch: DetailExamples) -> SeenTexture:
        """The photo as the losses take it."""
        seen = seen_texture(view_of(batch), self.surface.to(batch.texture.device))
        with torch.no_grad():
            return replace(seen, features=self._features(seen.texture, batch.visible))

    def _features(
        self, texture: Float[Tensor, "B S S 3"], visible: Float[Tensor, "B S S"]
    ) -> tuple[Float[Tensor, "B _ _ _"], ...]:
        """Of what the photo shows; the same zeros elsewhere, on either side."""
        if self.features is None or not self.weights.mrf:
            return ()
        shown = (texture * visible[..., None]).movedim(-1, 1)
        return tuple(self.features.to(shown.device)(shown).values())


def view_of(batch: DetailExamples) -> SkinView:
    """What the networks may know of examples."""
    return SkinView(batch.texture, batch.visible, batch.tension)


@dataclass(frozen=True, kw_only=True)
class DetailTeacherRecipe(DetailRecipe):
    """Train the U-Net on L_UNet (Mao et al., equation 4), and on the truth that synthetic persons have.

    Attributes:
        truth: factor of the distance to the true relief where skin is seen.
    """

    truth: float = 1.0
    name: str = "detail-teacher"

    def build(self) -> nn.Module:
        """The U-Net."""
        return DisplacementUNet(self.network.teacher)

    def loss(self, model: nn.Module, batch: DetailExamples, generator: BatchDraws) -> Float[Tensor, ""]:
        """The losses' sum."""
        said_m = model(view_of(batch).contrast).float()
        with in_full(said_m.device):
            total = detail_loss(self.lit(batch, said_m), self.seen(batch), self.weights).total
            if self.truth:
                total = total + self.truth * teacher_loss(said_m, batch.displacement_m, batch.visible).total
            return total


@dataclass(frozen=True, kw_only=True)
class DetailStudentRecipe(DetailRecipe):
    """Train an animatable network on L_animD (equations 6 and 7); it is never shown the truth.

    Attributes:
        teacher: what it learns from.
        resnet: in place of the masked autoencoder, a residual network: the ablation.
    """

    teacher: DisplacementUNet
    resnet: DetailResNetConfig | None = None
    name: str = "detail"

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network."""
        return super().describe() if self.resnet is None else to_dict(self.resnet)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.teacher.requires_grad_(False).eval()

    def build(self) -> nn.Module:
        """The student; where it has a U-Net it starts as its teacher, if there is one to learn from."""
        if self.resnet is not None:
            return DisplacementResNet(self.resnet)
        student = DisplacementMae(self.network.student)
        if student.unet is not None and self.weights.teacher:
            student.start_from(self.teacher)
        return student

    def loss(self, model: nn.Module, batch: DetailExamples, generator: BatchDraws) -> Float[Tensor, ""]:
        """L_animD."""
        texture = view_of(batch).contrast
        device = texture.device
        self.teacher.to(device)
        with torch.no_grad():
            teacher_m = self.teacher(texture).float()
        rows = exchange_rows(batch.subject.cpu()).to(device)
        # Own and exchanged textures in one pass.
        both = self._said(model, torch.cat([texture, texture[rows]]), batch)
        own_m, swapped_m = both.float().chunk(2)
        with in_full(device):
            own, swapped = (self.lit(batch, said_m) for said_m in (own_m, swapped_m))
            return animated_detail_loss(own, swapped, self.seen(batch), teacher_m, self.weights).total

    def _said(self, model: nn.Module, textures: Tensor, batch: DetailExamples) -> Tensor:
        if self.resnet is None:
            return model(textures, batch.tension.repeat(2, 1, 1))
        driven = self.layout.split(batch.coefficients).expression
        return cast(DisplacementResNet, model)(textures, driven.repeat(2, 1))
