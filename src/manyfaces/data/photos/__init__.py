"""Photos with known coefficients: readers of published sets, a source that draws from them, shards."""

from manyfaces.data.photos.augment import OcclusionAugment
from manyfaces.data.photos.lists import open_photo_set
from manyfaces.data.photos.opening import open_set
from manyfaces.data.photos.photo_set import PhotoSet
from manyfaces.data.photos.prepare import PrepareConfig, cut_photos, fit_frames
from manyfaces.data.photos.registrations import RegisteredFrame, coma_frames, famos_frames
from manyfaces.data.photos.sample import Entry, Sample, SampleSet, Truth
from manyfaces.data.photos.shard_set import ShardSet, open_shards
from manyfaces.data.photos.shards import PackConfig, pack
from manyfaces.data.photos.source import PhotoSource, photo_source

__all__ = [
    "Entry",
    "OcclusionAugment",
    "PackConfig",
    "PhotoSet",
    "PhotoSource",
    "PrepareConfig",
    "RegisteredFrame",
    "Sample",
    "SampleSet",
    "ShardSet",
    "Truth",
    "coma_frames",
    "cut_photos",
    "famos_frames",
    "fit_frames",
    "open_photo_set",
    "open_set",
    "open_shards",
    "pack",
    "photo_source",
]
