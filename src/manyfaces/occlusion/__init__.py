"""What hides a face: procedural occluders, and finding the real ones."""

from manyfaces.occlusion.occluders import OCCLUDER_KINDS, Occluder, OccluderKind, sample_occluder
from manyfaces.occlusion.paint import paint_occluder

__all__ = ["OCCLUDER_KINDS", "Occluder", "OccluderKind", "paint_occluder", "sample_occluder"]
