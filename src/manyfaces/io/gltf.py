"""Faces as one binary glTF 2.0 file: a mesh whose hypotheses are named morph targets.

glTF is in metres, right-handed, y up, and the front of an asset faces +z, so +x is the asset's left: the head frame,
axis by axis (glTF 2.0 specification, 3.4). Nothing is turned or scaled on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pygltflib
import torch
from jaxtyping import Float, Integer, Num

from manyfaces.render.colour import linear_from_srgb

SKIN_ROUGHNESS = 0.75


@dataclass(frozen=True)
class MorphTarget:
    """One shape that the mesh can take; at weight 1, alone, the mesh is exactly this.

    Attributes:
        name: shown by viewers; Blender names the shape key by it.
        vertices: (V, 3) metres.
        normals: (V, 3) unit vectors.
    """

    name: str
    vertices: Float[np.ndarray, "V 3"]
    normals: Float[np.ndarray, "V 3"]


class _Buffer:
    """Collects arrays as accessors and buffer views, 4-byte aligned as the format asks."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.accessors: list[pygltflib.Accessor] = []
        self.views: list[pygltflib.BufferView] = []

    def add(self, values: Num[np.ndarray, "R *C"], purpose: int, bounds: bool = False, normalised: bool = False) -> int:
        """Append an array and return the id of its accessor."""
        kinds = {"float32": pygltflib.FLOAT, "uint32": pygltflib.UNSIGNED_INT, "uint16": pygltflib.UNSIGNED_SHORT}
        shapes = {1: pygltflib.SCALAR, 3: pygltflib.VEC3, 4: pygltflib.VEC4}
        raw = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
        self.views.append(
            pygltflib.BufferView(buffer=0, byteOffset=len(self.data), byteLength=len(raw), target=purpose)
        )
        self.data += raw + b"\0" * (-len(raw) % 4)
        self.accessors.append(
            pygltflib.Accessor(
                bufferView=len(self.views) - 1,
                componentType=kinds[values.dtype.name],
                count=len(values),
                type=shapes[values.shape[1] if values.ndim > 1 else 1],
                normalized=normalised,
                min=values.min(axis=0).tolist() if bounds else None,
                max=values.max(axis=0).tolist() if bounds else None,
            )
        )
        return len(self.accessors) - 1

    def add_vertices(self, values: Float[np.ndarray, "V 3"], bounds: bool = False) -> int:
        """Append one float32 vector per vertex; positions need their bounds."""
        return self.add(values.astype(np.float32), pygltflib.ARRAY_BUFFER, bounds=bounds)


def glb_bytes(
    vertices: Float[np.ndarray, "V 3"],
    normals: Float[np.ndarray, "V 3"],
    faces: Integer[np.ndarray, "F 3"],
    targets: Sequence[MorphTarget] = (),
    colours: Float[np.ndarray, "V 3"] | None = None,
    name: str = "face",
    extras: Mapping[str, Any] | None = None,
) -> bytes:
    """Write one mesh with morph targets as a GLB file.

    Args:
        vertices: metres, head frame: what viewers without morph targets show, and others at weights 0.
        normals: unit vectors.
        faces: vertex ids, counter-clockwise from outside.
        targets: shapes of the same topology; stored as differences from `vertices` and `normals`.
        colours: sRGB in [0, 1]; stored linear in 16 bits, as COLOR_0 is defined.
        name: of the mesh and its node.
        extras: plain values kept in the asset's `extras`.

    Returns:
        The bytes of the file. The target names are in the mesh's `extras.targetNames`, where Blender, three.js and
        Babylon look for them.
    """
    buffer = _Buffer()
    attributes = pygltflib.Attributes(
        POSITION=buffer.add_vertices(vertices, bounds=True), NORMAL=buffer.add_vertices(normals)
    )
    if colours is not None:
        attributes.COLOR_0 = buffer.add(_linear_16_bit(colours), pygltflib.ARRAY_BUFFER, normalised=True)
    indices = buffer.add(faces.astype(np.uint32).reshape(-1), pygltflib.ELEMENT_ARRAY_BUFFER)
    morphs = [
        pygltflib.Attributes(
            POSITION=buffer.add_vertices(target.vertices - vertices, bounds=True),
            NORMAL=buffer.add_vertices(target.normals - normals),
        )
        for target in targets
    ]
    primitive = pygltflib.Primitive(attributes=attributes, indices=indices, material=0, targets=morphs)
    mesh = pygltflib.Mesh(name=name, primitives=[primitive])
    if targets:
        mesh.weights = [0.0] * len(targets)
        mesh.extras = {"targetNames": [target.name for target in targets]}
    document = pygltflib.GLTF2(
        asset=pygltflib.Asset(version="2.0", generator="manyfaces", extras=dict(extras or {})),
        scene=0,
        scenes=[pygltflib.Scene(nodes=[0])],
        nodes=[pygltflib.Node(mesh=0, name=name)],
        meshes=[mesh],
        materials=[_skin()],
        accessors=buffer.accessors,
        bufferViews=buffer.views,
        buffers=[pygltflib.Buffer(byteLength=len(buffer.data))],
    )
    document.set_binary_blob(bytes(buffer.data))
    return b"".join(document.save_to_bytes())


def _skin() -> pygltflib.Material:
    surface = pygltflib.PbrMetallicRoughness(
        baseColorFactor=[1.0, 1.0, 1.0, 1.0], metallicFactor=0.0, roughnessFactor=SKIN_ROUGHNESS
    )
    # Seen from inside, an open neck or mouth would otherwise be a hole.
    return pygltflib.Material(name="skin", pbrMetallicRoughness=surface, doubleSided=True)


def _linear_16_bit(colours: Float[np.ndarray, "V 3"]) -> Integer[np.ndarray, "V 4"]:
    """Undo the sRGB curve and add an opaque alpha, which keeps each vertex 8-byte aligned."""
    linear = linear_from_srgb(torch.from_numpy(colours).double()).numpy()
    opaque = np.concatenate([linear, np.ones((len(linear), 1))], axis=1)
    return np.rint(opaque * 65535).astype(np.uint16)
