"""Videos: one person followed from frame to frame, with one identity, in constant memory."""

from manyfaces.pipeline.video.chunks import frame_arrays, read_track
from manyfaces.pipeline.video.clip import ClipResult, reconstruct_clip
from manyfaces.pipeline.video.frames import LostFrame, TrackedFrame
from manyfaces.pipeline.video.options import TrackOptions
from manyfaces.pipeline.video.person import ClipPerson, find_person
from manyfaces.pipeline.video.placement import Placement
from manyfaces.pipeline.video.steady import Steadier
from manyfaces.pipeline.video.tracking import track

__all__ = [
    "ClipPerson",
    "ClipResult",
    "LostFrame",
    "Placement",
    "Steadier",
    "TrackOptions",
    "TrackedFrame",
    "find_person",
    "frame_arrays",
    "read_track",
    "reconstruct_clip",
    "track",
]
