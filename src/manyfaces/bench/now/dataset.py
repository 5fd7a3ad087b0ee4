"""The NoW benchmark's folder: which images there are, and the scans that they are measured against.

    FOLDER/imagepathsvalidation.txt (or imagepathstest.txt)   a line for each image, SUBJECT/CHALLENGE/NAME.jpg
    FOLDER/scans/SUBJECT/*.obj                                the scan, mm; the first by name where there are several
    FOLDER/scans_lmks_onlypp/SUBJECT/*.pp                     seven points picked on it

The photos themselves are only needed to make predictions; see `manyfaces.bench.now.photos`.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from manyfaces.core.errors import DataError

Split = Literal["validation", "test"]
SPLITS: tuple[Split, ...] = ("validation", "test")

OCCLUSIONS = "multiview_occlusions"
CHALLENGES = ("multiview_neutral", "multiview_expressions", OCCLUSIONS, "selfie")


@dataclass(frozen=True)
class NowImage:
    """One photo of the benchmark.

    Attributes:
        subject: whose it is.
        challenge: one of `CHALLENGES`.
        file: its name with ending.
    """

    subject: str
    challenge: str
    file: str

    def __str__(self) -> str:
        return f"{self.subject}/{self.challenge}/{self.file}"

    @property
    def occluded(self) -> bool:
        """Is something before the face?"""
        return self.challenge == OCCLUSIONS

    @property
    def stem(self) -> Path:
        """Its place in every folder that is laid out as the list is, without ending."""
        return Path(self.subject, self.challenge, PurePosixPath(self.file).stem)


@dataclass(frozen=True)
class NowSet:
    """A NoW folder that is complete but for its photos.

    Attributes:
        folder: where it lies.
        split: which list was read.
        images: in the order of the list.
        scans: the scan of each subject.
        landmarks: the picked points of each subject.
    """

    folder: Path
    split: Split
    images: tuple[NowImage, ...]
    scans: dict[str, Path]
    landmarks: dict[str, Path]


def open_now(folder: Path, split: Split | None = None) -> NowSet:
    """Read the list and find every subject's files.

    Args:
        folder: the data set's.
        split: which list; that which is there, validation if both are.

    Raises:
        DataError: there is no list, a line of it is wrong, or a subject has no scan or no picked points.
    """
    path, split = _list_of(folder, split)
    images = _read_list(path)
    subjects = sorted({image.subject for image in images})
    scans = {subject: _first(folder / "scans" / subject, ".obj") for subject in subjects}
    landmarks = {subject: _first(folder / "scans_lmks_onlypp" / subject, ".pp") for subject in subjects}
    return NowSet(folder, split, images, scans, landmarks)


def _list_of(folder: Path, split: Split | None) -> tuple[Path, Split]:
    names: tuple[Split, ...] = (split,) if split else SPLITS
    paths: dict[Split, Path] = {name: folder / f"imagepaths{name}.txt" for name in names}
    for name, path in paths.items():
        if path.is_file():
            return path, name
    wanted = " nor ".join(path.name for path in paths.values())
    raise DataError(f"{folder} holds no {wanted}", "name the folder of the NoW benchmark with the list of its images")


def _read_list(path: Path) -> tuple[NowImage, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from None
    images: dict[NowImage, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        image = _image_of(path, number, line.strip())
        if image in images:
            raise DataError(f"{path}, line {number}: {image} is listed before, in line {images[image]}")
        images[image] = number
    if not images:
        raise DataError(f"{path} lists no image")
    return tuple(images)


def _image_of(path: Path, number: int, line: str) -> NowImage:
    parts = line.split("/")
    if len(parts) != 3 or any(part in ("", ".", "..") or "\\" in part for part in parts):
        raise DataError(f"{path}, line {number}: {line!r} is no image", "each line is SUBJECT/CHALLENGE/NAME.jpg")
    if parts[1] not in CHALLENGES:
        raise DataError(f"{path}, line {number}: unknown challenge {parts[1]!r}", f"valid: {', '.join(CHALLENGES)}")
    return NowImage(*parts)


def _first(folder: Path, ending: str) -> Path:
    found = sorted(path for path in folder.glob(f"*{ending}") if path.is_file())
    if not found:
        raise DataError(f"{folder} holds no {ending} file", "get the scans and their picked points anew")
    return found[0]
