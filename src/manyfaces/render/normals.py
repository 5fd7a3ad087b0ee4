"""Vertex normals for shading, by the fastest way that gives what is asked for."""

from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.geometry import vertex_normals
from manyfaces.render.interpolation import needs_no_gradient


def shading_normals(vertices: Float[Tensor, "*B V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "*B V 3"]:
    """What `geometry.vertex_normals` gives; compiled where no gradient is wanted, for batches on the CPU."""
    if vertices.ndim == 3 and needs_no_gradient(vertices):
        from manyfaces.render.pixels_numba import fast_vertex_normals

        return fast_vertex_normals(vertices, faces)
    return vertex_normals(vertices, faces)
