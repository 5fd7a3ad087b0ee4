"""The camera of every hypothesis: what puts its mesh on the photo."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.detect.observation import from_crop_units, to_crop_units
from manyfaces.geometry import OrthographicCamera
from manyfaces.geometry.camera_fit import fit_orthographic
from manyfaces.methods.ofer.point_encoder import PointEncoder
from manyfaces.pipeline.preprocess import FaceView

# What a hidden point still weighs: nothing much, but enough to hold the camera when next to nothing is seen.
HIDDEN_WEIGHT = 0.02


def fit_cameras(
    points: Float[Tensor, "M N 3"],
    view: FaceView,
    encoder: PointEncoder,
    generator: torch.Generator,
    spread: float = 1.0,
) -> OrthographicCamera:
    """Fit one camera to each hypothesis.

    Where the points lie is itself uncertain, and their errors go together: every hypothesis but the first is fitted
    to its own draw of them, so that the cameras differ as much as they are unsure (perturb and maximise: for linear
    models with normal errors, exactly the posterior).

    Args:
        points: the 468 points on every hypothesis, metres, head frame; the best hypothesis first.
        view: the face on the photo.
        encoder: knows how the points' errors go together.
        generator: source of the draws.
        spread: scales the draws; 0 fits all to the same points.
    """
    crop = view.detected.crop
    base = torch.from_numpy(to_crop_units(view.points_px, crop))
    scale = torch.from_numpy(view.scale_px * (2 / crop.size_px))
    drawn = encoder.draw_errors(len(points), generator)
    drawn[0] = 0
    targets = base + spread * scale[None, :, None] * drawn
    visible = torch.from_numpy(np.where(view.hidden, HIDDEN_WEIGHT, 1.0).astype(np.float32))
    weights = (visible / scale.clamp_min(1e-4).square()).expand(len(points), -1)
    targets_px = np.stack([from_crop_units(t.numpy(), crop) for t in targets]).astype(np.float32)
    return fit_orthographic(points, torch.from_numpy(targets_px), weights).camera
