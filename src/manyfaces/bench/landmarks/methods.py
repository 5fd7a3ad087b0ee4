"""Where each method puts the points of one face, and which faces it did not find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from manyfaces.bench.baselines import HeadPrior, fit_mean_heads, mean_head_on_box
from manyfaces.bench.face_points import Choose, FindPoints, HypothesisPoints, Reconstructor
from manyfaces.bench.landmarks.benchmarks import MAPPED, N_HYPOTHESES, Method
from manyfaces.bench.landmarks.models import Marks
from manyfaces.bench.landmarks.predictions import find_prediction
from manyfaces.bench.photo_set import choose_face
from manyfaces.data.landmarks import LandmarkSample
from manyfaces.detect import POINTS_68_FROM_468

BEST = ", best"
"""Ends the name of a folder of predictions where the best of several hypotheses counts."""


@dataclass(frozen=True)
class Methods:
    """What is measured.

    Attributes:
        prior: the mean head.
        find: the detector's own points; None: it is not asked.
        reconstruct: a model under test; None: it is not run.
        shown: which of our own methods are in the tables; what finds or reconstructs must be there for them.
        predictions: folder of another method's points.
        models: further models by name; of each the best face counts, its points placed as annotators would.
    """

    prior: HeadPrior
    find: FindPoints | None = None
    reconstruct: Reconstructor | None = None
    shown: tuple[Method, ...] = ()
    predictions: Path | None = None
    models: Mapping[str, Marks] = field(default_factory=dict)

    @property
    def look(self) -> bool:
        """Do they need the pictures?"""
        return self.find is not None or self.reconstruct is not None or bool(self.models)


@dataclass(frozen=True, eq=False)
class Predicted:
    """The points of one face.

    Attributes:
        sample: the face.
        points_px: by method, one row for each hypothesis, best first; where it did not find the face, the mean head on
            the face's box.
        missing: methods that did not find it.
        detector_px: the detector's own points; None where it did not find the face or was not asked.
    """

    sample: LandmarkSample
    points_px: Mapping[str, Float[np.ndarray, "M 68 2"]]
    missing: frozenset[str]
    detector_px: Float[np.ndarray, "68 2"] | None


def predict(methods: Methods, sample: LandmarkSample, image: UInt8[np.ndarray, "H W 3"] | None) -> Predicted:
    """Ask every method for one face.

    Args:
        methods: what is measured.
        sample: the face.
        image: its picture; None where no method needs it.
    """
    own = ours = None
    found: dict[str, np.ndarray | None] = {}
    if methods.find is not None and image is not None:
        own = find_points(methods.find, sample, image)
    if methods.reconstruct is not None and image is not None:
        ours = methods.reconstruct(image, "auto", _meant(sample))
    if "facemesh" in methods.shown:
        found["facemesh"] = None if own is None else mapped_68(own)[None]
    if "mean_head" in methods.shown:
        found["mean_head"] = None if own is None else _posed(methods.prior, own, ours)
    if "ours" in methods.shown:
        found["first"] = None if ours is None else ours.points_68_px[:1]
        found["average"] = None if ours is None else ours.points_68_px[:N_HYPOTHESES].mean(0, keepdims=True)
        found[f"best{N_HYPOTHESES}"] = None if ours is None else ours.points_68_px[:N_HYPOTHESES]
    if image is not None:
        found |= {name: _alone(marks(sample, image, _meant(sample))) for name, marks in methods.models.items()}
    if methods.predictions is not None:
        theirs, name = find_prediction(methods.predictions, sample.name), prediction_name(methods.predictions)
        found[name] = None if theirs is None else theirs[:1]
        found[f"{name}{BEST}"] = theirs
    stand_in = mean_head_on_box(methods.prior, sample.tight_box_px)[None]
    points = {name: stand_in if value is None else value for name, value in found.items()}
    missing = frozenset(name for name, value in found.items() if value is None)
    return Predicted(sample, points, missing, None if own is None else mapped_68(own))


def method_names(predicted: Sequence[Predicted]) -> tuple[str, ...]:
    """In the order of the tables; the best hypothesis is a row of its own only where there are several."""
    return tuple(
        name
        for name in predicted[0].points_px
        if not name.endswith(BEST) or any(len(face.points_px[name]) > 1 for face in predicted)
    )


def find_points(
    find: FindPoints, sample: LandmarkSample, image: UInt8[np.ndarray, "H W 3"]
) -> Float[np.ndarray, "468 2"] | None:
    """The detector's points on the face that is meant; None where it does not find it."""
    return find(image, _meant(sample))


def mapped_68(points_px: Float[np.ndarray, "468 2"]) -> Float[np.ndarray, "68 2"]:
    """The 68 points of 300-W among the detector's."""
    return POINTS_68_FROM_468.astype(float) @ points_px


def prediction_name(folder: Path) -> str:
    """The name of a folder of predictions in tables: its own, told apart from our methods' names."""
    name = folder.resolve().name
    return f"{name} (predictions)" if name in MAPPED else name


def _alone(points_px: Float[np.ndarray, "68 2"] | None) -> Float[np.ndarray, "1 68 2"] | None:
    return None if points_px is None else points_px[None]


def _posed(prior: HeadPrior, own: np.ndarray, ours: HypothesisPoints | None) -> Float[np.ndarray, "1 68 2"]:
    """The mean head by the points that the model under test takes for visible, all where there is none."""
    visible = np.ones(468, bool) if ours is None else ours.visible
    [fit] = fit_mean_heads(prior, own[None], visible[None])
    return fit.points_68_px[None]


def _meant(sample: LandmarkSample) -> Choose:
    """Says which of some detected faces is the annotated one."""
    box = sample.tight_box_px if sample.box_px is None else sample.box_px
    return partial(choose_face, box[None], 0)
