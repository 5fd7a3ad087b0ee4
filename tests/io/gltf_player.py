"""Plays the animation of a GLB file as the specification says, from nothing but its bytes."""

import numpy as np
import pygltflib
from scipy.spatial.transform import Rotation

KINDS = {5126: np.float32, 5125: np.uint32, 5123: np.uint16}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


class Player:
    """One mesh, one clip."""

    def __init__(self, data):
        self.document = pygltflib.GLTF2.load_from_bytes(data)
        self._binary = self.document.binary_blob()
        (self.mesh,) = self.document.meshes
        (self.primitive,) = self.mesh.primitives
        (self.clip,) = self.document.animations
        self.tracks = {
            channel.target.path: (
                self.array(self.clip.samplers[channel.sampler].input),
                self.array(self.clip.samplers[channel.sampler].output),
            )
            for channel in self.clip.channels
        }

    def array(self, accessor_id):
        accessor = self.document.accessors[accessor_id]
        view = self.document.bufferViews[accessor.bufferView]
        width = WIDTHS[accessor.type]
        values = np.frombuffer(self._binary, KINDS[accessor.componentType], accessor.count * width, view.byteOffset)
        assert values.nbytes == view.byteLength
        return values.reshape(-1, width) if width > 1 else values

    def at_key(self, name, key):
        times, values = self.tracks[name]
        return values.reshape(len(times), -1)[key]

    def shape(self, key, what="POSITION"):
        """Positions or normals in the node's own frame."""
        base = self.array(getattr(self.primitive.attributes, what)).astype(np.float64)
        targets = [self.array(target[what]) for target in self.primitive.targets or []]
        weights = self.at_key("weights", key) if targets else []
        return base + sum((w * t for w, t in zip(weights, targets, strict=True)), np.zeros_like(base))

    def world(self, key):
        """Positions as they are seen."""
        turn = Rotation.from_quat(self.at_key("rotation", key)).as_matrix()
        return self.shape(key) @ turn.T + self.at_key("translation", key)
