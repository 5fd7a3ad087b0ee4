"""One person's face at rest, finer than the mesh: folds, bags, dents, unevenness."""

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.fields import normal, smooth_maps, spots, uniform
from manyfaces.data.subjects.zones import FaceMap, Zone

# Cells along the map, and how much of the unevenness has this size: about 60, 25, and 12 mm.
_UNEVEN = {4: 0.2, 10: 0.3, 20: 0.3}
_DENTS = 8


def static_relief(
    face: FaceMap, zones: dict[str, Zone], age: float, config: SubjectConfig, generator: torch.Generator
) -> Float[Tensor, "S S"]:
    """Displacement of the face at rest, without wrinkles, metres."""
    side = len(face.skin)
    size_m = float(uniform(config.fold_mm, generator, 1)) / 1e3
    total = torch.zeros_like(face.skin)
    for cells, share in _UNEVEN.items():
        total += 0.5 * size_m * share * smooth_maps(1, cells, side, generator, config.asymmetry)[0].to(total)
    bags, folds = (uniform((0.0, 1.5), generator, 2) * size_m * (0.4 + age)).tolist()
    for half in ("left", "right"):
        lid, fold = zones[f"lid_{half}"], zones[f"fold_{half}"]
        inner = torch.tanh((0.021 - lid.across_m) / 0.003)  # swollen inside the ring, sunk at its edge
        total += bags * lid.weight * inner
        total -= folds * fold.weight * torch.exp(-0.5 * (fold.across_m / 0.0035).square())
    return (total + _dents(face, size_m, generator)) * face.skin


def _dents(face: FaceMap, size_m: float, generator: torch.Generator) -> Tensor:
    """Scars of acne and small bumps: a few millimetres wide, anywhere on the skin."""
    texels = face.at[face.skin > 0.5]
    picked = torch.randint(len(texels), (_DENTS,), generator=generator)
    wide_m = uniform((0.002, 0.004), generator, _DENTS).to(texels)
    deep_m = (normal(generator, _DENTS).clamp(-2, 1) * 0.6 * size_m).to(texels)
    return spots(face.at, texels[picked], wide_m) @ deep_m
