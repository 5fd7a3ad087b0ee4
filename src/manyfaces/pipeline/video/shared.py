"""What all frames of a clip have in common, as files that other programs and `manyfaces animate` take."""

from pathlib import Path

import torch

from manyfaces.geometry.mesh import vertex_normals
from manyfaces.io.bundles import write_bundle
from manyfaces.io.gltf import MorphTarget, glb_bytes
from manyfaces.io.npz_writing import write_npz
from manyfaces.pipeline.export import npz_arrays
from manyfaces.pipeline.result import Reconstruction

SHARED_FILES = ("faces.npz", "faces.glb")


@torch.no_grad()
def write_shared(folder: Path, first: Reconstruction) -> None:
    """Write `faces.npz`, of the first frame that was tracked, and `faces.glb`, the person at rest.

    The arrays are those of a photo (`export.npz_arrays`); the shape of the first frame is the mesh's morph target.

    Raises:
        OutputError: the folder cannot be written.
    """
    write_npz(folder / "faces.npz", npz_arrays(first))
    head = first.head
    shapes = torch.stack([head.neutral(first.best.identity), first.best.vertices])
    normals = vertex_normals(shapes, head.faces).cpu().numpy()
    rest, moved = shapes.cpu().numpy()
    target = MorphTarget("first frame", moved, normals[1])
    albedo = None if first.albedo is None else first.albedo.cpu().numpy()
    extras = {"model": first.model, "head": head.data.name}
    glb = glb_bytes(rest, normals[0], head.data.faces, [target], albedo, "face", extras)
    write_bundle(folder, {"faces.glb": glb})
