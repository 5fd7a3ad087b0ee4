"""Normals, areas, edges and neighbours of triangle meshes."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def _face_vectors(vertices: Tensor, faces: Tensor) -> Tensor:
    """Cross products of two sides: normal direction, length twice the area."""
    first, second, third = (vertices.index_select(-2, faces[:, k]) for k in range(3))
    return torch.linalg.cross(second - first, third - first)


def _unit(vectors: Tensor) -> Tensor:
    """Vectors of length one; zero vectors stay zero, with a zero gradient instead of NaN."""
    squared = vectors.square().sum(-1, keepdim=True)
    alive = squared > 0
    return torch.where(alive, vectors * torch.where(alive, squared, 1.0).rsqrt(), 0.0)


def face_normals(vertices: Float[Tensor, "*B V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "*B F 3"]:
    """Unit normals, outward for faces that run counter-clockwise seen from outside; zero where a face has no area."""
    return _unit(_face_vectors(vertices, faces.long()))


def face_areas(vertices: Float[Tensor, "*B V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "*B F"]:
    """Areas in the vertices' unit, squared."""
    return _face_vectors(vertices, faces.long()).norm(dim=-1) / 2


def vertex_normals(vertices: Float[Tensor, "*B V 3"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "*B V 3"]:
    """Unit normals, the area-weighted mean of the adjacent faces'; zero at vertices without faces."""
    faces = faces.long()
    vectors = _face_vectors(vertices, faces)
    sums = torch.zeros_like(vertices)
    for k in range(3):
        sums = sums.index_add(-2, faces[:, k], vectors)
    return _unit(sums)


def edges(faces: Int[Tensor, "F 3"]) -> Int[Tensor, "E 2"]:
    """Each undirected edge once, lower vertex first, sorted."""
    pairs = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return torch.unique(pairs.sort(-1).values, dim=0)


def boundary_vertices(faces: Int[Tensor, "F 3"], n_vertices: int) -> Bool[Tensor, " V"]:
    """True at vertices on an edge that only one face uses (the rim of an open mesh)."""
    pairs = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).sort(-1).values
    unique, counts = torch.unique(pairs, dim=0, return_counts=True)
    rim = torch.zeros(n_vertices, dtype=torch.bool, device=faces.device)
    rim[unique[counts == 1].flatten()] = True
    return rim


@dataclass(frozen=True)
class Adjacency:
    """The neighbours of every vertex, packed.

    Attributes:
        starts: the neighbours of vertex v are `neighbours[starts[v]:starts[v + 1]]`.
        neighbours: vertex indices, ascending for each vertex.
    """

    starts: Int[Tensor, " V_plus_1"]
    neighbours: Int[Tensor, " N"]

    def of(self, vertex: int) -> Int[Tensor, " K"]:
        """The neighbours of one vertex."""
        return self.neighbours[self.starts[vertex] : self.starts[vertex + 1]]

    def mean(self, values: Float[Tensor, "*B V C"]) -> Float[Tensor, "*B V C"]:
        """The mean over each vertex's neighbours; zero where there are none."""
        counts = self.starts.diff()
        owners = torch.repeat_interleave(counts)
        sums = torch.zeros_like(values).index_add(-2, owners, values.index_select(-2, self.neighbours))
        return sums / counts.clamp(min=1).to(values)[:, None]


def vertex_adjacency(faces: Int[Tensor, "F 3"], n_vertices: int) -> Adjacency:
    """Which vertices share an edge with which."""
    pairs = edges(faces.long())
    both = torch.cat([pairs, pairs.flip(-1)])
    both = both[(both[:, 0] * n_vertices + both[:, 1]).argsort()]
    counts = torch.bincount(both[:, 0], minlength=n_vertices)
    return Adjacency(torch.cat([counts.new_zeros(1), counts.cumsum(0)]), both[:, 1])
