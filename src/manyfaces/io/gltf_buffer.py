"""The binary half of a glTF file: arrays one after the other, and the accessors that find them."""

import numpy as np
import pygltflib
from jaxtyping import Float, Num

_COMPONENTS = {"float32": pygltflib.FLOAT, "uint32": pygltflib.UNSIGNED_INT, "uint16": pygltflib.UNSIGNED_SHORT}
_TYPES = {1: pygltflib.SCALAR, 3: pygltflib.VEC3, 4: pygltflib.VEC4}


class GltfBuffer:
    """Collects arrays as accessors and buffer views, 4-byte aligned as the format asks.

    Attributes:
        data: the bytes so far.
        accessors: one for each array.
        views: likewise.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.accessors: list[pygltflib.Accessor] = []
        self.views: list[pygltflib.BufferView] = []

    def add(
        self, values: Num[np.ndarray, "R *C"], purpose: int | None, bounds: bool = False, normalised: bool = False
    ) -> int:
        """Append an array.

        Args:
            values: a row for each element.
            purpose: what the graphics card is to take it for; None for tracks, which it does not take.
            bounds: state the least and the largest values, as positions and times need it.
            normalised: whole numbers that stand for 0 to 1.

        Returns:
            The id of its accessor.
        """
        raw = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
        self.views.append(
            pygltflib.BufferView(buffer=0, byteOffset=len(self.data), byteLength=len(raw), target=purpose)
        )
        self.data += raw + b"\0" * (-len(raw) % 4)
        self.accessors.append(
            pygltflib.Accessor(
                bufferView=len(self.views) - 1,
                componentType=_COMPONENTS[values.dtype.name],
                count=len(values),
                type=_TYPES[values.shape[1] if values.ndim > 1 else 1],
                normalized=normalised,
                min=np.atleast_1d(values.min(axis=0)).tolist() if bounds else None,
                max=np.atleast_1d(values.max(axis=0)).tolist() if bounds else None,
            )
        )
        return len(self.accessors) - 1

    def add_vertices(self, values: Float[np.ndarray, "V 3"], bounds: bool = False) -> int:
        """Append one float32 vector per vertex; positions need their bounds."""
        return self.add(values.astype(np.float32), pygltflib.ARRAY_BUFFER, bounds=bounds)

    def add_track(self, values: Float[np.ndarray, "R *C"], bounds: bool = False) -> int:
        """Append times or values of an animation, float32; times need their bounds."""
        return self.add(values.astype(np.float32), None, bounds=bounds)
