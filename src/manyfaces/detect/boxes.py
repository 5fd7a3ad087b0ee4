"""Face boxes, how much they overlap, and merging those that mean the same face."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class FaceBox:
    """One detected face.

    Attributes:
        box_px: (4,) x0, y0, x1, y1, picture pixels; about brow to chin and ear to ear; may reach outside the picture.
        keypoints_px: (6, 2) the subject's right eye, left eye, nose tip, mouth, right ear, left ear.
        score: in [0, 1].
    """

    box_px: Float[np.ndarray, "4"]
    keypoints_px: Float[np.ndarray, "6 2"]
    score: float


@dataclass(frozen=True)
class Candidates:
    """Raw detections before merging.

    Attributes:
        values: (N, 16) box x0, y0, x1, y1, then six keypoints x, y; picture pixels.
        scores: (N,) in [0, 1].
    """

    values: Float[np.ndarray, "N 16"]
    scores: Float[np.ndarray, "N"]


def overlaps(box: Float[np.ndarray, "4"], boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N"]:
    """Intersection over union of one box with many."""
    inside = _intersection(box, boxes)
    return inside / np.maximum(_area(box) + _area(boxes) - inside, 1e-9)


def containments(box: Float[np.ndarray, "4"], boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N"]:
    """Intersection of one box with many, over the smaller of the two areas: 1 where one holds the other."""
    return _intersection(box, boxes) / np.maximum(np.minimum(_area(box), _area(boxes)), 1e-9)


def merge(candidates: Candidates, min_overlap: float = 0.3) -> list[FaceBox]:
    """Weighted non-maximum suppression: boxes that overlap become their mean, weighted by score.

    Args:
        candidates: raw detections.
        min_overlap: intersection over union from which two boxes mean the same face.

    Returns:
        Faces, best score first; each has the score of its best candidate. (BlazeFace, arXiv 1907.05047, section 3.4:
        the mean is steadier than the best box alone.)
    """
    order = np.argsort(-candidates.scores, kind="stable")
    values, scores = candidates.values[order], candidates.scores[order]
    faces: list[FaceBox] = []
    while len(scores):
        same = overlaps(values[0, :4], values[:, :4]) >= min_overlap
        same[0] = True
        weights = scores[same] / scores[same].sum()
        mean = (weights[:, None] * values[same]).sum(0)
        faces.append(FaceBox(mean[:4], mean[4:].reshape(6, 2), float(scores[0])))
        values, scores = values[~same], scores[~same]
    return faces


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.maximum(boxes[..., 2] - boxes[..., 0], 0) * np.maximum(boxes[..., 3] - boxes[..., 1], 0)


def _intersection(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    return np.maximum(high - low, 0).prod(1)
