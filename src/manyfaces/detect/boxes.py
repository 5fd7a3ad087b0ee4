"""Face boxes, how much they overlap, and merging those that mean the same face."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

_MIRRORED_KEYPOINTS = [1, 0, 2, 3, 5, 4]
"""The mirror image of a right eye is a left eye, of a right ear a left ear."""


@dataclass(frozen=True)
class FaceBox:
    """One detected face.

    Attributes:
        box_px: (4,) x0, y0, x1, y1, picture pixels; about brow to chin and ear to ear; may reach outside the picture.
        keypoints_px: (6, 2) the subject's right eye, left eye, nose tip, mouth, right ear, left ear.
        score: how sure; see where it comes from.
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
        looks: (N,) number of the look (one network, one scale) each comes from.
    """

    values: Float[np.ndarray, "N 16"]
    scores: Float[np.ndarray, "N"]
    looks: Int[np.ndarray, "N"]


def join(parts: list[Candidates], one_look: bool = False) -> Candidates:
    """Put the candidates of several looks together.

    Args:
        parts: at least one.
        one_look: they all are parts of one look (tiles); else each part is a look of its own.
    """
    looks = [np.full(len(part.scores), 0 if one_look else number) for number, part in enumerate(parts)]
    return Candidates(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(looks),
    )


def mirror(candidates: Candidates, width: int) -> Candidates:
    """Carry candidates of the mirrored picture over to the picture, `width` pixels wide."""
    points = candidates.values.reshape(-1, 8, 2).copy()
    points[..., 0] = width - 1 - points[..., 0]
    points[:, :2, 0] = points[:, 1::-1, 0]
    points[:, 2:] = points[:, 2:][:, _MIRRORED_KEYPOINTS]
    return Candidates(points.reshape(-1, 16), candidates.scores, candidates.looks)


def overlaps(box: Float[np.ndarray, "4"], boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N"]:
    """Intersection over union of one box with many."""
    inside = _intersection(box, boxes)
    return inside / np.maximum(_area(box[None]) + _area(boxes) - inside, 1e-9)


def containments(box: Float[np.ndarray, "4"], boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N"]:
    """Intersection of one box with many, over the smaller of the two areas: 1 where one holds the other."""
    return _intersection(box, boxes) / np.maximum(np.minimum(_area(box[None]), _area(boxes)), 1e-9)


def merge(candidates: Candidates, min_overlap: float = 0.3, max_containment: float = 0.7) -> list[FaceBox]:
    """Make faces of candidates: those that overlap become one, and no face lies inside another.

    The box and keypoints are the means weighted by score, which are steadier than the best candidate's (BlazeFace,
    arXiv 1907.05047, section 3.4). The score is the sum over looks of the look's best score, its votes.

    Args:
        candidates: raw detections.
        min_overlap: intersection over union from which two candidates mean the same face.
        max_containment: of two faces with a larger common part of the smaller one, only that with more votes stays:
            networks see a second face in the eyes or in the mouth of a large one.

    Returns:
        Faces, most votes first.
    """
    order = np.argsort(-candidates.scores, kind="stable")
    values, scores, looks = candidates.values[order], candidates.scores[order], candidates.looks[order]
    faces: list[FaceBox] = []
    while len(scores):
        same = overlaps(values[0, :4], values[:, :4]) >= min_overlap
        same[0] = True
        weights = scores[same] / scores[same].sum()
        mean = (weights[:, None] * values[same]).sum(0)
        votes = sum(float(scores[same & (looks == look)].max()) for look in np.unique(looks[same]))
        faces.append(FaceBox(mean[:4], mean[4:].reshape(6, 2), votes))
        values, scores, looks = values[~same], scores[~same], looks[~same]
    faces.sort(key=lambda face: -face.score)
    return _without_nested(faces, max_containment)


def _without_nested(faces: list[FaceBox], max_containment: float) -> list[FaceBox]:
    kept: list[FaceBox] = []
    for face in faces:
        others = np.array([other.box_px for other in kept]).reshape(-1, 4)
        if not (containments(face.box_px, others) > max_containment).any():
            kept.append(face)
    return kept


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(1)


def _intersection(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    return np.maximum(high - low, 0).prod(1)
