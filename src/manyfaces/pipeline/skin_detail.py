"""A reconstructed face's wrinkles and folds: as the photo shows them, and as other expressions would bring them out."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.faces import FaceModel
from manyfaces.methods.personal import DetailSurface
from manyfaces.methods.personal.detail import SkinView, displaced
from manyfaces.render import ReliefGrid


@dataclass(frozen=True, eq=False)
class SkinDetail:
    """Detail of one face.

    Attributes:
        face: turns coefficients into faces.
        surface: the texels that detail lies on.
        network: the animatable student.
        identity: of the face, standard deviations.
        view: what was seen of its skin; one row.
        displacement_m: of the expression that was seen, metres outward; zero off the skin.
    """

    face: FaceModel
    surface: DetailSurface
    network: nn.Module
    identity: Float[Tensor, " S"]
    view: SkinView
    displacement_m: Float[Tensor, "H W"]

    @staticmethod
    @torch.no_grad()
    def of(
        face: FaceModel, surface: DetailSurface, network: nn.Module, identity: Float[Tensor, " S"], view: SkinView
    ) -> "SkinDetail":
        """Read the detail off what was seen."""
        displacement_m = displaced(network, view.contrast, view.tension)[0] * surface.skin
        return SkinDetail(face, surface, network, identity, view, displacement_m)

    @property
    def grid(self) -> ReliefGrid:
        """The texels as a mesh."""
        return self.surface.grid

    @torch.no_grad()
    def displacement(self, expression: Float[Tensor, " E"], jaw: Float[Tensor, "3"]) -> Float[Tensor, "H W"]:
        """How far each texel stands out under another expression, metres; zero off the skin.

        Args:
            expression: coefficients.
            jaw: axis-angle, radians; of heads without a jaw it does not count.
        """
        head = self.face.head
        pose = head.jaw_pose(jaw[None]) if self.face.n_jaw else None
        rest, now = head(self.identity[None]), head(self.identity[None], expression[None], pose)
        tension = self.surface.tension(rest, now)
        return displaced(self.network, self.view.contrast, tension)[0] * self.surface.skin
