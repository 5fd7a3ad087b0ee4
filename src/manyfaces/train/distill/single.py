"""SOPI: one occluded picture of each face."""

from dataclasses import dataclass, field
from typing import Literal, cast, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ChoiceError
from manyfaces.data.hiding import HidingLaw
from manyfaces.diffusion import BatchDraws
from manyfaces.faces import FaceModel
from manyfaces.losses.coefficient_losses import coefficient_l1, coefficient_se
from manyfaces.losses.face_fit import landmark_distance
from manyfaces.methods.distill import DistillConfig, RNet, Sopi
from manyfaces.train.face_recipe import FaceRecipe, Lesson, as_network_input, in_full, pose_weights
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split

SeForm = Literal["printed", "l1", "whitened"]


@dataclass(frozen=True, kw_only=True)
class SopiRecipe(FaceRecipe[DistillConfig]):
    """Teach a student to say of hidden faces what the frozen teacher says of clear ones (Tiwari et al., eq. 6).

    Attributes:
        teacher: sees the clear picture.
        law: what hides which share of the faces.
        form: "printed", every coefficient as it is; "l1", its absolute error in place of the square; or "whitened", the
            square in units of the teacher's deviations, pose weighed more, which keeps clear faces accurate.
        pose_weight: of angles and translation in the whitened form.
        landmark_weight: of the distance between the two's landmarks in pixels; the paper has none.
        face: projects landmarks; needed where they have a weight.
        warm: start from the teacher's weights, for the lack of ImageNet's.
        start: start weights of the student, in place of the teacher's.
    """

    teacher: RNet
    law: HidingLaw = field(default_factory=HidingLaw)
    form: SeForm | str = "printed"
    pose_weight: float = 10.0
    landmark_weight: float = 0.0
    face: FaceModel | None = None
    warm: bool = True
    start: dict[str, Tensor] | None = None
    name: str = "sopi"

    def __post_init__(self) -> None:
        """Check the form.

        Raises:
            ChoiceError: another one.
        """
        if self.form not in get_args(SeForm):
            raise ChoiceError("form of the squared error", self.form, list(get_args(SeForm)))
        self.teacher.requires_grad_(False).eval()

    def build(self) -> nn.Module:
        """The network, with the teacher's scale, and its backbone where it starts warm."""
        model = Sopi(self.network)
        if self.start is not None:
            model.load_state_dict(self.start, strict=True)
        elif self.warm:
            model.start_from(self.teacher)
        else:
            model.take_scale(self.teacher)
        return model

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Lesson:
        """Faces, some of them hidden for the student."""
        return self.lesson(self.law, step, split, part)

    def loss(self, model: nn.Module, batch: Lesson, generator: BatchDraws) -> Float[Tensor, ""]:
        """Squared error to what the teacher says."""
        student = cast(Sopi, model)
        self.teacher.to(batch.hidden.device)
        with torch.no_grad():
            wanted = self.teacher(as_network_input(batch.faces.pictures)).float()
        said = student(as_network_input(batch.hidden)).float()
        if self.form == "printed":
            return coefficient_se(said, wanted)
        if self.form == "l1":
            return coefficient_l1(said, wanted)
        with in_full(said.device):
            return self._whitened(said, wanted)

    def _whitened(self, said: Float[Tensor, "B K"], wanted: Float[Tensor, "B K"]) -> Float[Tensor, ""]:
        layout = self.network.layout
        weights = pose_weights(layout, self.pose_weight).to(said.device)
        error = coefficient_se(said, wanted, self.teacher.deviation if self.network.scaled else None, weights)
        if not self.landmark_weight or self.face is None:
            return error
        face = self.face.to(said.device)
        points = [face.landmarks_px(layout.split(vector)) for vector in (said, wanted)]
        return error + self.landmark_weight * landmark_distance(*points).mean()
