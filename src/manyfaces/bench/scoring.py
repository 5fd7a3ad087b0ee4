"""From predicted points to the rows of the photo protocol."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float

from manyfaces.bench.face_points import OCCLUSIONS, HypothesisPoints, Occlusion
from manyfaces.bench.photo_set import KINDS, OCCLUDED_KINDS, AnnotatedFace, AnnotatedPhoto, Half, Kind
from manyfaces.core.seeds import torch_generator
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.metrics import INNER_51, Interval, best_of, bootstrap_means, eye_frame

PointSet = Literal["hidden", "visible", "inner51", "all68"]
POINT_SETS: tuple[PointSet, ...] = ("hidden", "visible", "inner51", "all68")
Method = Literal["facemesh", "jitter", "mean_head", "first", "best15"]
METHODS: tuple[Method, ...] = ("facemesh", "jitter", "mean_head", "first", "best15")
MODEL_METHODS: tuple[Method, ...] = ("first", "best15")
"""Those of the model under test; the others are baselines."""
GROUPS: dict[str, tuple[Kind, ...]] = {**{kind: (kind,) for kind in KINDS}, "occluded": OCCLUDED_KINDS}


@dataclass(frozen=True, eq=False)
class Case:
    """One picture: a photo with one face's occluder on it, and what was found on it.

    Attributes:
        photo: the photo.
        face: the face that is looked at.
        kind: of the occluder.
        detector_px: the detector's own points; None where it did not find the face.
        ours: by occlusion; None where the face was not found.
    """

    photo: AnnotatedPhoto
    face: AnnotatedFace
    kind: Kind
    detector_px: Float[np.ndarray, "468 2"] | None
    ours: Mapping[Occlusion, HypothesisPoints | None] = field(default_factory=dict)

    @property
    def detector_68_px(self) -> Float[np.ndarray, "68 2"]:
        """The 68 points among the detector's own; the face must have been found."""
        assert self.detector_px is not None
        return POINTS_68_FROM_468.astype(float) @ self.detector_px

    def selected(self, points: PointSet) -> Bool[np.ndarray, "68"]:
        """The points that a row counts; hidden and visible ones of the inner 51."""
        hidden = self.face.hidden(self.kind)
        return {
            "hidden": INNER_51 & hidden,
            "visible": INNER_51 & ~hidden,
            "inner51": INNER_51,
            "all68": np.ones(68, bool),
        }[points]


@dataclass(frozen=True)
class Row:
    """One figure of the protocol.

    Attributes:
        kind: of occluder; "occluded": all of them together.
        occlusion: whether the hidden pixels were given or had to be found.
        points: which points count.
        method: whose points; of a further model, with `@` and its name behind.
        mean: over pictures, percent of the distance of the outer eye corners.
        median: the same.
        faces: number of pictures, each of one face.
        low: lower end of the mean's 95 % interval; photos are resampled, as pictures of one photo go together.
        high: upper end.
    """

    kind: str
    occlusion: Occlusion
    points: PointSet
    method: str
    mean: float
    median: float
    faces: int
    low: float
    high: float


Predictions = Mapping[tuple[Occlusion, Method], Float[np.ndarray, "M 68 2"]]
"""The points of each method on one picture; of several hypotheses the best one counts."""


def residuals(
    points_px: Float[np.ndarray, "*M 68 2"], truth_px: Float[np.ndarray, "68 2"], offsets: Float[np.ndarray, "68 2"]
) -> Float[np.ndarray, "*M 68 2"]:
    """Predicted minus annotated points along the eye line, percent of the eye distance, less the constant offsets."""
    return eye_frame(truth_px).from_picture(points_px - truth_px) - offsets


def fit_offsets(cases: Iterable[Case]) -> dict[Half, Float[np.ndarray, "68 2"]]:
    """The constant offsets between mapped and annotated points, to be removed from the faces of each half.

    The mean residual of the detector's own points on the clean photos of the *other* half, AFLW2000 left out. Zero
    where there is none.
    """
    gathered: dict[Half, list[np.ndarray]] = {"tune": [], "report": []}
    for case in cases:
        if case.kind == "clean" and case.detector_px is not None and not case.photo.aflw2000:
            residual = residuals(case.detector_68_px, case.face.points_px, np.zeros((68, 2)))
            gathered["report" if case.photo.half == "tune" else "tune"].append(residual)
    zero = np.zeros((68, 2))
    return {half: np.mean(values, 0) if values else zero for half, values in gathered.items()}


def distances(points_px: np.ndarray, truth_px: np.ndarray, offsets: np.ndarray) -> Float[np.ndarray, "M 68"]:
    """How far each point of each hypothesis is from the annotated one, percent of the eye distance."""
    return np.linalg.norm(residuals(points_px, truth_px, offsets), axis=-1)


def best_error(distance: Float[np.ndarray, "M 68"], select: Bool[np.ndarray, "68"]) -> float:
    """Inter-ocular NME of the best hypothesis over the selected points."""
    return float(best_of(distance[:, select].mean(-1)))


@dataclass(frozen=True)
class PictureErrors:
    """What every method gets wrong on every picture.

    Attributes:
        cases: the pictures.
        of: by occlusion, points and method one number for each picture; not a number where it has no such points.
    """

    cases: tuple[Case, ...]
    of: Mapping[tuple[Occlusion, PointSet, Method], Float[np.ndarray, " n"]]


def picture_errors(predictions: Mapping[Case, Predictions], offsets: Mapping[Half, np.ndarray]) -> PictureErrors:
    """Measure all methods on all pictures."""
    names: list[tuple[Occlusion, PointSet, Method]] = [*product(OCCLUSIONS, POINT_SETS, METHODS)]
    errors = {name: np.full(len(predictions), np.nan) for name in names}
    for row, (case, predicted) in enumerate(predictions.items()):
        selects: list[tuple[PointSet, np.ndarray]] = [
            (points, select) for points in POINT_SETS if (select := case.selected(points)).any()
        ]
        for (occlusion, method), hypotheses in predicted.items():
            away = distances(hypotheses, case.face.points_px, offsets[case.photo.half])
            for points, select in selects:
                errors[occlusion, points, method][row] = away[:, select].mean(-1).min()
    return PictureErrors(tuple(predictions), errors)


def make_rows(errors: PictureErrors) -> list[Row]:
    """All rows; pictures without any point of a set do not count in it, a group without pictures has no row."""
    rows = []
    for points in POINT_SETS:
        names = [name for name in errors.of if name[1] == points]
        columns = np.stack([errors.of[name] for name in names], 1)
        measured = ~np.isnan(columns).any(1)
        for group, kinds in GROUPS.items():
            member = measured & np.array([case.kind in kinds for case in errors.cases], bool)
            if member.any():
                photos = [case.face.file for case, counts in zip(errors.cases, member, strict=True) if counts]
                intervals = _intervals(columns[member], photos, torch_generator(0, "photos", group, points))
                for name, values, sure in zip(names, columns[member].T, intervals, strict=True):
                    occlusion, _, method = name
                    figures = (float(values.mean()), float(np.median(values)), len(values), sure.low, sure.high)
                    rows.append(Row(group, occlusion, points, method, *figures))
    return rows


def _intervals(columns: Float[np.ndarray, "n K"], photos: list[str], generator: torch.Generator) -> list[Interval]:
    number = torch.from_numpy(np.unique(photos, return_inverse=True)[1].reshape(-1))
    return bootstrap_means(torch.from_numpy(columns), number, generator)


def range_coverage_of(
    points_px: Float[np.ndarray, "M 68 2"], case: Case, offsets: Float[np.ndarray, "68 2"]
) -> Bool[np.ndarray, "K 2"]:
    """Say for x and y of each hidden inner point whether the range of the hypotheses holds the annotated one."""
    frame = eye_frame(case.face.points_px)
    difference = frame.to_picture(residuals(points_px, case.face.points_px, offsets))[:, case.selected("hidden")]
    return (difference.min(0) <= 0) & (difference.max(0) >= 0)


def marked_hidden(visible: Bool[np.ndarray, "468"]) -> Bool[np.ndarray, "68"]:
    """Which of the 68 points a method takes for hidden: at least half of the dense points each is the mean of."""
    return POINTS_68_FROM_468 @ (~visible).astype(np.float32) >= 0.5
