"""The landmark benchmarks: where each is read from, how its errors are normalised, what others published on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from manyfaces.bench.photo_set import read_photo_faces
from manyfaces.core.errors import InputError
from manyfaces.data.landmarks import (
    AFW,
    HELEN,
    W300,
    Annotation,
    LandmarkSet,
    read_300vw,
    read_aflw2000,
    read_cofw68,
    read_facescape,
    read_ibug,
)
from manyfaces.data.landmarks.aflw2000 import YAW_BINS
from manyfaces.metrics.points import Normalisation

Method = Literal["facemesh", "mean_head", "ours"]
METHODS: tuple[Method, ...] = ("facemesh", "mean_head", "ours")
N_HYPOTHESES = 15
MAPPED = ("facemesh", "mean_head", "first", "average", f"best{N_HYPOTHESES}")
"""Rows whose 68 points are means of the 468; the constant offsets to annotations are theirs alone."""


@dataclass(frozen=True)
class LandmarkOptions:
    """What is particular to these protocols.

    Attributes:
        predictions: folder of another method's points, scored beside ours; see `manyfaces.bench.landmarks.predictions`.
        methods: which of our own are run; none are needed where predictions are given.
        offsets: remove the constant offsets between our 68 points and the annotated ones, as the photo protocol does.
            Published figures are measured without.
        every: 300-VW: take each n-th frame.
        annotation: AFLW2000-3D: the points of the data set, or those annotated again.
        models: rows of their own, by name: the best face of each model, its points placed as annotators would.
        unsettled: of these models what the networks say, not settled on the photo.
        limit: the first so many faces, for a quick look.
    """

    predictions: Path | None = None
    methods: tuple[Method, ...] = METHODS
    offsets: bool = False
    every: int = 1
    annotation: Annotation = "original"
    models: tuple[str, ...] = ()
    unsettled: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise InputError(f"every is {self.every}", "give a whole number from 1 up")
        if not self.methods and not self.models and self.predictions is None:
            raise InputError("there is nothing to score", "name methods, models or predictions")
        if clash := {*MAPPED, *METHODS} & set(self.models):
            raise InputError(f"{', '.join(sorted(clash))} is no model but a row of our own", "name it with methods")


@dataclass(frozen=True)
class Published:
    """Figures of a paper, NME in percent.

    Attributes:
        method: its name there.
        values: by column of the table; what the paper does not give is left out.
    """

    method: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Benchmark:
    """One landmark benchmark.

    Attributes:
        title: its name in tables.
        read: reads its folder.
        normalisations: units of the errors, that of the benchmark first.
        balanced: groups whose means are averaged with equal weight; empty where that is not done.
        by_points: what a paper publishes by sets of points.
        by_group: what a paper publishes by groups.
        source: of the published figures, and how far they can be compared.
    """

    title: str
    read: Callable[[Path, LandmarkOptions], LandmarkSet]
    normalisations: tuple[Normalisation, ...]
    balanced: tuple[str, ...] = ()
    by_points: tuple[Published, ...] = ()
    by_group: tuple[Published, ...] = ()
    source: str = ""


def _by_points(rows: Mapping[str, tuple[float | None, float | None, float | None]]) -> tuple[Published, ...]:
    names = ("boundary", "inner", "overall")
    return tuple(
        Published(method, {name: value for name, value in zip(names, values, strict=True) if value is not None})
        for method, values in rows.items()
    )


_PERSONAL = "Published: Mao et al., Construct Person-Specific Animatable Face Models, CVPR 2025, Table 1; "
_IN_THE_WILD: tuple[Normalisation, ...] = ("interocular", "interpupil", "box", "diagonal")

BENCHMARKS: Mapping[str, Benchmark] = {
    "annotated": Benchmark(
        title="Annotated photos", read=lambda folder, options: read_photo_faces(folder), normalisations=_IN_THE_WILD
    ),
    "300w": Benchmark(
        title="300-W",
        read=lambda folder, options: read_ibug(folder, W300),
        normalisations=_IN_THE_WILD,
        by_points=_by_points(
            {
                "DECA": (5.76, 4.02, 4.46),
                "EMOCA": (5.79, 4.67, 4.95),
                "EMOCA v2": (5.90, 3.77, 4.30),
                "SynergyNet": (None, 5.45, 5.45),
                "3DDFA v2": (None, 4.70, 4.70),
                "theirs, base without silhouette loss": (6.16, 4.01, 4.55),
                "theirs, base": (5.59, 3.48, 4.01),
            }
        ),
        source=f"{_PERSONAL}on 1,424 cleaned pictures that it does not list.",
    ),
    "300vw": Benchmark(
        title="300-VW",
        read=lambda folder, options: read_300vw(folder, options.every),
        normalisations=_IN_THE_WILD,
        by_points=_by_points(
            {
                "DECA": (5.63, 4.26, 4.60),
                "EMOCA v2": (5.53, 5.07, 5.19),
                "SynergyNet": (None, 6.51, 6.51),
                "3DDFA v2": (None, 5.24, 5.24),
                "theirs, base without silhouette loss": (6.60, 5.54, 5.80),
                "theirs, base": (5.85, 4.56, 4.88),
                "theirs, personal": (3.59, 2.17, 2.52),
            }
        ),
        source=f"{_PERSONAL}it does not say on which of the videos.",
    ),
    "facescape": Benchmark(
        title="FaceScape",
        read=lambda folder, options: read_facescape(folder),
        normalisations=("interocular", "interpupil"),
        by_points=_by_points(
            {
                "DECA": (None, 4.77, 4.96),
                "EMOCA v2": (None, 5.85, 6.00),
                "SynergyNet": (None, 5.89, 7.85),
                "3DDFA v2": (None, 5.14, 7.00),
                "theirs, base": (None, 4.04, 4.29),
                "theirs, personal": (None, 2.53, 3.05),
            }
        ),
        source=(
            f"{_PERSONAL}where FaceScape has no points, theirs are measured against what HRNet finds; ours count the "
            "points that there are, all of them inner ones."
        ),
    ),
    "aflw2000": Benchmark(
        title="AFLW2000-3D",
        read=lambda folder, options: read_aflw2000(folder, options.annotation),
        normalisations=("box", "interocular", "diagonal"),
        balanced=tuple(YAW_BINS),
        by_group=(
            Published(
                "3DDFA (2016)",
                {"yaw 0-30": 3.78, "yaw 30-60": 4.54, "yaw 60-90": 7.93, "balanced": 5.42},
            ),
        ),
        source="Published: Zhu et al., Face Alignment Across Large Poses, CVPR 2016; original annotation.",
    ),
    "cofw": Benchmark(
        title="COFW-68",
        read=lambda folder, options: read_cofw68(folder),
        normalisations=("interpupil", "interocular", "box", "diagonal"),
    ),
    "helen": Benchmark(
        title="Helen", read=lambda folder, options: read_ibug(folder, HELEN), normalisations=_IN_THE_WILD
    ),
    "afw": Benchmark(title="AFW", read=lambda folder, options: read_ibug(folder, AFW), normalisations=_IN_THE_WILD),
}
"""By the name that `manyfaces bench` takes."""
