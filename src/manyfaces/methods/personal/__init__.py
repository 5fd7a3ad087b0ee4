"""Person-specific animatable models (Mao et al., CVPR 2025): a base for everybody, adapters for one person."""

from manyfaces.methods.personal.coarse import CoarseNet
from manyfaces.methods.personal.config import OPEN, PUBLISHED, CoarseConfig, DetailConfig, PersonalConfig
from manyfaces.methods.personal.surface import DetailSurface, detail_surface

__all__ = [
    "OPEN",
    "PUBLISHED",
    "CoarseConfig",
    "CoarseNet",
    "DetailConfig",
    "DetailSurface",
    "PersonalConfig",
    "detail_surface",
]
