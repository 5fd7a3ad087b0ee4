"""Compiled twins of the torch interpolation and of vertex normals, for pictures that need no gradient.

Imported only when they are used: numba alone takes a third of a second.
"""

from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float32, Int
from torch import Tensor

from manyfaces.core.compiling import compiled
from manyfaces.render.strips import run_in_strips


@compiled
@no_type_check
def _barycentrics(face_ids, faces, points, perspective, first_row, last_row, out):
    third = np.float32(1 / 3)
    for y in range(first_row, last_row):
        for x in range(face_ids.shape[1]):
            face = face_ids[y, x]
            if face < 0:
                continue
            i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
            fx, fy = np.float32(x), np.float32(y)
            dx0, dx1, dx2 = points[i0, 0] - fx, points[i1, 0] - fx, points[i2, 0] - fx
            dy0, dy1, dy2 = points[i0, 1] - fy, points[i1, 1] - fy, points[i2, 1] - fy
            e0 = dx1 * dy2 - dx2 * dy1
            e1 = dx2 * dy0 - dx0 * dy2
            e2 = dx0 * dy1 - dx1 * dy0
            if perspective:
                e0, e1, e2 = e0 / points[i0, 2], e1 / points[i1, 2], e2 / points[i2, 2]
            total = e0 + e1 + e2
            if total == 0:
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = third, third, third
            else:
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = e0 / total, e1 / total, e2 / total


@compiled
@no_type_check
def _interpolate(face_ids, barycentrics, faces, attributes, first_row, last_row, out):
    channels = attributes.shape[1]
    for y in range(first_row, last_row):
        for x in range(face_ids.shape[1]):
            face = face_ids[y, x]
            if face < 0:
                continue
            i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
            w0, w1, w2 = barycentrics[y, x, 0], barycentrics[y, x, 1], barycentrics[y, x, 2]
            for c in range(channels):
                out[y, x, c] = w0 * attributes[i0, c] + w1 * attributes[i1, c] + w2 * attributes[i2, c]


@compiled
@no_type_check
def _vertex_normals(vertices, faces, out):
    for face in range(faces.shape[0]):
        i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
        x, y, z = vertices[i0, 0], vertices[i0, 1], vertices[i0, 2]
        ax, ay, az = vertices[i1, 0] - x, vertices[i1, 1] - y, vertices[i1, 2] - z
        bx, by, bz = vertices[i2, 0] - x, vertices[i2, 1] - y, vertices[i2, 2] - z
        nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for corner in (i0, i1, i2):
            out[corner, 0] += nx
            out[corner, 1] += ny
            out[corner, 2] += nz
    for vertex in range(out.shape[0]):
        squared = out[vertex, 0] ** 2 + out[vertex, 1] ** 2 + out[vertex, 2] ** 2
        if squared > 0:
            length = np.sqrt(squared)
            for k in range(3):
                out[vertex, k] /= length


def barycentric_pixels(
    face_ids: Int[Tensor, "B H W"], faces: Int[Tensor, "F 3"], points_px: Float32[Tensor, "B V 3"], perspective: bool
) -> Float32[Tensor, "B H W 3"]:
    """Twin of `manyfaces.render.interpolation.foreground_barycentrics` on whole pictures."""
    out = torch.zeros(*face_ids.shape, 3)
    ids, corners, points, weights = (t.detach().numpy() for t in (face_ids, faces, points_px.contiguous(), out))

    def draw(frame: int, first_row: int, last_row: int) -> None:
        _barycentrics(ids[frame], corners, points[frame], perspective, first_row, last_row, weights[frame])

    run_in_strips(draw, len(face_ids), face_ids.shape[1])
    return out


def interpolate_pixels(
    face_ids: Int[Tensor, "B H W"],
    barycentrics: Float32[Tensor, "B H W 3"],
    faces: Int[Tensor, "F 3"],
    attributes: Float32[Tensor, "B V C"],
) -> Float32[Tensor, "B H W C"]:
    """Twin of `manyfaces.render.interpolation.interpolate`."""
    out = torch.zeros(*face_ids.shape, attributes.shape[-1])
    tensors = (face_ids, barycentrics, faces, attributes.contiguous(), out)
    ids, weights, corners, values, picture = (t.detach().numpy() for t in tensors)

    def draw(frame: int, first_row: int, last_row: int) -> None:
        _interpolate(ids[frame], weights[frame], corners, values[frame], first_row, last_row, picture[frame])

    run_in_strips(draw, len(face_ids), face_ids.shape[1])
    return out


def fast_vertex_normals(vertices: Float32[Tensor, "B V 3"], faces: Int[Tensor, "F 3"]) -> Float32[Tensor, "B V 3"]:
    """Twin of `manyfaces.geometry.vertex_normals`."""
    out = torch.zeros(vertices.shape)
    points, corners, normals = vertices.detach().contiguous().numpy(), faces.numpy(), out.numpy()

    def draw(frame: int, first_row: int, last_row: int) -> None:
        _vertex_normals(points[frame], corners, normals[frame])

    run_in_strips(draw, len(vertices), 1)
    return out
