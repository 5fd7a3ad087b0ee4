"""The aligned crops that face-recognition and vision-language encoders take: 112 pixels for ArcFace, 224 for FaRL.

Both are cut bilinearly without smoothing first, as the crops were that the public encoders learned from.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.detect.landmarks import POINTS_68_FROM_468
from manyfaces.geometry.crop import Crop
from manyfaces.geometry.similarity import fit_similarity

ARCFACE_PX, PORTRAIT_PX = 112, 224
PORTRAIT_PER_BOX = 1.6

ARCFACE_TEMPLATE_112 = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
"""(5, 2) where ArcFace wants eyes, nose tip and mouth corners, left in the picture first; pixels of 112 x 112."""
ARCFACE_TEMPLATE_112.setflags(write=False)

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

# Rows of the 68 points (300-W order): one eye's ring, the other's, nose tip, mouth corners.
_FIVE_FROM_68 = (slice(36, 42), slice(42, 48), slice(30, 31), slice(48, 49), slice(54, 55))


@dataclass(frozen=True)
class FaceCrops:
    """A batch of faces as image encoders take them.

    Attributes:
        aligned: for ArcFace: RGB in [-1, 1], eyes, nose and mouth where `ARCFACE_TEMPLATE_112` says.
        portrait: for FaRL: RGB with CLIP's mean and deviation taken out, the whole head.
    """

    aligned: Float[Tensor, "B 3 112 112"]
    portrait: Float[Tensor, "B 3 224 224"]

    def __len__(self) -> int:
        """How many faces there are."""
        return len(self.aligned)

    def at(self, rows: Tensor | slice) -> "FaceCrops":
        """The chosen rows."""
        return FaceCrops(self.aligned[rows], self.portrait[rows])

    def to(self, device: torch.device | str) -> "FaceCrops":
        """The same on another device."""
        return FaceCrops(self.aligned.to(device), self.portrait.to(device))


def five_points(points_px: Float[np.ndarray, "468 2"]) -> Float[np.ndarray, "5 2"]:
    """Eyes, nose tip and mouth corners, left in the picture first, from the dense points.

    An eye is the mean of the six points around it that the 300-W annotation has.
    """
    points_68 = POINTS_68_FROM_468 @ points_px
    return np.stack([points_68[rows].mean(0) for rows in _FIVE_FROM_68])


def points_box(points_px: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "4"]:
    """The upright box around points: x0, y0, x1, y1."""
    return np.concatenate([points_px.min(0), points_px.max(0)])


def arcface_crop(image: UInt8[np.ndarray, "H W 3"], five: Float[np.ndarray, "5 2"]) -> UInt8[np.ndarray, "112 112 3"]:
    """Cut the face so that its five points lie on `ARCFACE_TEMPLATE_112`, as well as a similarity can.

    Args:
        image: RGB.
        five: the points of `five_points`, picture pixels.

    Returns:
        RGB; black beyond the picture.
    """
    fit = fit_similarity(torch.tensor(five, dtype=torch.float64), torch.tensor(ARCFACE_TEMPLATE_112))
    matrix = torch.cat([fit.scale * fit.rotation, fit.translation[:, None]], 1).numpy()
    return _warp(image, matrix, ARCFACE_PX)


def align_faces(
    pictures: Float[Tensor, "B 3 H W"], five_px: Float[Tensor, "P 5 2"], frame_px: int
) -> Float[Tensor, "B 3 112 112"]:
    """`arcface_crop` for a batch, with a gradient to the pictures.

    Args:
        pictures: any number range; H and W need not be the frame's, what they show is.
        five_px: eyes, nose tip and mouth corners, left in the picture first; pixels of the frame, constant. One set for
            each picture, or one for all.
        frame_px: side of the square frame that the points are measured in.

    Returns:
        The pictures with their points on `ARCFACE_TEMPLATE_112`; zero beyond their borders.
    """
    template = torch.tensor(ARCFACE_TEMPLATE_112).to(five_px)
    five_px = five_px.detach()
    frame_from_crop = fit_similarity(five_px, template.expand_as(five_px)).inverse()
    along = torch.arange(ARCFACE_PX).to(five_px)
    pixels = torch.cartesian_prod(along, along).flip(-1)  # rows one after the other, x first
    # From pixel centres to the sampler's -1 and 1, which are the outer edges of the border pixels.
    grid = (2 * frame_from_crop.apply(pixels) + 1) / frame_px - 1
    grid = grid.unflatten(1, (ARCFACE_PX, ARCFACE_PX)).expand(len(pictures), -1, -1, -1)
    # Half precision would round places to several pixels.
    precise = torch.promote_types(pictures.dtype, grid.dtype)
    return F.grid_sample(pictures.to(precise), grid.to(precise), align_corners=False)


def portrait_crop(image: UInt8[np.ndarray, "H W 3"], box_px: Float[np.ndarray, "4"]) -> UInt8[np.ndarray, "224 224 3"]:
    """Cut the upright square around the middle of a face's box, 1.6 times its mean side.

    Args:
        image: RGB.
        box_px: x0, y0, x1, y1 from forehead to chin and cheek to cheek; `points_box` of the dense points is such a box.

    Returns:
        RGB; black beyond the picture.
    """
    x0, y0, x1, y1 = (float(v) for v in box_px)
    side = int(PORTRAIT_PER_BOX * (x1 - x0 + y1 - y0) / 2)  # whole pixels, as published
    crop = Crop(((x0 + x1) / 2, (y0 + y1) / 2), max(side, 1))
    return _warp(image, crop.matrix(PORTRAIT_PX), PORTRAIT_PX)


def to_face_crops(aligned: UInt8[np.ndarray, "B 112 112 3"], portrait: UInt8[np.ndarray, "B 224 224 3"]) -> FaceCrops:
    """Bring cut pictures, RGB, to the encoders' numbers."""
    return FaceCrops(to_aligned(aligned), to_portrait(portrait))


def to_aligned(pictures: UInt8[np.ndarray, "B 112 112 3"]) -> Float[Tensor, "B 3 112 112"]:
    """Bring aligned pictures to ArcFace's numbers: (x - 127.5) / 127.5."""
    return (_planes(pictures) - 127.5) / 127.5


def to_portrait(pictures: UInt8[np.ndarray, "B 224 224 3"]) -> Float[Tensor, "B 3 224 224"]:
    """Bring portraits to FaRL's numbers: [0, 1], then CLIP's mean and deviation out."""
    rgb = _planes(pictures) / 255
    mean, std = (torch.tensor(values)[:, None, None] for values in (CLIP_MEAN, CLIP_STD))
    return (rgb - mean) / std


def _warp(image: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=0)


def _planes(pictures: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32))
