"""Detail on the texture map: what a frame shows of a face's skin, and what displacements come to."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.faces.model import light_on
from manyfaces.losses.detail import DetailedFace, SeenTexture
from manyfaces.methods.personal.adapted import AdaptedSkin
from manyfaces.methods.personal.surface import DetailSurface
from manyfaces.render.unwrapping import unwrap_photo

_LEAST_SKIN = 0.5
_CONTRAST = 0.15  # usual deviation of skin's colours over a face


@dataclass(frozen=True)
class SkinView:
    """What frames show of faces' skin, on the texture map.

    Attributes:
        texture: RGB in [0, 1], zero where it is hidden.
        visible: 1 where a frame shows skin, else 0.
        tension: the tension map, in (-1, 1); compression is positive.
    """

    texture: Float[Tensor, "B 3 S S"]
    visible: Float[Tensor, "B S S"]
    tension: Float[Tensor, "B S S"]

    @property
    def contrast(self) -> Float[Tensor, "B 3 S S"]:
        """What the networks see: the texture about its mean colour, in usual deviations of skin; zero where hidden.

        Whose skin it is, and how brightly lit, says nothing of its relief.
        """
        visible = self.visible[:, None]
        mean = (self.texture * visible).sum((2, 3), keepdim=True) / visible.sum((2, 3), keepdim=True).clamp(min=1)
        return (self.texture - mean) * visible / _CONTRAST


def skin_px(picture_px: int) -> int:
    """Side of the crop that skin is read off: a pixel is about a millimetre, or less where a coarse network sees finer.

    Args:
        picture_px: side of the crop that the coarse network looks at.
    """
    return max(RNET_PX, picture_px)


@torch.no_grad()
def skin_view(
    face: FaceModel,
    surface: DetailSurface,
    c: FaceCoefficients,
    pictures: Float[Tensor, "B 3 P P"],
    skin: Float[Tensor, "B P P"],
) -> SkinView:
    """Unwrap crops by the coarse faces that were predicted from them.

    Args:
        face: turns coefficients into faces.
        surface: of its head.
        c: the faces.
        pictures: crops in R-Net's frame, RGB in [0, 1].
        skin: how sure each pixel shows the face's skin, 0 to 1.
    """
    vertices = face.vertices(c)
    side = pictures.shape[-1]
    photo = torch.cat([pictures, skin[:, None]], 1).movedim(1, -1)
    unwrapped = unwrap_photo(photo, vertices, face.camera(c).scaled(side / RNET_PX), surface.layout)
    shown = unwrapped.texture[..., 3] > _LEAST_SKIN
    visible = unwrapped.visible * shown * (surface.skin > 0)
    texture = unwrapped.texture[..., :3] * visible[..., None]
    return SkinView(texture.movedim(-1, 1), visible, surface.tension(at_rest(face, c), vertices))


@torch.no_grad()
def displaced(network: nn.Module, *maps: Float[Tensor, "B ... S S"]) -> Float[Tensor, "B S S"]:
    """What a network that is in use says of maps, metres: all of its skill, wherever it lies.

    A network for everybody is asked for the maps and for their mirror images, and the mean is taken: faces as such are
    neither left- nor right-handed. A person's is asked once: their relief has a left and a right of its own.

    Args:
        network: of displacements, in evaluation mode.
        maps: what it takes, on any device, where the answer will lie; their halves mirror each other, as L_sym has it.
    """
    here, there = maps[0].device, next(network.parameters(), maps[0]).device
    asked = [one.to(there) for one in maps]
    if isinstance(network, AdaptedSkin):
        return network(*asked).float().to(here)
    own, mirrored = network(*(torch.cat([one, one.flip(-1)]) for one in asked)).float().chunk(2)
    return ((own + mirrored.flip(-1)) / 2).to(here)


def at_rest(face: FaceModel, c: FaceCoefficients) -> Float[Tensor, "B V 3"]:
    """The same persons without expression and with a closed mouth."""
    return face.head(c.identity) - face.origin


@dataclass(frozen=True)
class SkinShade:
    """What it takes to light detailed skin; constant.

    Attributes:
        surface: where the detail lies.
        vertices: coarse faces about their origin, metres.
        c: their pose and light.
        albedo: on the map, without light.
    """

    surface: DetailSurface
    vertices: Float[Tensor, "B V 3"]
    c: FaceCoefficients
    albedo: Float[Tensor, "B S S 3"]

    def __call__(self, displacement_m: Float[Tensor, "B S S"]) -> DetailedFace:
        """Light faces with displacements; differentiable in these."""
        normals = self.surface.relief(self.vertices, displacement_m).normals
        shading = light_on(normals.flatten(1, 2), self.c).unflatten(1, normals.shape[1:3])
        return DetailedFace(displacement_m, self.albedo * shading, shading)


def seen_texture(view: SkinView, surface: DetailSurface) -> SeenTexture:
    """A view as the detail losses take it."""
    return SeenTexture(view.texture.movedim(1, -1), view.visible, surface.skin)
