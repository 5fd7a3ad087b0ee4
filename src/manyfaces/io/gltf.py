"""Faces as one binary glTF 2.0 file: a mesh with named morph targets, of hypotheses or of a clip's motion.

glTF is in metres, right-handed, y up, and the front of an asset faces +z, so +x is the asset's left: the head frame,
axis by axis (glTF 2.0 specification, 3.4). Nothing is turned or scaled on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pygltflib
import torch
from jaxtyping import Float, Integer

from manyfaces.core.errors import InputError
from manyfaces.io.gltf_animation import Animation, animation_entry
from manyfaces.io.gltf_buffer import GltfBuffer
from manyfaces.render.colour import linear_from_srgb

SKIN_ROUGHNESS = 0.75


@dataclass(frozen=True)
class MorphTarget:
    """One shape that the mesh can take; at weight 1, alone, the mesh is exactly this.

    Attributes:
        name: shown by viewers; Blender names the shape key by it.
        vertices: (V, 3) metres.
        normals: (V, 3) unit vectors; of targets that are meant to be mixed, what their mixtures need.
    """

    name: str
    vertices: Float[np.ndarray, "V 3"]
    normals: Float[np.ndarray, "V 3"]


def glb_bytes(
    vertices: Float[np.ndarray, "V 3"],
    normals: Float[np.ndarray, "V 3"],
    faces: Integer[np.ndarray, "F 3"],
    targets: Sequence[MorphTarget] = (),
    colours: Float[np.ndarray, "V 3"] | None = None,
    name: str = "face",
    extras: Mapping[str, Any] | None = None,
    animation: Animation | None = None,
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
        animation: of the targets, and of the mesh as a whole.

    Returns:
        The bytes of the file. The target names are in the mesh's `extras.targetNames`, where Blender, three.js and
        Babylon look for them.

    Raises:
        InputError: the animation has weights for another number of targets.
    """
    if animation is not None and animation.weights.shape[1] != len(targets):
        raise InputError(f"{animation.weights.shape[1]} weights are animated, the mesh has {len(targets)} targets")
    buffer = GltfBuffer()
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
        animations=[] if animation is None else [animation_entry(animation, buffer, node=0)],
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
