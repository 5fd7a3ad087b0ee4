"""Rasteriser (torch, numba, Triton), spherical-harmonic light, pictures of meshes, overlays, sheets, heat colours."""

from manyfaces.render.colour import colour_bar, heat_colours, linear_from_srgb, srgb_from_linear
from manyfaces.render.fragments import Fragments
from manyfaces.render.interpolation import interpolate
from manyfaces.render.light import (
    DEFAULT_LIGHT,
    ambient_light,
    deng_harmonics,
    distant_light,
    shade,
    spherical_harmonics,
)
from manyfaces.render.picture import CLAY, Render, render_mesh
from manyfaces.render.rasterise import Backend, rasterise
from manyfaces.render.relief import Relief, ReliefGrid, blend_normals, displace, relief_grid
from manyfaces.render.sheet import contact_sheet, overlay, to_bytes
from manyfaces.render.texture_map import TextureMap, texture_map
from manyfaces.render.unwrapping import UnwrappedPhoto, unwrap_photo
from manyfaces.render.visibility import visible_vertices

__all__ = [
    "CLAY",
    "DEFAULT_LIGHT",
    "Backend",
    "Fragments",
    "Relief",
    "ReliefGrid",
    "Render",
    "TextureMap",
    "UnwrappedPhoto",
    "ambient_light",
    "blend_normals",
    "colour_bar",
    "contact_sheet",
    "deng_harmonics",
    "displace",
    "distant_light",
    "heat_colours",
    "interpolate",
    "linear_from_srgb",
    "overlay",
    "rasterise",
    "relief_grid",
    "render_mesh",
    "shade",
    "spherical_harmonics",
    "srgb_from_linear",
    "texture_map",
    "to_bytes",
    "unwrap_photo",
    "visible_vertices",
]
