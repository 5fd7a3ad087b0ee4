"""Faces that move: what a driver does in a clip, done by somebody else."""

from manyfaces.pipeline.animation.animate import animate
from manyfaces.pipeline.animation.character import Character, Detail
from manyfaces.pipeline.animation.motion import Motion, MotionTrack
from manyfaces.pipeline.animation.playing import PlayOptions
from manyfaces.pipeline.animation.source import load_character
from manyfaces.pipeline.animation.targets import MorphTrack, morph_track

__all__ = [
    "Character",
    "Detail",
    "MorphTrack",
    "Motion",
    "MotionTrack",
    "PlayOptions",
    "animate",
    "load_character",
    "morph_track",
]
