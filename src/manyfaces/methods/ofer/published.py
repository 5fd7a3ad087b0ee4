"""Weights by the names of the published checkpoints, and as our networks hold them.

Published U-Nets keep sixteen query/key/value projections per attention block in a plain list, so they are in no state
dict. Here each has the name it would have had, `<attention>.to_qkv.<i>.weight`; our networks stack the sixteen into
one `<attention>.to_qkv.weight`. Everything else is called the same on both sides.
"""

import re
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Shaped
from torch import Tensor

from manyfaces.core.errors import WeightError

State = dict[str, Shaped[Tensor, "..."]]
N_PROJECTIONS = 16

_FUSED = re.compile(r"(?P<attention>.+)\.to_qkv\.weight")
_OUT = ".to_out.weight"
_KEPT = ".qkv.weight"


def attention_paths(names: Sequence[str]) -> list[str]:
    """Where a U-Net has its attention blocks, given the names of its tensors (published or ours)."""
    return [name.removesuffix(_OUT) for name in names if name.endswith(_OUT)]


def published_unet_state(state: Mapping[str, Tensor], projections: Mapping[str, Tensor]) -> State:
    """A published U-Net as a state dict of `nn.UNet1D`.

    Args:
        state: its registered tensors. A file written after a forward pass also holds `<attention>.qkv.weight`, a copy
            of the last projection of each block; it is left out.
        projections: `<attention>.to_qkv.<i>.weight` (3 * inner, C, 1), i = 0..15, of every block.

    Raises:
        WeightError: a projection is missing, or there is one that belongs to no block.
    """
    blocks = attention_paths(list(state))
    wanted = {block: [f"{block}.to_qkv.{i}.weight" for i in range(N_PROJECTIONS)] for block in blocks}
    known = {name for names in wanted.values() for name in names}
    if differing := sorted(known ^ set(projections)):
        raise WeightError(
            f"the attention projections do not fit the network: {len(known - set(projections))} missing, "
            f"{len(set(projections) - known)} unknown (first: {differing[0]})"
        )
    kept = {name: tensor for name, tensor in state.items() if not name.endswith(_KEPT)}
    fused = {f"{block}.to_qkv.weight": torch.cat([projections[n] for n in names]) for block, names in wanted.items()}
    return {**kept, **fused}


def published_projections(state: Mapping[str, Tensor]) -> State:
    """The single projections in a state dict of `nn.UNet1D`, by their published names; also of its gradients."""
    found = {}
    for name, tensor in state.items():
        if match := _FUSED.fullmatch(name):
            parts = tensor.chunk(N_PROJECTIONS)
            found.update({f"{match['attention']}.to_qkv.{i}.weight": part for i, part in enumerate(parts)})
    return found


def registered_tensors(state: Mapping[str, Tensor]) -> State:
    """What of a state dict of `nn.UNet1D` a published checkpoint holds: all but the projections."""
    return {name: tensor for name, tensor in state.items() if not _FUSED.fullmatch(name)}


def published_rank_state(state: Mapping[str, Tensor]) -> State:
    """A published ranking network as a state dict of `nn.GatedMLP`: the same names and layout, checked.

    Raises:
        WeightError: it is not a ranking network.
    """
    if strange := sorted(name for name in state if not name.startswith("ranklayers.")):
        raise WeightError(f"not a ranking network: it holds {strange[0]}", "give the checkpoint of IdRank")
    return dict(state)
