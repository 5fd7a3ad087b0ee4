"""The project's own models as methods of the photo protocol."""

from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float

from manyfaces.bench.baselines import HeadPrior, head_prior
from manyfaces.bench.face_points import Choose, HypothesisPoints, Reconstructor
from manyfaces.detect import POINTS_68_FROM_468, FaceDetector
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.pipeline import Predictor, Reconstruction
from manyfaces.pipeline.models import load_open_ofer

N_EXPRESSIONS = 15


def predictor_reconstructor(
    detector: FaceDetector, model: str = "ofer-open", seed: int = 0, device: str = "cpu"
) -> Reconstructor:
    """A released model with 15 joint hypotheses: the k-th ranked identity with the k-th expression.

    Args:
        detector: finds faces in the model's stead, so that no picture is searched twice.
        model: its name.
        seed: of its sampling.
        device: where it runs.
    """
    predictor = Predictor(replace(load_open_ofer(model, torch.device(device)), detector=detector))

    def reconstruct(
        image: np.ndarray, occlusion: np.ndarray | Literal["auto"], choose: Choose, /
    ) -> HypothesisPoints | None:
        boxes = np.array([face.box_px for face in predictor.detect(image)], float).reshape(-1, 4)
        row = choose(boxes)
        if row is None:
            return None
        with torch.inference_mode():
            [result] = predictor.reconstruct(
                image, occlusion=occlusion, identities="varied", n_expressions=N_EXPRESSIONS, seed=seed, face=row
            )
        return HypothesisPoints(points_68_px(result), result.visible)

    return reconstruct


def points_68_px(result: Reconstruction) -> Float[np.ndarray, "M 68 2"]:
    """The 68 points of every hypothesis as its camera shows them: the same means of dense points as the detector's."""
    points = result.head.landmarks(result.vertices, "468")
    return POINTS_68_FROM_468.astype(float) @ result.cameras.project(points).points_px.double().cpu().numpy()


def default_prior() -> HeadPrior:
    """Random open heads."""
    return head_prior(HeadModel(load_head("openhead")))
