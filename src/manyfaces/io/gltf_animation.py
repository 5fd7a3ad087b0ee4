"""Tracks of a glTF animation: the weights of morph targets, and how the mesh turns and moves."""

from dataclasses import dataclass

import numpy as np
import pygltflib
from jaxtyping import Float

from manyfaces.core.errors import InputError
from manyfaces.io.gltf_buffer import GltfBuffer

_UNIT = 1e-3


@dataclass(frozen=True)
class Animation:
    """One clip of the mesh; between its keys players go straight, on rotations along the shortest arc.

    Attributes:
        name: shown by viewers.
        times_s: of the keys, seconds, ascending from 0 or later.
        weights: of each morph target at each key; as many columns as there are targets, perhaps none.
        rotation: unit quaternions x, y, z, w, glTF's order; None where the mesh does not turn.
        translation: metres; None where it does not move.
    """

    name: str
    times_s: Float[np.ndarray, " T"]
    weights: Float[np.ndarray, "T K"]
    rotation: Float[np.ndarray, "T 4"] | None = None
    translation: Float[np.ndarray, "T 3"] | None = None

    def __post_init__(self) -> None:
        """Check what the format asks of tracks.

        Raises:
            InputError: there is no key, times do not ascend as 32-bit floats, or rotations are no unit quaternions.
        """
        times = self.times_s.astype(np.float32)
        if not len(times) or not times[0] >= 0 or not (np.diff(times) > 0).all():
            raise InputError(f"the {len(times)} times of the animation {self.name!r} do not ascend from 0 s or later")
        if self.rotation is not None and (np.abs(np.linalg.norm(self.rotation, axis=1) - 1) > _UNIT).any():
            raise InputError(f"the animation {self.name!r} holds rotations that are no unit quaternions")


def animation_entry(animation: Animation, buffer: GltfBuffer, node: int) -> pygltflib.Animation:
    """Put the tracks into the buffer and describe them.

    Args:
        animation: the clip.
        buffer: takes the tracks.
        node: the node that is animated.
    """
    time = buffer.add_track(animation.times_s, bounds=True)
    tracks = {"rotation": animation.rotation, "translation": animation.translation}
    if animation.weights.shape[1]:
        tracks["weights"] = animation.weights.reshape(-1)  # one number after the other, key by key
    entry = pygltflib.Animation(name=animation.name, samplers=[], channels=[])
    for path, values in tracks.items():
        if values is None:
            continue
        sampler = pygltflib.AnimationSampler(
            input=time, output=buffer.add_track(values), interpolation=pygltflib.ANIM_LINEAR
        )
        entry.samplers.append(sampler)
        target = pygltflib.AnimationChannelTarget(node=node, path=path)
        entry.channels.append(pygltflib.AnimationChannel(sampler=len(entry.samplers) - 1, target=target))
    return entry
