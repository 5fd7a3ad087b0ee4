"""Endless synthetic persons with wrinkles, on texture maps and in clips, with their exact truth."""

from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.examples import DetailExamples, DetailSource
from manyfaces.data.subjects.moods import FrameConfig, FrameLaw
from manyfaces.data.subjects.subject import Subject, SubjectLaw
from manyfaces.data.subjects.textures import CameraConfig, shading

__all__ = [
    "CameraConfig",
    "DetailExamples",
    "DetailSource",
    "FrameConfig",
    "FrameLaw",
    "Subject",
    "SubjectConfig",
    "SubjectLaw",
    "shading",
]
