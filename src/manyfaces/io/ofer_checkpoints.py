"""Read the checkpoints that the authors of OFER publish: `.tar` files written by torch.save."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Int64
from torch import Tensor

from manyfaces.core.errors import InputError, WeightError
from manyfaces.io.checkpoints import State
from manyfaces.io.torch_files import AGAIN, plain_tensors, read_torch_file, some
from manyfaces.methods.ofer.replay import Shapes

Part = Literal["idgen", "idrank", "expgen"]

_HELD = re.compile(r"(?P<path>.+)\.qkv\.weight")
_TITLES: dict[Part, str] = {"idgen": "IdGen", "idrank": "IdRank", "expgen": "ExpGen"}


@dataclass(frozen=True)
class OferCheckpoint:
    """What is of use in one of the authors' files.

    Attributes:
        path: the file.
        part: which network it trains.
        networks: "net", "arcface" and perhaps "farl" (its visual tower), tensors by their published names.
        projections: attention path of `net` -> the one projection that a file saved after a forward pass holds.
        shapes: names and shapes of all tensors of each network, also of those left out.
        betas: (T,) noise variances; None for IdRank, and where the file has none.
        dropped: what the file holds besides.
    """

    path: Path
    part: Part
    networks: dict[str, State]
    projections: State
    shapes: Mapping[str, Shapes]
    betas: Tensor | None
    dropped: tuple[str, ...]


def read_ofer_checkpoint(path: str | Path, part: Part, layout: Mapping[str, Shapes]) -> OferCheckpoint:
    """Read one of the authors' checkpoints without running anything in it.

    Tensors stay in the file until they are used: what is dropped is never read.

    Args:
        path: the `.tar` file.
        part: which it must be.
        layout: network -> names and shapes of its tensors.

    Raises:
        WeightError: missing, damaged, of another kind, with other tensors than the layout has, with values that are
            not finite, or naming anything but tensors and plain values.
    """
    path = Path(path)
    found = read_torch_file(path, "checkpoint of OFER")
    _check_kind(path, found, part)
    states = {network: _tensors(path, network, found) for network in layout}
    projections = _projections(states["net"])
    networks = {network: _fitting(path, network, states[network], shapes) for network, shapes in layout.items()}
    _check_projections(path, networks["net"], projections)
    _check_finite(path, {**networks, "projections": projections})
    dropped = sorted(set(found) - {*layout, "var_sched"})
    if len(states.get("farl", ())) > len(layout.get("farl", ())):
        dropped.append("farl's text tower")
    shapes = {network: {name: tuple(t.shape) for name, t in state.items()} for network, state in states.items()}
    return OferCheckpoint(path, part, networks, projections, shapes, _betas(path, found), tuple(dropped))


def read_front_indices(path: str | Path, n_vertices: int) -> Int64[np.ndarray, " N"]:
    """Read which vertices the ranker looks at.

    Args:
        path: `.npy` of whole numbers, as the authors publish it.
        n_vertices: how many the ranker's weights want.

    Raises:
        InputError: missing, damaged, with Python objects, or other than n_vertices different indices.
    """
    path = Path(path)
    fix = f"give the published frontindices.npy: {n_vertices} whole numbers"
    if not path.is_file():
        raise InputError(f"there is no file {path}", fix)
    try:
        indices = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        why = "it holds Python objects" if "allow_pickle" in str(error) else "it is damaged or no .npy file"
        raise InputError(f"cannot read {path}: {why}", fix) from None
    if not isinstance(indices, np.ndarray) or indices.dtype.kind not in "iu" or indices.shape != (n_vertices,):
        what = f"{indices.dtype} {indices.shape}" if isinstance(indices, np.ndarray) else "several arrays"
        raise InputError(f"{path} holds {what}, not {n_vertices} whole numbers", fix)
    if indices.min() < 0 or len(np.unique(indices)) != n_vertices:
        raise InputError(f"{path} holds negative or repeated indices", fix)
    return indices.astype(np.int64)


def _check_kind(path: Path, found: dict[str, Any], part: Part) -> None:
    if not isinstance(found.get("net"), dict):
        names = ", ".join(sorted(found)[:5]) or "nothing"
        raise WeightError(f"{path} is no checkpoint of OFER: it holds {names}, and no 'net'", AGAIN)
    ranks = any(str(name).startswith("ranklayers.") for name in found["net"])
    kind: Part = "idrank" if ranks else "expgen" if "farl" in found else "idgen"
    if kind != part:
        raise WeightError(f"{path} is {_TITLES[kind]}'s checkpoint, not {_TITLES[part]}'s", f"give it as --{kind}")


def _tensors(path: Path, network: str, found: dict[str, Any]) -> State:
    state = found.get(network)
    if not isinstance(state, dict):
        raise WeightError(f"{path} holds no weights of {network!r}", AGAIN)
    return plain_tensors(path, state, network)


def _projections(net: State) -> State:
    """Take the projections that a forward pass has registered out of the network's own tensors."""
    return {match["path"]: net.pop(name) for name in list(net) if (match := _HELD.fullmatch(name))}


def _check_projections(path: Path, net: State, projections: State) -> None:
    for attention, weight in projections.items():
        out = net.get(f"{attention}.to_out.weight")
        if out is None or weight.shape != (3 * out.shape[1], out.shape[0], 1):
            raise WeightError(f"{path} holds a projection that fits no attention block: {attention}", AGAIN)


def _fitting(path: Path, network: str, state: State, shapes: Shapes) -> State:
    """The tensors of the layout; of FaRL, without CLIP's text tower."""
    visual = network == "farl"
    missing = sorted(set(shapes) - set(state))
    extra = sorted(name for name in set(state) - set(shapes) if not visual or name.startswith("visual."))
    wrong = [name for name in shapes if name in state and tuple(state[name].shape) != tuple(shapes[name])]
    faults = [f"lacks {some(missing)}"] * bool(missing) + [f"has unknown {some(extra)}"] * bool(extra)
    if wrong:
        faults += [f"has {wrong[0]} of shape {tuple(state[wrong[0]].shape)} instead of {tuple(shapes[wrong[0]])}"]
    if faults:
        fix = "only checkpoints of the published sizes can be imported; check which file it is"
        raise WeightError(f"{path} does not fit the published networks: {network!r} {'; '.join(faults)}", fix)
    return {name: state[name] for name in shapes}


def _check_finite(path: Path, networks: Mapping[str, State]) -> None:
    for network, state in networks.items():
        broken = [name for name, t in state.items() if t.is_floating_point() and not bool(t.isfinite().all())]
        if broken:
            raise WeightError(f"{path} holds values that are not finite: {network!r} {some(broken)}", AGAIN)


def _betas(path: Path, found: dict[str, Any]) -> Tensor | None:
    schedule = found.get("var_sched")
    betas = schedule.get("betas") if isinstance(schedule, dict) else None
    return betas.detach() if isinstance(betas, Tensor) else None
