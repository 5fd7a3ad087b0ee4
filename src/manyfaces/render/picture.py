"""Pictures of meshes through a camera."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera
from manyfaces.render.colour import linear_from_srgb, srgb_from_linear
from manyfaces.render.fragments import Fragments
from manyfaces.render.interpolation import interpolate
from manyfaces.render.light import DEFAULT_LIGHT, shade
from manyfaces.render.normals import shading_normals
from manyfaces.render.rasterise import Backend, rasterise

# sRGB of a mesh that has no colours of its own: warm sculptor's clay.
CLAY = (0.82, 0.745, 0.69)


@dataclass(frozen=True)
class Render:
    """A batch of pictures on nothing.

    Attributes:
        rgb: sRGB in [0, 1], not multiplied by the mask; zero where the mask is.
        mask: the share of each pixel that is covered, in [0, 1].
        fragments: of the supersampled picture, (B, H * supersample, W * supersample).
    """

    rgb: Float[Tensor, "B H W 3"]
    mask: Float[Tensor, "B H W"]
    fragments: Fragments


def render_mesh(
    vertices: Float[Tensor, "B V 3"],
    faces: Int[Tensor, "F 3"],
    camera: PerspectiveCamera | OrthographicCamera,
    size: tuple[int, int],
    albedo: Float[Tensor, "*A V 3"] | None = None,
    light: Float[Tensor, "*L 9 3"] | None = DEFAULT_LIGHT,
    supersample: int = 1,
    backend: Backend = "auto",
) -> Render:
    """Draw meshes with matte shading.

    Light falls on the vertices and the colours in between are interpolated: face meshes are about as fine as the
    pixels, and this takes a third of the time. Differentiable in vertices, camera, albedo and light, but not
    through the outline.

    Args:
        vertices: head frame, metres.
        faces: counter-clockwise seen from outside.
        camera: one for all, or one for each mesh.
        size: height and width of the picture, pixels.
        albedo: sRGB in [0, 1] at the vertices, one for all meshes or one each; None for clay.
        light: coefficients in the picture's frame, x right, y up, z towards the viewer: a lamp stays where it is when
            the head turns. None draws the albedo as it is.
        supersample: samples per pixel and axis; 2 or more smooths the outline.
        backend: see `rasterise`.

    Raises:
        InputError: supersample below one.
    """
    if supersample < 1:
        raise InputError(f"supersample is {supersample}", "it counts samples: 1 or more")
    fine = camera.scaled(float(supersample)) if supersample > 1 else camera
    fine_size = (size[0] * supersample, size[1] * supersample)
    points_px = fine.project(vertices).with_depth
    fragments = rasterise(points_px, faces, fine_size, backend, isinstance(camera, PerspectiveCamera))
    colours = _lit_colours(vertices, faces, camera, albedo, light)
    colours = colours.expand(len(points_px), -1, -1)
    rgb = interpolate(fragments, faces.to(points_px.device), colours)
    mask = fragments.mask.to(rgb)
    if supersample > 1:
        mask = _mean_of_blocks(mask[..., None], supersample)[..., 0]
        rgb = _mean_of_blocks(rgb, supersample) / mask.clamp(min=1e-6)[..., None]
    return Render(rgb, mask, fragments)


def _lit_colours(
    vertices: Tensor,
    faces: Tensor,
    camera: PerspectiveCamera | OrthographicCamera,
    albedo: Tensor | None,
    light: Tensor | None,
) -> Tensor:
    """SRGB at the vertices, (B or 1, V, 3)."""
    # One row for clay: decoding it once, not at every vertex, saves a tenth of the whole picture.
    base = torch.tensor([CLAY]) if albedo is None else albedo
    base = base.to(vertices)
    if base.dim() == 2:
        base = base[None]
    if light is None:
        return base.expand(-1, vertices.shape[1], -1)
    normals = shading_normals(vertices, faces)
    # The frontal camera rotation undone: what is left is how the head is turned on the picture.
    seen = normals @ (HEAD_TO_CAMERA.to(vertices) @ camera.rotation).mT
    return srgb_from_linear(shade(linear_from_srgb(base), seen, light.to(vertices)))


def _mean_of_blocks(picture: Float[Tensor, "B H W C"], factor: int) -> Float[Tensor, "B h w C"]:
    """Means over square blocks of pixels."""
    rows = sum(picture[:, k::factor] for k in range(factor))
    assert isinstance(rows, Tensor)
    columns = sum(rows[:, :, k::factor] for k in range(factor))
    assert isinstance(columns, Tensor)
    return columns / factor**2
