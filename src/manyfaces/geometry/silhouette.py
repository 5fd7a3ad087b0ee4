"""Which vertices of a mesh a camera sees from in front, and which lie on the silhouette."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.geometry.camera import Camera, PerspectiveCamera


def directions_to_viewer(vertices: Float[Tensor, "*#B V 3"], camera: Camera) -> Float[Tensor, "*B V 3"]:
    """Unit vectors from each vertex to the camera, head frame: to its centre, or all alike for an orthographic one.

    Args:
        vertices: head frame, metres.
        camera: one for each item of the batch, or one for all.
    """
    if isinstance(camera, PerspectiveCamera):
        eye = -(camera.rotation.mT @ camera.translation[..., None])[..., 0]
        return torch.nn.functional.normalize(eye[..., None, :] - vertices, dim=-1)
    towards = -camera.rotation[..., None, 2, :]
    return towards.expand(torch.broadcast_shapes(towards.shape, vertices.shape))


def facing(
    normals: Float[Tensor, "*#B V 3"], vertices: Float[Tensor, "*#B V 3"], camera: Camera
) -> Float[Tensor, "*B V"]:
    """Cosine between each vertex' normal and the direction to the viewer: above zero, the vertex is seen from in front.

    It is n_z of Mao et al.'s equation 1, z towards the viewer. What stands before the vertex plays no part.

    Args:
        normals: unit vectors, head frame.
        vertices: head frame, metres.
        camera: see `directions_to_viewer`.
    """
    return (normals * directions_to_viewer(vertices, camera)).sum(-1)


def silhouette_vertices(towards: Float[Tensor, "*B V"], edges: Int[Tensor, "E 2"]) -> Bool[Tensor, "*B V"]:
    """Both ends of every edge that joins a vertex seen from in front to one that is not.

    Seen means `towards` > 0, and everything else is not seen. Opposite signs alone, as in the text before equation 1
    of Mao et al. (CVPR 2025), would miss edges that end where the cosine is exactly zero: an octahedron seen along an
    axis would have no silhouette.

    Args:
        towards: see `facing`.
        edges: each edge once, see `geometry.edges`.
    """
    first, second = edges.long().unbind(-1)
    seen = towards > 0
    crossing = (seen.index_select(-1, first) != seen.index_select(-1, second)).float()
    count = torch.zeros_like(towards, dtype=torch.float32)
    for end in (first, second):
        count = count.index_add(-1, end, crossing)
    return count > 0
