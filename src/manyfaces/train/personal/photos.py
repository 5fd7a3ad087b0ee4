"""Person-specific models from prepared photos and videos, without truth: what the paper trains."""

from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.data.clips import ClipBatches, SeenFaces
from manyfaces.data.subjects import DetailExamples
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceModel
from manyfaces.methods.personal import OPEN, PUBLISHED, CoarseConfig, CoarseNet, DetailSurface, PersonalConfig
from manyfaces.methods.personal.detail import skin_view
from manyfaces.methods.personal.objective import CoarseObjective, SeenPhotos
from manyfaces.render.sampling import shrunk
from manyfaces.train.config import TrainConfig
from manyfaces.train.face_recipe import FaceRecipe, in_full
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split


def _adam(steps: int, **more: Any) -> TrainConfig:
    """The paper's rate; its numbers of steps and frames are not told."""
    return TrainConfig(steps=steps, learning_rate=1e-4, weight_decay=0.0, **more)


@dataclass(frozen=True)
class PhotoRecipe:
    """Settings of a recipe on prepared photos.

    Attributes:
        network: sizes.
        head: name or path of the head model.
        start: released weights that the coarse network goes on from; None starts afresh.
        coarse: training of the coarse network; teacher and detail likewise.
        batch_size: frames per step; frames_per_clip of each clip in it.
    """

    network: PersonalConfig = field(default_factory=lambda: OPEN)
    head: str = "openhead"
    start: str | None = None
    coarse: TrainConfig = field(default_factory=lambda: _adam(100_000))
    teacher: TrainConfig = field(default_factory=lambda: _adam(50_000))
    detail: TrainConfig = field(default_factory=lambda: _adam(100_000))
    batch_size: int = 32
    frames_per_clip: int = 4


PHOTO_RECIPES: dict[str, PhotoRecipe] = {
    # The small networks of the open recipe, going on from it on anybody's photos.
    "photos": PhotoRecipe(start="personal-open/coarse.safetensors"),
    # ViT-B/16 and MAE on FLAME, as published.
    "paper": PhotoRecipe(network=PUBLISHED, head="flame20"),
}


@dataclass(frozen=True, kw_only=True)
class CoarsePhotoRecipe(FaceRecipe[CoarseConfig]):
    """Train the coarse network on L_C (Mao et al., CVPR 2025, equation 2).

    Attributes:
        source: prepared clips, frames of one clip in a row; held_out likewise.
        objective: L_C; its face is the network's.
        start: start weights, such as those of a base that goes on from synthetic people.
    """

    objective: CoarseObjective
    start: dict[str, Tensor] | None = None
    name: str = "coarse"

    def build(self) -> nn.Module:
        """The network."""
        model = CoarseNet(self.network)
        if self.start is not None:
            model.load_state_dict(self.start, strict=True)
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> SeenFaces:
        """Frames of some clips."""
        return cast(SeenFaces, self.faces(step, split, part))

    def loss(self, model: nn.Module, batch: SeenFaces, generator: BatchDraws) -> Float[Tensor, ""]:
        """L_C of what the network says of them."""
        seen = seen_photos(batch)
        said = model(seen.pictures).float()
        with in_full(said.device):
            return self.objective.to(said.device)(self.network.layout.split(said), seen).total


def seen_photos(faces: SeenFaces) -> SeenPhotos:
    """Prepared frames as the coarse loss takes them."""
    return SeenPhotos.of(faces.pictures, faces.landmarks_px, faces.confidence, faces.skin, faces.person)


@dataclass(frozen=True, eq=False)
class ClipSkin:
    """Frames of prepared clips on the texture map, by what a coarse network says of them.

    It gives batches as the synthetic sources of detail do; the true relief, which nobody knows, is zero and must not be
    learned from.

    Attributes:
        clips: what is drawn from, in pictures that skin is read off (`skin_px`).
        face: the coarse network's.
        surface: where detail lies.
        network: trained.
    """

    clips: ClipBatches
    face: FaceModel
    surface: DetailSurface
    network: CoarseNet

    @torch.no_grad()
    def batch(self, seed: int, step: int, n_subjects: int, frames_per_subject: int) -> DetailExamples:
        """Frames of some clips, those of one side by side."""
        clips = replace(self.clips, frames_per_clip=frames_per_subject)
        faces = clips.batch(seed, step, n_subjects * frames_per_subject)
        seen = seen_photos(faces)
        vector = self.network(shrunk(seen.pictures, self.network.config.picture_px)).float()
        c = self.face.layout.split(vector)
        view = skin_view(self.face, self.surface, c, seen.pictures, seen.skin)
        albedo = self.surface.layout.of(self.face.head.albedo(c.albedo).clamp(0, 1))
        return DetailExamples(
            texture=view.texture,
            visible=view.visible,
            tension=view.tension,
            displacement_m=torch.zeros_like(view.tension),
            coefficients=vector,
            vertices=self.face.vertices(c),
            coarse_albedo=albedo,
            subject=faces.clip,
            frame=faces.frame_number,
        )
