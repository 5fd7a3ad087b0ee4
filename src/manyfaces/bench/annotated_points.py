"""The 68 points of a reconstruction as people would annotate it: the jaw line follows the outline."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float

from manyfaces.geometry import OutlineMesh
from manyfaces.heads import HeadModel, outline_mesh
from manyfaces.metrics import scored_points
from manyfaces.pipeline import Reconstruction


@torch.no_grad()
def annotated_68_px(result: Reconstruction) -> Float[np.ndarray, "68 2"]:
    """The 68 points of the best hypothesis on the photo, pixels.

    Points of the jaw line are the zero-pose points where the camera sees them, silhouette vertices where it does not:
    see `metrics.scored_points`. No annotation is looked at.

    Raises:
        ChoiceError, HeadFileError: the head has not all of the 68 points.
    """
    camera, vertices = result.camera_batch(0), result.vertices[:1]
    points_px = camera.project(result.head.landmarks(vertices)).points_px
    outline = _outline_mesh(result.head).seen(vertices, camera)
    return scored_points(outline, points_px)[0].double().cpu().numpy()


@lru_cache(maxsize=8)
def _outline_mesh(head: HeadModel) -> OutlineMesh:
    return outline_mesh(head)
