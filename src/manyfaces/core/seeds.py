"""Random generators named by what they are for, so that streams never depend on call order."""

import hashlib

import numpy as np
import torch


def stream_seed(seed: int, *path: object) -> int:
    """Derive a 63-bit seed from a root seed and a path of names or numbers, the same on every machine."""
    digest = hashlib.sha256("/".join(map(str, (seed, *path))).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def torch_generator(seed: int, *path: object, device: str | torch.device = "cpu") -> torch.Generator:
    """Make a torch generator for one named stream."""
    return torch.Generator(device=device).manual_seed(stream_seed(seed, *path))


def numpy_generator(seed: int, *path: object) -> np.random.Generator:
    """Make a numpy generator for one named stream."""
    return np.random.Generator(np.random.PCG64(stream_seed(seed, *path)))
