"""MOPI: seven occluded pictures of each face."""

from dataclasses import dataclass, field
from typing import Literal, cast

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from manyfaces.core.seeds import stream_seed
from manyfaces.data.face_batches import Faces
from manyfaces.data.hiding import HidingLaw, hide
from manyfaces.detect.rnet_alignment import rnet_five
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceModel
from manyfaces.losses.face_fit import landmark_distance
from manyfaces.losses.identity_agreement import AgreementForm, agreement_loss
from manyfaces.losses.label_choice import Reduction, choose_label, label_loss
from manyfaces.losses.multi_occlusion import MultiOcclusionWeights, multi_occlusion_loss
from manyfaces.methods.distill import N_VIEWS, DistillConfig, Mopi, Sopi
from manyfaces.methods.distill.recognition import Recogniser
from manyfaces.train.face_recipe import FaceRecipe, as_network_input, in_full, pose_weights
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split

LabelUnits = Literal["printed", "whitened"]


@dataclass(frozen=True)
class SevenViews:
    """What MOPI sees.

    Attributes:
        faces: with nothing before them.
        hidden: each behind seven patterns.
    """

    faces: Faces
    hidden: UInt8[Tensor, "B 7 3 S S"]


@dataclass(frozen=True, kw_only=True)
class MopiRecipe(FaceRecipe[DistillConfig]):
    """Train the multi-occlusion network on a trained student's labels (Tiwari et al., section 3.2).

    Attributes:
        sopi: gives the labels; frozen.
        recogniser: judges renders; frozen.
        face: renders, for the recogniser.
        law: what hides the faces, each of the seven views.
        weights: of the two terms; zero leaves one out.
        form: of the perceptual term.
        units: of the label term: coefficients as they are, or in deviations, pose weighed more.
        pose_weight: of the squares of angles and translation in the latter.
        landmark_weight: of the landmarks' mean distance to the label's in pixels, beside each view's distance of
            coefficients; the paper has none.
        points: projects landmarks; needed where they have a weight.
        warm: go on from the student that gives the labels, for the lack of ImageNet's weights.
        backbone: start weights of the backbone, such as ImageNet's, where it does not.
        reduction: of the label term over the views.
    """

    sopi: Sopi
    recogniser: Recogniser
    face: FaceModel
    law: HidingLaw = field(default_factory=lambda: HidingLaw(share=1.0))
    weights: MultiOcclusionWeights = field(default_factory=MultiOcclusionWeights)
    form: AgreementForm = "resolved"
    units: LabelUnits = "printed"
    pose_weight: float = 10.0
    landmark_weight: float = 0.0
    points: FaceModel | None = None
    warm: bool = True
    backbone: dict[str, Tensor] | None = None
    reduction: Reduction = "sum"
    name: str = "mopi"

    def __post_init__(self) -> None:
        """Freeze the student."""
        self.sopi.requires_grad_(False).eval()

    def build(self) -> nn.Module:
        """The network."""
        model = Mopi(self.network)
        if self.warm:
            model.start_from(self.sopi)
        elif self.backbone is not None:
            model.backbone.load_state_dict(self.backbone, strict=True)
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> SevenViews:
        """Faces, each hidden in seven ways."""
        faces = self.faces(step, split, part)
        seed = stream_seed(self.seed(split), "views", step)
        clear, points = faces.pictures.cpu(), faces.landmarks_px.cpu()
        numbers = faces.number.cpu() * N_VIEWS
        views = [hide(clear, points, self.law, seed, numbers + m) for m in range(N_VIEWS)]
        return SevenViews(faces, torch.stack(views, 1))

    def loss(self, model: nn.Module, batch: SevenViews, generator: BatchDraws) -> Float[Tensor, ""]:
        """The composite loss, equation 9."""
        mopi = cast(Mopi, model)
        hidden = as_network_input(batch.hidden)
        said = mopi.views(hidden).float()
        with in_full(said.device):
            perceptual = label = said.new_zeros(())
            if self.weights.perceptual:
                perceptual = agreement_loss(self._features(said, batch, over_photo=False), self.form)
            if self.weights.label:
                label = self._label(said, hidden, batch)
            return multi_occlusion_loss(perceptual, label, self.weights).total

    def _label(self, said: Float[Tensor, "B 7 K"], hidden: Tensor, batch: SevenViews) -> Float[Tensor, ""]:
        with torch.no_grad():
            self.sopi.to(hidden.device)
            labels = self.sopi(hidden.flatten(0, 1)).float().unflatten(0, hidden.shape[:2])
            photo = self.recogniser(as_network_input(batch.faces.pictures), rnet_five(batch.faces.landmarks_px))
            chosen = choose_label(self._features(labels, batch, over_photo=True), photo).of(labels)
        scale = self._scale().to(said)
        loss = label_loss(said / scale, chosen / scale, self.reduction)
        if self.landmark_weight and self.points is not None:
            layout = self.network.layout
            points = self.points.to(said.device)
            wanted_px = points.landmarks_px(layout.split(chosen))[:, None].expand(-1, N_VIEWS, -1, -1)
            distance_px = landmark_distance(points.landmarks_px(layout.split(said)), wanted_px)
            views = distance_px.sum(-1) if self.reduction == "sum" else distance_px.mean(-1)
            loss = loss + self.landmark_weight * views.mean()
        return loss

    def _scale(self) -> Float[Tensor, " K"]:
        """What differences of coefficients are divided by in the label term."""
        if self.units == "printed":
            return torch.ones(self.network.layout.size)
        weights = pose_weights(self.network.layout, self.pose_weight)
        return (self.sopi.deviation.cpu() if self.network.scaled else 1.0) / weights.sqrt()

    def _features(self, vectors: Float[Tensor, "B 7 K"], batch: SevenViews, over_photo: bool) -> Float[Tensor, "B 7 D"]:
        """Recognition features of renders.

        Args:
            vectors: the faces.
            batch: where they come from.
            over_photo: lay them over the clear picture, as they must be when they are compared with it: features
                compare backgrounds, too. Compared with each other they stand alone, on black.
        """
        side, c = batch.hidden.shape[-1], self.network.layout.split(vectors.flatten(0, 1))
        face = self.face.to(vectors.device)
        drawn = face.render(c, side)
        picture, mask = drawn.rgb.permute(0, 3, 1, 2), drawn.mask[:, None]
        if over_photo:
            clear = as_network_input(batch.faces.pictures).repeat_interleave(N_VIEWS, 0)
            picture = picture * mask + clear * (1 - mask)
        return self.recogniser(picture, face.five_px(c)).float().unflatten(0, vectors.shape[:2])
