"""The NoW metric: distances from a scan of the face to a predicted surface, after landmarks and a refinement.

The protocol of Sanyal et al., CVPR 2019 (RingNet), as its published evaluation computes it; millimetres, and the
scan's frame. Seven landmarks, the subject's right first: right eye outer and inner corner, left eye inner and outer
corner, below the nose, right and left corner of the mouth.

In two things it is done otherwise. Landmarks that are a mirror image of the scan's are refused, where the published
code mirrors the prediction without a word. The surface is refined by Levenberg-Marquardt on the exact distances, where
the published code has a general solver that turns about the scanner's origin; pooled figures agree within 0.003 mm.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.geometry.similarity import Similarity, fit_similarity
from manyfaces.geometry.surface_fit import fit_surface
from manyfaces.geometry.surface_tree import SurfaceTree

N_LANDMARKS = 7
LANDMARKS_OF_68 = (36, 39, 42, 45, 33, 48, 54)
"""Where the seven landmarks are among the 68 of iBUG's scheme."""

RIGHT_OUTER, RIGHT_INNER, LEFT_INNER, LEFT_OUTER, BELOW_NOSE = range(5)

CENTRE_SHARE, RADIUS_FACTOR = 0.3, 1.4
"""Of the crop: how far up from below the nose to between the eyes, and the radius in mean facial extents."""

SCALE_RANGE = (1 / 3, 3.0)
"""A face that the landmarks make smaller or larger than this is not given in the unit that it is said to be."""


def face_crop(scan: Float[Tensor, "V 3"], landmarks: Float[Tensor, "7 3"]) -> Bool[Tensor, " V"]:
    """Which vertices of a scan are measured: those in a ball around the middle of the face.

    Args:
        scan: vertices, those without faces included.
        landmarks: of the scan.
    """
    between_eyes = (landmarks[RIGHT_INNER] + landmarks[LEFT_INNER]) / 2
    upwards = between_eyes - landmarks[BELOW_NOSE]
    centre = landmarks[BELOW_NOSE] + CENTRE_SHARE * upwards
    width = (landmarks[RIGHT_OUTER] - landmarks[LEFT_OUTER]).norm()
    return (scan - centre).norm(dim=-1) <= RADIUS_FACTOR * (width + upwards.norm()) / 2


def align_landmarks(predicted: Float[Tensor, "7 3"], scan: Float[Tensor, "7 3"]) -> Similarity:
    """The similarity scan_from_prediction by the landmarks.

    Raises:
        InputError: the landmarks are mirror images of each other, or lie in a plane.
    """
    covariance = (scan - scan.mean(0)).mT @ (predicted - predicted.mean(0))
    if not torch.linalg.det(covariance) > 0:
        raise InputError(
            "the landmarks are a mirror image of the scan's, or lie in a plane",
            "check that the subject's right comes first, and that no axis is turned over",
        )
    return fit_similarity(predicted, scan)


def scan_distances(
    scan: Float[Tensor, "N 3"],
    scan_landmarks: Float[Tensor, "7 3"],
    predicted: SurfaceTree,
    predicted_landmarks: Float[Tensor, "7 3"],
    unit_mm: float | None = None,
) -> Float[Tensor, " N"]:
    """Distances from the vertices of a scan to a predicted surface, after alignment: the errors of the benchmark.

    Args:
        scan: its vertices in the crop; mm.
        scan_landmarks: mm.
        predicted: the surface, in any unit.
        predicted_landmarks: in the same unit.
        unit_mm: how long that unit is, for the metrical figures, which keep the prediction's scale; None: the scale is
            fitted too (non-metrical).

    Returns:
        Millimetres, not squared, without sign.

    Raises:
        InputError: the landmarks are mirrored, or the prediction is not in the unit that it is said to be.
    """
    by_landmarks = align_landmarks(predicted_landmarks, scan_landmarks)
    if unit_mm is None:
        return fit_surface(scan, predicted, by_landmarks).distances
    ratio = float(by_landmarks.scale) / unit_mm
    if not SCALE_RANGE[0] <= ratio <= SCALE_RANGE[1]:
        raise InputError(
            f"the landmarks fit the scan at {float(by_landmarks.scale):.3g} mm a unit, not {unit_mm:g}",
            "name the unit of the predictions, or none where they have none",
        )
    # The published start: the translation of the fit with scale, though the scale is another. The refinement mends it,
    # but from a better start it can come to rest elsewhere.
    start = Similarity(torch.full_like(by_landmarks.scale, unit_mm), by_landmarks.rotation, by_landmarks.translation)
    return fit_surface(scan, predicted, start, with_scale=False).distances
