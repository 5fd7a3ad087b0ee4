"""Occluders painted on both crops of a photo as one and the same thing."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8

from manyfaces.detect.alignment import ARCFACE_PX, ARCFACE_TEMPLATE_112, PORTRAIT_PER_BOX, PORTRAIT_PX, points_box
from manyfaces.detect.alignment import five_points as five_points_of
from manyfaces.detect.landmarks import POINTS_68_FROM_468
from manyfaces.geometry import fit_similarity
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.occlusion import OCCLUDER_KINDS, OccluderKind, paint_occluder, sample_occluder

_JITTER = 0.04  # faces are not where the mean face is; deviation as a share of the portrait


@dataclass(frozen=True)
class OcclusionAugment:
    """Hides a part of some faces.

    Both crops are similar pictures of one photo, but published sets do not say how they lie to one another. Here they
    lie as they would for the mean face, looking straight ahead: the occluder covers the same parts of the face in
    both, to within what real faces differ.

    Attributes:
        probability: of being hidden, for each photo.
        kinds: what hides, all equally often.
    """

    probability: float = 0.5
    kinds: tuple[OccluderKind, ...] = OCCLUDER_KINDS

    def __call__(
        self,
        aligned: UInt8[np.ndarray, "112 112 3"],
        portrait: UInt8[np.ndarray, "224 224 3"],
        generator: np.random.Generator,
    ) -> tuple[UInt8[np.ndarray, "112 112 3"], UInt8[np.ndarray, "224 224 3"]]:
        """The two crops, perhaps with something before the face; the ones handed in are left as they are."""
        if generator.random() >= self.probability:
            return aligned, portrait
        face = mean_face()
        points = face.points_68_px + generator.normal(0, _JITTER * PORTRAIT_PX, 2)
        kind = self.kinds[int(generator.integers(len(self.kinds)))]
        mask = sample_occluder(points, portrait.shape[:2], generator, kind).mask
        painted = paint_occluder(portrait, mask, generator)
        # The aligned crop takes the occluder over from the portrait: its pixels, under its outline.
        size = (ARCFACE_PX, ARCFACE_PX)
        paint = cv2.warpAffine(painted, face.aligned_from_portrait, size, borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpAffine(mask.astype(np.float32), face.aligned_from_portrait, size)[..., None]
        covered = np.rint(aligned * (1 - cover) + paint * cover).astype(np.uint8)
        return covered, painted


@dataclass(frozen=True)
class MeanFace:
    """Where the mean face lies in the two crops.

    Attributes:
        points_68_px: in the portrait.
        aligned_from_portrait: affine matrix between the crops' pixels.
    """

    points_68_px: Float[np.ndarray, "68 2"]
    aligned_from_portrait: Float[np.ndarray, "2 3"]


@lru_cache(1)
def mean_face() -> MeanFace:
    """The packaged head from the front, cut as photos are."""
    head = HeadModel(load_head("openhead"))
    x, y, _ = head.landmarks(head.template, "468").double().unbind(-1)
    seen = torch.stack([x, -y], -1).numpy()  # pictures have y down
    low, high = np.split(points_box(seen), 2)
    pixels_per_metre = PORTRAIT_PX / (PORTRAIT_PER_BOX * (high - low).mean())
    points = (seen - (low + high) / 2) * pixels_per_metre + (PORTRAIT_PX - 1) / 2
    fit = fit_similarity(torch.from_numpy(five_points_of(points)), torch.tensor(ARCFACE_TEMPLATE_112))
    matrix = torch.cat([fit.scale * fit.rotation, fit.translation[:, None]], 1).numpy()
    return MeanFace(POINTS_68_FROM_468 @ points, matrix)
