"""Sets of faces that are folders of pictures: any photos, and annotated faces of the landmark benchmarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.faces.sample import FaceEntry, FacePhoto
from manyfaces.data.landmarks import LandmarkSample, LandmarkSet
from manyfaces.io.image import read_image
from manyfaces.io.picture_names import PICTURE_SUFFIXES


@dataclass(frozen=True, eq=False)
class PhotoFolder:
    """Photos of which nothing is known; a `FaceSet`.

    Attributes:
        folder: that they were found in.
        entries: their paths in it.
    """

    folder: Path
    entries: tuple[FaceEntry, ...]

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.name

    def read(self, row: int) -> FacePhoto:
        """Read one photo.

        Raises:
            ImageError: it is damaged.
        """
        name = self.entries[row].name
        return FacePhoto(name, read_image(self.folder / name))


@dataclass(frozen=True, eq=False)
class LandmarkFaces:
    """Annotated faces as photos with 68 points; a `FaceSet`.

    Attributes:
        name: of the data set.
        samples: the faces.
    """

    name: str
    samples: tuple[LandmarkSample, ...]

    @property
    def entries(self) -> tuple[FaceEntry, ...]:
        """The faces by their names."""
        return tuple(FaceEntry(sample.name) for sample in self.samples)

    def read(self, row: int) -> FacePhoto:
        """Read one photo.

        Raises:
            ImageError: it is damaged.
        """
        sample = self.samples[row]
        occluded = None if sample.visible is None else not sample.visible.all()
        return FacePhoto(sample.name, read_image(sample.image), sample.points_px, occluded=occluded)


def photo_folder(folder: Path) -> PhotoFolder:
    """Find all pictures in a folder and the folders in it.

    Raises:
        DataError: there is no such folder, or no picture in it.
    """
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if not paths:
        raise DataError(f"{folder} holds no pictures", f"known: {' '.join(PICTURE_SUFFIXES)}")
    return PhotoFolder(folder, tuple(FaceEntry(path.relative_to(folder).as_posix()) for path in paths))


def landmark_faces(annotated: LandmarkSet, name: str) -> LandmarkFaces:
    """The faces of a landmark benchmark, such as `read_aflw2000` reads them.

    Raises:
        DataError: its pictures are frames of videos, which cannot be read in any order.
    """
    samples: Sequence[LandmarkSample] = annotated.samples
    if any(sample.frame is not None for sample in samples):
        raise DataError(f"{name} is kept as videos", "write their frames as pictures first")
    return LandmarkFaces(name, tuple(samples))
