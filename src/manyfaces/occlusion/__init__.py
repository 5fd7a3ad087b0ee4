"""What hides a face: procedural occluders, and finding the real ones."""

from manyfaces.occlusion.auto import OcclusionEstimate, find_occlusion
from manyfaces.occlusion.occluders import OCCLUDER_KINDS, OccluderKind, OccluderShape, sample_occluder
from manyfaces.occlusion.paint import paint_occluder
from manyfaces.occlusion.props import (
    OCCLUDERS,
    Donor,
    Occluder,
    Site,
    draw_occluder,
    site_from_box,
    site_from_points,
)
from manyfaces.occlusion.vertices import VertexClasses, VisibilityRule, visible_vertices
from manyfaces.occlusion.visibility import hidden_points

__all__ = [
    "OCCLUDERS",
    "OCCLUDER_KINDS",
    "Donor",
    "Occluder",
    "OccluderKind",
    "OccluderShape",
    "OcclusionEstimate",
    "Site",
    "VertexClasses",
    "VisibilityRule",
    "draw_occluder",
    "find_occlusion",
    "hidden_points",
    "paint_occluder",
    "sample_occluder",
    "site_from_box",
    "site_from_points",
    "visible_vertices",
]
