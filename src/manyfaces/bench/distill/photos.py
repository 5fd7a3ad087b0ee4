"""Annotated photos: where teacher and students put the 68 points of a face, clear and hidden."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float, UInt8

from manyfaces.bench.distill.conditions import CONDITIONS
from manyfaces.bench.distill.networks import Network
from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.distill.people import GREY_LEVELS, MEAN_FACE, PeopleBench, worker_count
from manyfaces.bench.face_points import FindPoints, default_detector, default_point_finder
from manyfaces.bench.kept import Kept
from manyfaces.bench.landmarks import BENCHMARKS, LandmarkOptions
from manyfaces.bench.photo_set import choose_face
from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.core.seeds import numpy_generator, stream_seed
from manyfaces.data.landmarks import LandmarkSample, pictures
from manyfaces.data.occluded import occlude_photo
from manyfaces.data.processes import in_processes
from manyfaces.detect import POINTS_68_FROM_468, RNetCrop, rnet_crop, rnet_five
from manyfaces.detect.rnet_alignment import RNET_PX, points_at
from manyfaces.metrics import INNER_51, interocular_nme
from manyfaces.metrics.frame_points import frame_errors

Aligned = Literal["annotation", "detector"]
ALIGNED: tuple[Aligned, ...] = get_args(Aligned)
"""Whose five points the crop is made by; the detector's are found on the very picture."""
POINTS = {"all 68": np.ones(68, bool), "inner 51": INNER_51}
MEASURES = (*POINTS, "ME", "MSE x", "MSE y")
"""Of each face: NME of some points, percent of the distance of the outer eye corners; then as in the paper's tables, of
all points in the crop: pixels of 224, and square ones."""

Column = tuple[str, str, Aligned]
"""Method, condition, and how the crop was made."""


@dataclass(frozen=True)
class PhotoScores:
    """What was measured.

    Attributes:
        samples: the faces.
        methods: in the order of the tables.
        errors: by `Column` a row of `MEASURES` for each face; not a number where the detector did not find the face.
    """

    samples: tuple[LandmarkSample, ...]
    methods: tuple[str, ...]
    errors: Mapping[Column, Float[np.ndarray, "n 5"]]


def read_faces(folder: Path, layout: str, limit: int | None = None) -> tuple[LandmarkSample, ...]:
    """The annotated faces of a folder.

    Args:
        folder: where they lie.
        layout: the name of a landmark benchmark.
        limit: the first so many.

    Raises:
        ChoiceError: there is no such layout.
        DataError, InputError: the folder does not have it, or holds no face.
    """
    if layout not in BENCHMARKS:
        raise ChoiceError("layout", layout, list(BENCHMARKS))
    samples = BENCHMARKS[layout].read(folder, LandmarkOptions()).samples
    if not samples:
        raise InputError(f"{folder} holds no annotated face")
    return samples[:limit]


class PhotoBench:
    """Networks, and what finds faces for them.

    Args:
        people: the networks, loaded.
        find: the detector's 468 points; the project's by default.
    """

    def __init__(self, people: PeopleBench, find: FindPoints | None = None):
        self._people = people
        self._given = find
        self._size_px = next(iter(people.networks.values())).config.picture_px

    @cached_property
    def _find(self) -> FindPoints:
        return self._given or default_point_finder(default_detector())

    @torch.no_grad()
    def measure(
        self, sample: LandmarkSample, photo: UInt8[np.ndarray, "H W 3"], boxes_px: Float[np.ndarray, "F 4"], own: int
    ) -> dict[str, np.ndarray]:
        """All methods on a face under all conditions; keys are `Column`s with strokes between their parts."""
        seed, truth = stream_seed(self._people.options.seed, "distill photos"), sample.points_px.astype(float)
        errors: dict[str, np.ndarray] = {}
        for condition, kinds in CONDITIONS.items():
            image = photo
            if kinds:
                kind = kinds[int(numpy_generator(seed, condition, sample.name).integers(len(kinds)))]
                image = occlude_photo(photo, truth, kind, seed, sample.name).rgb
            dense = self._find(image, lambda found: choose_face(boxes_px, own, found))
            five = {
                "annotation": rnet_five(truth),
                "detector": None if dense is None else rnet_five(POINTS_68_FROM_468.astype(float) @ dense),
            }
            for aligned, points in five.items():
                crop = None if points is None else rnet_crop(image, points, self._size_px)
                for method, network in (*self._people.networks.items(), (MEAN_FACE, None)):
                    measured = self._errors(network, crop, truth) if crop else np.full(len(MEASURES), np.nan)
                    errors[f"{method}/{condition}/{aligned}"] = measured
        return errors

    def _errors(
        self, network: Network | None, crop: RNetCrop, truth: Float[np.ndarray, "68 2"]
    ) -> Float[np.ndarray, " 5"]:
        found = self._points(network, crop)
        in_frame = (points_at(crop.to_crop(points), RNET_PX, self._size_px) for points in (found, truth))
        frame = frame_errors(*map(torch.from_numpy, in_frame))
        nme = [interocular_nme(found, truth, select) for select in POINTS.values()]
        return np.array([*nme, frame.me_px, frame.mse_x, frame.mse_y], float)

    def _points(self, network: Network | None, crop: RNetCrop) -> Float[np.ndarray, "68 2"]:
        """The 68 points on the photo."""
        bench = self._people
        said = bench.mean_face[None]
        if network is not None:
            picture = torch.from_numpy(crop.image).permute(2, 0, 1)[None].to(bench.device, torch.float32)
            said = network(picture / GREY_LEVELS).float()
        points = bench.face.landmarks_px(bench.face.layout.split(said))[0]
        return crop.to_photo(points_at(points, self._size_px).double().cpu().numpy())


Group = tuple[LandmarkSample, ...]
"""The faces of one picture."""


def faces_by_picture(samples: Sequence[LandmarkSample]) -> list[Group]:
    """Faces that are on one picture, together."""
    return [tuple(faces) for _, faces in groupby(samples, key=lambda s: (s.image, s.frame))]


def measure_photos(
    bench: PeopleBench,
    samples: Sequence[LandmarkSample],
    folder: Path,
    advance: Callable[[], None],
    find: FindPoints | None = None,
) -> PhotoScores:
    """Measure all faces; a run that was stopped goes on where it was.

    Args:
        bench: the networks; it is used where one process is enough.
        samples: the faces.
        folder: where finished pictures are kept.
        advance: called for each picture.
        find: see `PhotoBench`; in one process only.
    """
    kept = Kept(folder, "distill photos", (*bench.basis, MEASURES))
    groups = faces_by_picture(samples)
    done = {k: arrays for k, group in enumerate(groups) if (arrays := kept.get(_name(group))) is not None}
    for _ in done:
        advance()
    left = [k for k in range(len(groups)) if k not in done]
    for k, arrays in _run(bench, groups, left, find):
        kept.put(_name(groups[k]), arrays=arrays)
        done[k] = arrays
        advance()
    errors = {_column(key): np.concatenate([done[k][key] for k in range(len(groups))]) for key in done[0]}
    return PhotoScores(tuple(samples), (MEAN_FACE, *bench.networks), errors)


def _name(group: Group) -> str:
    return "|".join(sample.name for sample in group)


def _column(key: str) -> Column:
    method, condition, aligned = key.split("/")
    return method, condition, "annotation" if aligned == "annotation" else "detector"


def _run(
    bench: PeopleBench, groups: Sequence[Group], left: list[int], find: FindPoints | None
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    workers = 1 if find else worker_count(bench.options, len(left))
    if workers <= 1:
        own = PhotoBench(bench, find)
        yield from ((k, _measure_group(own, groups[k])) for k in left)
        return
    jobs = [groups[k] for k in left]
    number = {_name(groups[k]): k for k in left}
    for group, arrays in in_processes(_measure, jobs, workers, _begin, (bench.options,)):
        yield number[_name(group)], arrays


def _measure_group(bench: PhotoBench, group: Group) -> dict[str, np.ndarray]:
    boxes = np.stack([sample.tight_box_px for sample in group])
    rows = [bench.measure(sample, photo, boxes, own) for own, (sample, photo) in enumerate(pictures(group))]
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


_own: list[PhotoBench] = []


def _begin(options: DistillOptions) -> None:
    _own.append(PhotoBench(PeopleBench(options)))


def _measure(group: Group) -> dict[str, np.ndarray]:
    return _measure_group(_own[0], group)
