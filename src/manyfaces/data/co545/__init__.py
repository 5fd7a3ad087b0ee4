"""CO-style benchmarks: faces with known vertices behind known occluders, after OFER's CO-545 (section 4.2)."""

from manyfaces.data.co545.build import Build, build_co545, make_item, open_source, population_law, shipped_manifest
from manyfaces.data.co545.config import COVER_KINDS, Co545Config, CoverKind
from manyfaces.data.co545.items import Co545Item, Co545Set, open_co545
from manyfaces.data.co545.manifest import ItemRow, read_manifest
from manyfaces.data.co545.scenes import NEUTRAL, CleanScene, SceneSource, front_of, steady_of

__all__ = [
    "COVER_KINDS",
    "NEUTRAL",
    "Build",
    "CleanScene",
    "Co545Config",
    "Co545Item",
    "Co545Set",
    "CoverKind",
    "ItemRow",
    "SceneSource",
    "build_co545",
    "front_of",
    "make_item",
    "open_co545",
    "open_source",
    "population_law",
    "read_manifest",
    "shipped_manifest",
    "steady_of",
]
