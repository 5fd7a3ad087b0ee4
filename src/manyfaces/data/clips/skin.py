"""Which pixels of a crop show the skin of its face."""

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from manyfaces.detect import RNetCrop, rnet_crop
from manyfaces.occlusion.skin import skin_attention
from manyfaces.occlusion.zones import face_zones

_SOFT_EDGE = 1 / 64
"""Deviation of the blur between the face and what is around it, as a share of the crop's side."""


def skin_mask(
    photo: UInt8[np.ndarray, "H W 3"],
    crop: RNetCrop,
    five_px: Float[np.ndarray, "5 2"],
    points_px: Float[np.ndarray, "468 2"],
    hidden: Bool[np.ndarray, "H W"],
) -> UInt8[np.ndarray, "S S"]:
    """Say how surely each pixel shows skin.

    Within the face's outline, eyes, brows, nostrils and lips apart, what nothing hides is skin, whatever its colour:
    `find_occlusion` has learned the colours of this very face. Elsewhere colour alone decides (`skin_attention`), by a
    law that is worse for dark skin and in shadow.

    Args:
        photo: that the crop was cut from.
        crop: in R-Net's frame.
        five_px: the points that it was cut by, pixels of the photo.
        points_px: the dense points, pixels of the photo.
        hidden: pixels of the photo where something is before the face.

    Returns:
        255 for surely skin; 0 where the face is hidden and beyond the photo.
    """
    size = len(crop.image)
    bare = np.repeat(np.where(hidden, 0, 255).astype(np.uint8)[..., None], 3, 2)
    shown = rnet_crop(bare, five_px, size).image[..., 0]
    zone = face_zones(crop.to_crop(points_px), size).skin.astype(np.float32)
    own = cv2.GaussianBlur(zone, (0, 0), _SOFT_EDGE * size)
    pictures = torch.from_numpy(crop.image.transpose(2, 0, 1)[None] / 255).float()
    by_colour = skin_attention(pictures)[0].numpy()
    return np.rint(shown * (own + (1 - own) * by_colour)).astype(np.uint8)
