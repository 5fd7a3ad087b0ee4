"""What hides the faces: the rows of the tables."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.core.seeds import numpy_generator, stream_seed
from manyfaces.data.hiding import NATURAL, PATTERNS, HidingLaw, drawn_kind, hide
from manyfaces.detect.rnet_alignment import points_at
from manyfaces.methods.distill import N_VIEWS
from manyfaces.occlusion import Occluder, draw_occluder, site_from_points

UNOCCLUDED, PATTERNED, NATURALLY = "unoccluded", "patterns", "natural"
LEVELS = (UNOCCLUDED, "DSOFI", "DHOFI", "SHOFI")
"""In the order of how much is hidden."""
CONDITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        UNOCCLUDED: (),
        "DSOFI": ("dsofi",),
        "DHOFI": ("dhofi",),
        "SHOFI": ("shofi",),
        PATTERNED: ("stars", "crown"),
        NATURALLY: NATURAL,
    }
)
"""The kinds of occluders in each; of several, one is drawn for each face."""

COLOURS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "black": (0.04, 0.04, 0.04),
        "white": (0.96, 0.96, 0.96),
        "red": (0.85, 0.12, 0.12),
        "green": (0.15, 0.65, 0.2),
        "blue": (0.12, 0.25, 0.85),
    }
)
"""Of the square that changes its colour and nothing else, RGB."""
COLOURED = "shofi"

Pictures = UInt8[Tensor, "B 3 S S"]


def covered(
    pictures: Pictures, landmarks_px: Float[Tensor, "B 68 2"], condition: str, seed: int, numbers: Int[Tensor, " B"]
) -> Pictures:
    """The pictures under a condition; each depends on seed, condition and number alone."""
    return hide(pictures, landmarks_px, _law(condition), stream_seed(seed, condition), numbers)


def kind_before(condition: str, seed: int, number: int) -> str:
    """The kind of occluder that `covered` draws before a face; the condition's name where there is none."""
    return drawn_kind(_law(condition), stream_seed(seed, condition), number) or condition


def seven_views(
    pictures: Pictures, landmarks_px: Float[Tensor, "B 68 2"], seed: int, numbers: Int[Tensor, " B"]
) -> UInt8[Tensor, "B 7 3 S S"]:
    """Each face behind seven of the paper's patterns."""
    law, stream = HidingLaw(1.0, PATTERNS), stream_seed(seed, "views")
    views = [hide(pictures, landmarks_px, law, stream, numbers * N_VIEWS + m) for m in range(N_VIEWS)]
    return torch.stack(views, 1)


def behind_colours(
    pictures: Pictures, landmarks_px: Float[Tensor, "B 68 2"], seed: int, numbers: Int[Tensor, " B"]
) -> UInt8[Tensor, "B C 3 S S"]:
    """Each face behind the same square in every colour of `COLOURS`."""
    side = pictures.shape[-1]
    points = points_at(landmarks_px, side).numpy()
    rows = []
    for picture, own, number in zip(pictures, points, numbers.tolist(), strict=True):
        image = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
        site = site_from_points(own, (side, side), image)
        square = draw_occluder(COLOURED, site, numpy_generator(seed, "colours", number))
        views = [_coloured(square, colour).over(image) for colour in COLOURS.values()]
        rows.append(torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2))
    return torch.stack(rows)


def _law(condition: str) -> HidingLaw:
    kinds = CONDITIONS[condition]
    return HidingLaw(1.0, kinds) if kinds else HidingLaw(0.0)


def _coloured(occluder: Occluder, colour: tuple[float, float, float]) -> Occluder:
    """The same thing in one flat colour."""
    patch = occluder.patch.copy()
    patch[..., :3] = colour
    return replace(occluder, patch=patch)
