"""What a camera would see of a subject's skin, straight on the texture map: no picture is drawn."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.data.subjects.fields import blurred, normal, smooth_maps, uniform
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.faces.model import DISTANCE_M, FOCAL_PX, light_on, rotation_from_angles
from manyfaces.geometry import Camera, PerspectiveCamera, facing
from manyfaces.methods.personal.surface import DetailSurface
from manyfaces.render.normals import shading_normals
from manyfaces.render.rasterise import cover
from manyfaces.render.unwrapping import LEAST_FACING

_DEPTH_PX = 72  # side of the picture whose depths say which vertices are hidden; it shows what R-Net's frame shows
_TOLERANCE_M = 0.004
_NOTICED = 0.1  # skin that counts as seen
_HIDDEN_CELLS = 5
CAVITY = 0.08


@dataclass(frozen=True)
class CameraConfig:
    """How well a camera sees skin.

    Attributes:
        crop_px: side of R-Net's frame that skin is seen at, least and most; coarser pixels blur the texels.
        noise: largest deviation of the sensor's noise.
        gloss: strongest highlight.
        cavity: how much darker a valley is per millimetre of its depth.
        hidden: share of frames where something hides a part of the face.
        hidden_area: the least and the greatest part that is hidden then.
    """

    crop_px: tuple[float, float] = (112.0, 256.0)
    noise: float = 0.02
    gloss: float = 0.25
    cavity: float = CAVITY
    hidden: float = 0.5
    hidden_area: tuple[float, float] = (0.05, 0.5)


def seen_texels(
    vertices: Float[Tensor, "B V 3"], c: FaceCoefficients, face: FaceModel, surface: DetailSurface
) -> Float[Tensor, "B H W"]:
    """How directly the camera sees each texel of the skin: the cosine of the angle, zero where it does not.

    What the head hides of itself is found at its vertices.
    """
    camera, faces = face.camera(c), surface.layout.faces
    shown = _not_behind(vertices, faces, camera.scaled(_DEPTH_PX / RNET_PX))
    cosine = facing(shading_normals(vertices, faces), vertices, camera)
    of_shown, of_cosine = surface.layout.of(torch.stack([shown.to(cosine), cosine], -1)).unbind(-1)
    return of_cosine * ((of_shown > 0.5) & (of_cosine > LEAST_FACING) & (surface.skin > _NOTICED))


def _not_behind(vertices: Float[Tensor, "B V 3"], faces: Int[Tensor, "F 3"], camera: Camera) -> Bool[Tensor, "B V"]:
    """Which vertices have nothing of the head before them, by the depths of a small picture."""
    points_px = camera.project(vertices).with_depth
    depth = cover(points_px, faces, (_DEPTH_PX, _DEPTH_PX), perspective=isinstance(camera, PerspectiveCamera)).depth
    # On a slope the depth changes within a pixel: the furthest of those around a vertex counts.
    depth = torch.where(depth.isinf(), -depth, depth)
    furthest = F.max_pool2d(depth[:, None], 2, stride=1)[:, 0]
    x, y, own = points_px.unbind(-1)
    column, row = (v.floor().clamp(0, _DEPTH_PX - 2).long() for v in (x, y))
    before = furthest.flatten(1).gather(1, row * (_DEPTH_PX - 1) + column)
    return (own <= before + _TOLERANCE_M) | before.isinf()


def holes(n: int, side_px: int, config: CameraConfig, generator: torch.Generator) -> Float[Tensor, "n S S"]:
    """Where hands, hair or masks hide the face: one there, else zero; blobs, often from one side."""
    device = generator.device
    slope = normal(generator, n, 2)
    line = torch.linspace(-1, 1, side_px, device=device)
    plane = slope[:, :1, None] * line[None, None, :] + slope[:, 1:, None] * line[None, :, None]
    height = smooth_maps(n, _HIDDEN_CELLS, side_px, generator) + 1.2 * plane
    area = uniform(config.hidden_area, generator, n)
    level = height[:, ::4, ::4].flatten(1).sort(1).values
    at = ((1 - area) * (level.shape[1] - 1)).long()
    hidden = height > level.gather(1, at[:, None])[..., None]
    there = torch.rand(n, 1, 1, generator=generator, device=device) < config.hidden
    return (hidden & there).float()


def resolved(
    texture: Float[Tensor, "B H W 3"], facing: Float[Tensor, "B H W"], sigma_px: Float[Tensor, " B"]
) -> Float[Tensor, "B H W 3"]:
    """Blur texels as a camera would that sees them at an angle.

    Args:
        texture: sharp.
        facing: cosine between the skin and the view.
        sigma_px: deviation of the blur of skin seen squarely, texels.
    """
    sharp = texture.permute(0, 3, 1, 2)
    once = blurred(sharp.flatten(0, 1), 1).view_as(sharp)  # deviation 0.8 x sqrt 2
    twice = blurred(once.flatten(0, 1), 2).view_as(sharp)
    # Deviations of the three levels; between them, shares are mixed.
    wanted = (sigma_px[:, None, None] / facing.clamp(min=0.15))[:, None]
    first = (wanted / 1.15).clamp(0, 1)
    second = ((wanted - 1.15) / 1.2).clamp(0, 1)
    mixed = sharp + first * (once - sharp) + second * (twice - once)
    return mixed.permute(0, 2, 3, 1)


def openness(displacement_m: Float[Tensor, "B H W"], cavity: float = CAVITY) -> Float[Tensor, "B H W"]:
    """How much of the light gets to each texel: less into valleys, `cavity` per millimetre of their depth."""
    fine_mm = (displacement_m - blurred(displacement_m, 3)) * 1e3
    return 1 - cavity * (-fine_mm).clamp(0, 3)


def photographed(
    albedo: Float[Tensor, "B H W 3"],
    normals: Float[Tensor, "B H W 3"],
    displacement_m: Float[Tensor, "B H W"],
    facing: Float[Tensor, "B H W"],
    c: FaceCoefficients,
    texel_m: float,
    config: CameraConfig,
    generator: torch.Generator,
) -> Float[Tensor, "B H W 3"]:
    """Colours of the texels as seen: lit, glossy, blurred, noisy; RGB in [0, 1], also where nothing is seen.

    Args:
        albedo: of the texels.
        normals: of the detailed surface, head frame.
        displacement_m: its valleys are darker.
        facing: see `seen_texels`.
        c: pose and light.
        texel_m: side of a texel on the skin.
        config: the camera.
        generator: source of all randomness.
    """
    n = len(albedo)
    open_to_light = openness(displacement_m, config.cavity)[..., None]
    lit = albedo * light_on(normals.flatten(1, 2), c).view_as(normals) * open_to_light
    lamp = F.normalize(normal(generator, n, 3) + normal(generator, 1).new_tensor([0.0, 0.6, 2.0]), dim=-1)
    half = F.normalize(lamp + lamp.new_tensor([0.0, 0.0, 1.0]), dim=-1)
    at_rest = torch.einsum("bdc,bd->bc", rotation_from_angles(c.angles), half)
    hard, strength = uniform((6.0, 30.0), generator, n, 1, 1), uniform((0.0, 1.0), generator, n, 1, 1).square()
    shine = torch.einsum("bhwc,bc->bhw", normals, at_rest).clamp(min=1e-3) ** hard
    lit = lit + (config.gloss * strength * shine)[..., None]
    pixel_m = DISTANCE_M / FOCAL_PX * RNET_PX / uniform(config.crop_px, generator, n)
    seen = resolved(lit, facing, 0.5 * pixel_m / texel_m)
    grain = config.noise * uniform((0.0, 1.0), generator, n, 1, 1, 1).square()
    return (seen + grain * normal(generator, *seen.shape)).clamp(0, 1)
