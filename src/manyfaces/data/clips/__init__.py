"""Clips of people, prepared to learn from: readers of published sets and of any footage, and shards of their frames."""

from manyfaces.data.clips.clip import ClipConfig, LeftOutFrame, prepare_clip
from manyfaces.data.clips.confidence import NEAR_PX, landmark_confidence
from manyfaces.data.clips.eyes import ClipEyes
from manyfaces.data.clips.opening import ClipSetKind, open_clips
from manyfaces.data.clips.prepare import Seeing, prepare_clips
from manyfaces.data.clips.prepared import PreparedClip, PreparedFrames, open_prepared
from manyfaces.data.clips.report import REPORT, ClipReport, Report
from manyfaces.data.clips.sample import ClipSet, ClipSource, PreparedFrame
from manyfaces.data.clips.skin import skin_mask
from manyfaces.data.clips.source import ClipBatches, SeenFaces, Side, clip_batches

__all__ = [
    "NEAR_PX",
    "REPORT",
    "ClipBatches",
    "ClipConfig",
    "ClipEyes",
    "ClipReport",
    "ClipSet",
    "ClipSetKind",
    "ClipSource",
    "LeftOutFrame",
    "PreparedClip",
    "PreparedFrame",
    "PreparedFrames",
    "Report",
    "Seeing",
    "SeenFaces",
    "Side",
    "clip_batches",
    "landmark_confidence",
    "open_clips",
    "open_prepared",
    "prepare_clip",
    "prepare_clips",
    "skin_mask",
]
