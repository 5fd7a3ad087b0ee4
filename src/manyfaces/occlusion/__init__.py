"""What hides a face: procedural occluders, and finding the real ones."""

from manyfaces.occlusion.auto import OcclusionEstimate, find_occlusion
from manyfaces.occlusion.occluders import OCCLUDER_KINDS, Occluder, OccluderKind, sample_occluder
from manyfaces.occlusion.paint import paint_occluder
from manyfaces.occlusion.visibility import hidden_points

__all__ = [
    "OCCLUDER_KINDS",
    "Occluder",
    "OccluderKind",
    "OcclusionEstimate",
    "find_occlusion",
    "hidden_points",
    "paint_occluder",
    "sample_occluder",
]
