"""Videos: one person followed from frame to frame, with one identity, in constant memory."""

from manyfaces.pipeline.video.frames import LostFrame, TrackedFrame
from manyfaces.pipeline.video.placement import Placement

__all__ = ["LostFrame", "Placement", "TrackedFrame"]
