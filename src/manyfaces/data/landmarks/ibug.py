"""300-W, Helen and AFW as iBUG distributes them: a `.pts` file of 68 points beside each picture.

`lfpw/testset`, `helen/testset`, `ibug`, `300W/01_Indoor`, `300W/02_Outdoor`, `afw` (Sagonas et al., "300 Faces
In-The-Wild Challenge", 2016). Two common copies with one list in place of the many files are read as well: dlib's
(`labels_ibug_300W*.xml`) and mmpose's (`annotations/face_landmarks_300w_*.json`, pictures in `images`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks.sample import LandmarkSample, LandmarkSet, checked_points
from manyfaces.io.annotations import ListedFace, read_coco, read_dlib_xml, read_points
from manyfaces.io.annotations.points_files import SUFFIXES

PICTURES = (".jpg", ".png", ".jpeg", ".JPG", ".PNG")
DLIB_LISTS, MMPOSE_LISTS = "labels_ibug_300W*.xml", "annotations/face_landmarks_300w_*.json"
DLIB_MIRRORED = "_mirror"
"""dlib's copy holds each picture a second time, mirrored, under a name that ends so; iBUG's has none of them."""


@dataclass(frozen=True)
class Subset:
    """One folder of the collection.

    Attributes:
        name: first part of its samples' names.
        folders: where it may lie, the first that exists; "." is the folder handed in.
        groups: that its samples count in.
        published: how many faces it has.
    """

    name: str
    folders: tuple[str, ...]
    groups: tuple[str, ...]
    published: int


W300 = (
    Subset("lfpw/testset", ("lfpw/testset",), ("common", "full"), 224),
    Subset("helen/testset", ("helen/testset",), ("common", "full"), 330),
    Subset("ibug", ("ibug",), ("challenging", "full"), 135),
    Subset("300W/01_Indoor", ("300W/01_Indoor", "01_Indoor"), ("test",), 300),
    Subset("300W/02_Outdoor", ("300W/02_Outdoor", "02_Outdoor"), ("test",), 300),
)
"""The full set is the common (LFPW and Helen, test) and the challenging one (iBUG); "test" the challenge's own 600."""
HELEN = (Subset("helen/testset", ("helen/testset", "testset", "."), ("helen",), 330),)
AFW = (Subset("afw", ("afw", "."), ("afw",), 337),)


def read_ibug(folder: Path, subsets: Sequence[Subset]) -> LandmarkSet:
    """Read the subsets that are there, in one of the three layouts.

    Args:
        folder: the collection's; where only one subset is wanted, that subset's.
        subsets: which ones.

    Raises:
        DataError: none of them is there, an annotation has no picture, or a file is damaged.
    """
    lists = sorted([*folder.glob(DLIB_LISTS), *folder.glob(MMPOSE_LISTS)])
    found = _listed(folder, lists, subsets) if lists else {subset.name: _folder(folder, subset) for subset in subsets}
    samples = tuple(sample for subset in subsets for sample in found[subset.name])
    if not samples:
        wanted = ", ".join(subset.folders[0] for subset in subsets)
        raise DataError(f"{folder} holds no annotated picture", f"it needs pictures with .pts files in: {wanted}")
    notes = [
        f"{subset.name}: {len(found[subset.name])} of the published {subset.published} faces"
        for subset in subsets
        if len(found[subset.name]) != subset.published
    ]
    present = {group for sample in samples for group in sample.groups}
    groups = dict.fromkeys(group for subset in subsets for group in subset.groups if group in present)
    return LandmarkSet(samples, tuple(groups), tuple(notes))


def _folder(folder: Path, subset: Subset) -> list[LandmarkSample]:
    place = next((folder / name for name in subset.folders if (folder / name).is_dir()), None)
    files = sorted(path for path in place.iterdir() if path.suffix in SUFFIXES) if place else []
    return [
        LandmarkSample(
            name=f"{subset.name}/{path.stem}",
            image=_picture(path),
            points=checked_points(path, read_points(path)),
            subject=f"{subset.name}/{_photo(path.stem)}",
            groups=subset.groups,
        )
        for path in files
    ]


def _picture(annotation: Path) -> Path:
    for ending in PICTURES:
        picture = annotation.with_name(annotation.stem + ending)
        if picture.is_file():
            return picture
    raise DataError(f"{annotation} has no picture beside it", f"it needs one that ends in {', '.join(PICTURES)}")


def _photo(stem: str) -> str:
    """The photo that a face is from: names end in the number of the face, `100040721_2`, `image_092 _01`."""
    return re.sub(r"\s*_\d{1,2}$", "", stem)


def _listed(folder: Path, lists: Sequence[Path], subsets: Sequence[Subset]) -> Mapping[str, list[LandmarkSample]]:
    found: dict[str, list[LandmarkSample]] = {subset.name: [] for subset in subsets}
    owner: dict[str, Path] = {}
    for path, face in _faces(lists):
        subset = next((s for s in subsets if any(face.file.startswith(f"{name}/") for name in s.folders)), None)
        stem = Path(face.file).stem
        if subset is None or stem.endswith(DLIB_MIRRORED) or owner.setdefault(face.file, path) != path:
            continue  # another subset, or the same picture in a second list
        image = folder / ("images" if path.suffix == ".json" else ".") / face.file
        if not image.is_file():
            raise DataError(f"{path} names {face.file}, and there is no {image}")
        found[subset.name].append(
            LandmarkSample(
                name=f"{subset.name}/{stem}",
                image=image,
                points=checked_points(f"{path} ({face.file})", face.points_px),
                subject=f"{subset.name}/{_photo(stem)}",
                groups=subset.groups,
                visible=face.visible,
                box_px=face.box_px,
            )
        )
    for samples in found.values():
        samples.sort(key=lambda sample: sample.name)
        for one, other in pairwise(samples):
            if one.name == other.name:
                raise DataError(f"{folder}: its lists name {one.name} twice")
    return found


def _faces(lists: Sequence[Path]) -> Iterator[tuple[Path, ListedFace]]:
    for path in lists:
        for face in read_coco(path) if path.suffix == ".json" else read_dlib_xml(path):
            yield path, face
