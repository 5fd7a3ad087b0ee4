"""One face of a photo, looked at in the ways that the figures show."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.core.errors import NoFaceError
from manyfaces.core.seeds import numpy_generator
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.detect.boxes import overlaps
from manyfaces.io.image import read_image
from manyfaces.metrics import aligned_error_mm
from manyfaces.occlusion import draw_occluder, site_from_points
from manyfaces.pipeline import Predictor, Reconstruction

N_EXPRESSIONS = 15


@dataclass(frozen=True)
class Ranked:
    """The neutral faces of the identities that were ranked, as they were sampled.

    Attributes:
        best: the first.
        worst: the last.
        n: how many were ranked.
        apart_mm: mean distance of the two over the front of the face, after rigid alignment.
    """

    best: Float[Tensor, "V 3"]
    worst: Float[Tensor, "V 3"]
    n: int
    apart_mm: float


@dataclass(frozen=True)
class Masked:
    """The same photo with a face mask painted on it.

    Attributes:
        result: what comes out.
        ranked: its identities.
        moved_mm: mean distance of its best neutral face to that of the photo without the mask.
    """

    result: Reconstruction
    ranked: Ranked
    moved_mm: float


@dataclass(frozen=True)
class FaceStudy:
    """The largest face of a photo.

    Attributes:
        name: of the photo.
        result: fifteen expressions of the best identity.
        ranked: its identities.
        masked: with a painted mask; None where no face was found behind it.
    """

    name: str
    result: Reconstruction
    ranked: Ranked
    masked: Masked | None

    @property
    def expressions_apart_mm(self) -> float:
        """Mean distance of the hypotheses to the first, over the front of the face."""
        return float(self.result.distance_to_best_mm[1:].mean())


def study_photo(predictor: Predictor, photo: Path, seed: int = 0) -> FaceStudy:
    """Reconstruct the largest face of a photo, as it is and behind a painted mask.

    Args:
        predictor: the model.
        photo: the file.
        seed: of sampling and of the mask.

    Raises:
        ImageError: it cannot be read.
        NoFaceError: it shows no face.
    """
    image = read_image(photo)
    result = predictor(image, n_expressions=N_EXPRESSIONS, seed=seed)
    ranked = rank_faces(result, predictor(image, n_expressions=1, seed=seed, settle=False))
    return FaceStudy(photo.name, replace(result, source=photo.name), ranked, _masked(predictor, result, ranked, seed))


def rank_faces(result: Reconstruction, unsettled: Reconstruction) -> Ranked:
    """The first and the last of the ranked identities.

    Args:
        result: says what the front of the face is.
        unsettled: the same, not settled onto the photo; settling moves the best one alone.
    """
    head = unsettled.head
    ends = unsettled.order[[0, -1]]
    with torch.no_grad():
        best, worst = head.neutral(unsettled.identities[ends])
    apart = aligned_error_mm(worst[result.front], best[result.front])
    return Ranked(best, worst, unsettled.n_identities, float(apart))


def _masked(predictor: Predictor, result: Reconstruction, ranked: Ranked, seed: int) -> Masked | None:
    picture, hidden = painted_mask(result, seed)
    try:
        face = _face_at(predictor, picture, result.face_box)
        [seen] = predictor.reconstruct(picture, occlusion=hidden, face=face, n_expressions=N_EXPRESSIONS, seed=seed)
        [bare] = predictor.reconstruct(picture, occlusion=hidden, face=face, n_expressions=1, seed=seed, settle=False)
    except NoFaceError:
        return None
    behind = rank_faces(seen, bare)
    moved = aligned_error_mm(behind.best[seen.front], ranked.best[seen.front])
    return Masked(seen, behind, float(moved))


def painted_mask(result: Reconstruction, seed: int = 0) -> tuple[np.ndarray, Bool[np.ndarray, "H W"]]:
    """The photo with a mask on the face, and where anything hides it now."""
    points = POINTS_68_FROM_468.astype(float) @ result.points_px
    site = site_from_points(points, result.photo.shape[:2], result.photo)
    mask = draw_occluder("mask", site, numpy_generator(seed, "figures", "mask"))
    before = np.zeros(mask.mask.shape, bool) if result.hidden_mask is None else result.hidden_mask
    return mask.over(result.photo), mask.mask | before


def _face_at(predictor: Predictor, picture: np.ndarray, box_px: Float[np.ndarray, "4"]) -> int:
    """Which of the faces of a picture is meant.

    Raises:
        NoFaceError: none is there.
    """
    boxes = np.array([face.box_px for face in predictor.detect(picture)], float).reshape(-1, 4)
    shares = overlaps(box_px.astype(float), boxes)
    if not (shares > 0).any():
        raise NoFaceError("no face was found behind the mask")
    return int(shares.argmax())
