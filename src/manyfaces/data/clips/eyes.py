"""What looks at the frames of clips: handed in, so that data knows no networks."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.detect import FaceBox, FacePoints


@runtime_checkable
class FaceSight(Protocol):
    """What was seen of a face; see `pipeline.preprocess.FaceView`."""

    @property
    def points_px(self) -> Float[np.ndarray, "468 2"]: ...  # noqa: D102
    @property
    def scale_px(self) -> Float[np.ndarray, "468"]: ...  # noqa: D102
    @property
    def hidden(self) -> Bool[np.ndarray, "468"]: ...  # noqa: D102
    @property
    def mask(self) -> Bool[np.ndarray, "H W"]: ...  # noqa: D102
    @property
    def detected(self) -> FacePoints: ...  # noqa: D102


@runtime_checkable
class ClipEyes(Protocol):
    """Finds faces, looks at them, and perhaps knows people; `pipeline.clip_eyes` has some."""

    @property
    def knows_people(self) -> bool:
        """Whether `recognise` gives vectors."""
        ...

    def detect(self, image: UInt8[np.ndarray, "H W 3"]) -> list[FaceBox]:
        """All faces of a picture, largest first."""
        ...

    def look(self, image: UInt8[np.ndarray, "H W 3"], box: FaceBox) -> FaceSight:
        """Look at one of them."""
        ...

    def recognise(self, crop: UInt8[np.ndarray, "S S 3"]) -> Float[np.ndarray, " D"] | None:
        """Who it is, as a vector, from a face in R-Net's frame; None without a network that knows people."""
        ...
