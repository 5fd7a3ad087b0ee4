"""Endless synthetic persons with wrinkles, on texture maps and in clips, with their exact truth."""

from manyfaces.data.subjects.bank import DetailBank, DetailBankConfig, build_detail_bank
from manyfaces.data.subjects.clips import Clip, ClipConfig, ClipLaw
from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.examples import DetailExamples, DetailSource
from manyfaces.data.subjects.moods import FrameConfig, FrameLaw
from manyfaces.data.subjects.pictured import PicturedSource
from manyfaces.data.subjects.subject import Subject, SubjectLaw
from manyfaces.data.subjects.textures import CameraConfig

__all__ = [
    "CameraConfig",
    "Clip",
    "ClipConfig",
    "ClipLaw",
    "DetailBank",
    "DetailBankConfig",
    "DetailExamples",
    "DetailSource",
    "FrameConfig",
    "FrameLaw",
    "PicturedSource",
    "Subject",
    "SubjectConfig",
    "SubjectLaw",
    "build_detail_bank",
]
