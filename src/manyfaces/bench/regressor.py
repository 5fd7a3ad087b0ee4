"""A deterministic regressor as a baseline: the same input and training data as the open recipe, one answer.

The open recipe's point encoder is first trained alone to say what the coefficients are on average; its features then
condition the generative networks. That answer is what a network gives that does not sample.
"""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from manyfaces.detect import FaceBox, crop_from_box
from manyfaces.occlusion import find_occlusion
from manyfaces.pipeline.alignment import Coefficients
from manyfaces.pipeline.conditioning import PointConditioner
from manyfaces.pipeline.models import LoadedOfer
from manyfaces.pipeline.preprocess import look_at_face


def has_regressor(model: LoadedOfer) -> bool:
    """Is there one for a model: does its point encoder answer in the coefficients of the model's own head?"""
    return isinstance(model.conditioner, PointConditioner)


@torch.no_grad()
def regress(
    model: LoadedOfer,
    image: UInt8[np.ndarray, "H W 3"],
    box: FaceBox,
    mask: Bool[np.ndarray, "H W"] | Literal["auto"] = "auto",
) -> Coefficients:
    """The one answer for a face.

    Args:
        model: one that has a regressor.
        image: the picture.
        box: the face.
        mask: what hides it; "auto" finds it.

    Returns:
        A single hypothesis.
    """

    def find_mask(picture: np.ndarray, points) -> np.ndarray:
        return find_occlusion(picture, points, model.mesh).mask if isinstance(mask, str) else mask

    view = look_at_face(image, crop_from_box(box), find_mask, model.mesh, model.encoder)
    config = model.encoder.config
    sizes = [config.n_identity, config.n_expression, 3]
    return Coefficients(*model.encoder.coefficients(view.condition[None]).split(sizes, -1))
