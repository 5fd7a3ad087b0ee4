"""Models as they come: of each the best face, its 68 points placed as annotators would.

What Table 1 of Mao et al. (CVPR 2025) measures.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8

from manyfaces.bench.annotated_points import annotated_68_px
from manyfaces.bench.face_points import Choose
from manyfaces.bench.kept import Kept
from manyfaces.data.landmarks import LandmarkSample
from manyfaces.detect import FaceDetector
from manyfaces.pipeline import Predictor
from manyfaces.pipeline.methods import load_method

FindMarks = Callable[[UInt8[np.ndarray, "H W 3"], Choose], np.ndarray | None]
"""Finds the 68 points (68, 2) of the chosen face of a picture, pixels; None where the face is not found."""

NOT_FOUND: Float[np.ndarray, "0 2"] = np.zeros((0, 2))
"""What is kept of a face that a model did not find."""
NOT_FOUND.setflags(write=False)


def load_models(
    names: Sequence[str],
    detector: FaceDetector,
    folder: Path,
    device: str = "cpu",
    seed: int = 0,
    unsettled: bool = False,
) -> Mapping[str, "Marks"]:
    """Load models; what they find is kept, so that a run that was stopped goes on where it was.

    Args:
        names: of models, or folders of imported ones.
        detector: finds faces in their stead, so that no picture is searched twice.
        folder: where results are kept.
        device: where they run.
        seed: of their sampling.
        unsettled: take what the networks say, not settled on the photo.

    Raises:
        ChoiceError, AssetError, HeadFileError, WeightError: a model cannot be loaded.
    """
    finders = {name: predictor_marks(name, detector, device, seed, unsettled) for name in names}
    return {name: Marks(find, folder, name, seed, unsettled) for name, find in finders.items()}


def predictor_marks(
    name: str, detector: FaceDetector, device: str = "cpu", seed: int = 0, unsettled: bool = False
) -> FindMarks:
    """The points of the best face that a model makes of a picture; arguments as those of `load_models`."""
    method = load_method(name, torch.device(device), None, "none")
    method.eyes = replace(method.eyes, detector=detector)
    predictor, more = Predictor(method), {"settle": False} if unsettled else {}

    def find(image: UInt8[np.ndarray, "H W 3"], choose: Choose) -> Float[np.ndarray, "68 2"] | None:
        row = choose(np.array([face.box_px for face in predictor.detect(image)], float).reshape(-1, 4))
        return None if row is None else annotated_68_px(predictor(image, face=row, seed=seed, **more))

    return find


class Marks:
    """What a model finds, kept on the disk.

    A model that was trained anew is another model, whatever its name: what it says of the first face that it is asked
    for tells them apart, so that face is looked at in any case.

    Args:
        find: the model.
        folder: where results are kept.
        basis: what they depend on beside the model, and its name.
    """

    def __init__(self, find: FindMarks, folder: Path, *basis: object):
        self._find = find
        self._folder, self._basis = folder, basis
        self._kept: Kept | None = None

    def __call__(
        self, sample: LandmarkSample, image: UInt8[np.ndarray, "H W 3"], choose: Choose
    ) -> Float[np.ndarray, "68 2"] | None:
        """The points of a face; None where the model does not find it."""
        ask = partial(self._ask, image, choose)
        if self._kept is None:
            points = ask()
            first = hashlib.sha256(points.tobytes()).hexdigest()
            self._kept = Kept(self._folder, "marks", *self._basis, sample.name, first)
        elif (arrays := self._kept.get(sample.name)) is not None:
            points = arrays["points_px"]
        else:
            points = ask()
            self._kept.put(sample.name, arrays={"points_px": points})
        return points if len(points) else None

    def _ask(self, image: UInt8[np.ndarray, "H W 3"], choose: Choose) -> Float[np.ndarray, "P 2"]:
        found = self._find(image, choose)
        return NOT_FOUND if found is None else found
