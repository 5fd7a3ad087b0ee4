"""Things that hide faces, as they look: hands, masks, glasses, scarves, hair, microphones, blobs, patches, patterns.

Each kind is a function of a face's place in a picture and a generator. The plain outlines that the training bank is
painted with are `manyfaces.occlusion.occluders`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from manyfaces.core.errors import ChoiceError
from manyfaces.occlusion.props.blob import blob
from manyfaces.occlusion.props.canvas import Occluder
from manyfaces.occlusion.props.face_mask import face_mask
from manyfaces.occlusion.props.face_patch import face_patch
from manyfaces.occlusion.props.hair import hair
from manyfaces.occlusion.props.hand import hand
from manyfaces.occlusion.props.microphone import microphone
from manyfaces.occlusion.props.patterns import crown, dhofi, dsofi, shofi, stars
from manyfaces.occlusion.props.scarf import scarf
from manyfaces.occlusion.props.site import Donor, Site, site_from_box, site_from_points
from manyfaces.occlusion.props.sunglasses import sunglasses

OccluderMaker = Callable[[Site, np.random.Generator], Occluder]

OCCLUDERS: Mapping[str, OccluderMaker] = MappingProxyType(
    {
        "hand": hand,
        "mask": face_mask,
        "sunglasses": sunglasses,
        "scarf": scarf,
        "hair": hair,
        "microphone": microphone,
        "blob": blob,
        "patch": face_patch,
        "dsofi": dsofi,
        "dhofi": dhofi,
        "shofi": shofi,
        "stars": stars,
        "crown": crown,
    }
)
"""Every kind of occluder, by name."""

RANDOM = "random"
"""Stands for any kind, all equally often."""


def draw_occluder(kind: str, site: Site, generator: np.random.Generator) -> Occluder:
    """Draw an occluder for a face.

    Args:
        kind: a name in `OCCLUDERS`, or `RANDOM`.
        site: the face, from `site_from_points` or `site_from_box`.
        generator: source of every random choice.

    Returns:
        The occluder; its mask may be empty only where the face lies outside the picture.

    Raises:
        ChoiceError: there is no such kind.
    """
    if kind == RANDOM:
        kind = list(OCCLUDERS)[int(generator.integers(len(OCCLUDERS)))]
    if kind not in OCCLUDERS:
        raise ChoiceError("occluder", kind, [*OCCLUDERS, RANDOM])
    return OCCLUDERS[kind](site, generator)


__all__ = [
    "OCCLUDERS",
    "RANDOM",
    "Donor",
    "Occluder",
    "OccluderMaker",
    "Site",
    "draw_occluder",
    "site_from_box",
    "site_from_points",
]
