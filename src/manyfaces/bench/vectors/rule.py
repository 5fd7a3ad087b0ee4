"""The rule that all weights and inputs of a set follow: the CRC-32 of an array's key seeds its generator."""

import math
import zlib

import numpy as np
from jaxtyping import Float, Shaped

PARENTS = (-1, 0, 1, 1, 1)
"""Joints of the head: root, neck, jaw, both eyes."""

N_VERTICES, N_JOINTS, N_SHAPE, N_COEFFICIENTS = 5023, 5, 300, 400
HEAD_SHAPES: dict[str, tuple[int, ...]] = {
    "v_template": (N_VERTICES, 3),
    "shapedirs": (N_VERTICES, 3, N_COEFFICIENTS),
    "posedirs": (N_VERTICES, 3, 9 * (N_JOINTS - 1)),
    "J_regressor": (N_JOINTS, N_VERTICES),
    "weights": (N_VERTICES, N_JOINTS),
}


def stream(key: str) -> np.random.Generator:
    """The random stream of a key."""
    return np.random.Generator(np.random.PCG64(zlib.crc32(key.encode())))


def normal(key: str, shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """Unit normal numbers, drawn in float64 and rounded to float32."""
    return stream(key).standard_normal(shape).astype(np.float32)


def weight(seed: str, model: str, name: str, shape: tuple[int, ...]) -> Shaped[np.ndarray, "..."]:
    """One tensor of a network. The first line that fits its name or shape applies; all of it in float32.

    Args:
        seed: of the set.
        model: `idgen`, `expgen`, `idrank`, `arcface` or `farl`.
        name: in the published state dict.
        shape: of the tensor.
    """
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    n = normal(f"{seed}:{model}:{name}", shape)
    one, tenth = np.float32(1), np.float32(0.1)
    if name.endswith("running_mean"):
        return tenth * n
    if name.endswith("running_var"):
        return one + tenth * np.abs(n)
    if name.endswith(".g"):
        return one + tenth * n
    if name.endswith("prelu.weight"):
        return np.float32(0.25) + np.float32(0.05) * n
    if name.endswith("bn3.weight"):
        return np.float32(0.2) + tenth * n
    if name.endswith(("class_embedding", "positional_embedding")):
        return np.float32(0.02) * n
    if name == "visual.proj":
        return n / _root(shape[0])
    if name.endswith("bias"):
        return tenth * n
    if name == "finals.0.2.weight":
        return tenth * (n / _root(shape[1]))
    if len(shape) > 1:
        return n / _root(math.prod(shape[1:]))
    return one + tenth * n


def head_array(seed: str, name: str) -> Float[np.ndarray, "..."]:
    """One array of the head model, by its name in FLAME's file."""
    g = normal(f"{seed}:flame:{name}", HEAD_SHAPES[name])
    if name == "v_template":
        return np.float32(0.1) * g
    if name in ("shapedirs", "posedirs"):
        return np.float32(0.002) * g
    rows = np.maximum(g - np.float32(2.5), 0) if name == "J_regressor" else np.abs(g)
    rows = rows.astype(np.float64)
    return (rows / rows.sum(1, keepdims=True)).astype(np.float32)


def crc32(array: Shaped[np.ndarray, "..."]) -> int:
    """Checksum of the little-endian bytes in C order."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return zlib.crc32(little.reshape(-1).view(np.uint8).data)


def _root(n: int) -> np.float32:
    return np.float32(math.sqrt(n))
