"""Our networks with the weights of a set: built under the published names, checked against the set's checksums."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from manyfaces.bench.vectors.comparison import EQUAL, Comparison, compare
from manyfaces.bench.vectors.folder import Shapes, VectorSet
from manyfaces.bench.vectors.rule import crc32
from manyfaces.methods.ofer import PAPER
from manyfaces.methods.ofer.published import published_projections, published_unet_state, registered_tensors
from manyfaces.nn import ClipVisualTower, GatedMLP, IResNet, UNet1D

Net = TypeVar("Net", bound=nn.Module)
Arrays = Mapping[str, Shaped[np.ndarray, "..."]]

RANK_FLAT = 3 * PAPER.idrank.n_vertices


@dataclass(frozen=True)
class Drawn(Generic[Net]):
    """A network with its drawn weights, and how these compare with the set.

    Attributes:
        net: in evaluation mode.
        comparisons: of names, shapes and checksums.
    """

    net: Net
    comparisons: tuple[Comparison, ...]


def unet(vectors: VectorSet, model: str) -> Drawn[UNet1D]:
    """The denoising network of `idgen` or `expgen`."""
    net = _blank_unet(model)
    registered, projections = registered_tensors(net.state_dict()), published_projections(net.state_dict())
    shapes = _shapes({**registered, **projections})
    arrays = vectors.weights(model, shapes)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    state = published_unet_state({n: tensors[n] for n in registered}, {n: tensors[n] for n in projections})
    net.load_state_dict(state, strict=True)
    return Drawn(net.eval(), (*_names(vectors, model, shapes), _checksums(vectors, model, arrays)))


def in_float64(model: str, net: UNet1D) -> UNet1D:
    """The same weights in float64 arithmetic, the frequencies of the step embedding included."""
    with default_dtype(torch.float64):
        exact = _blank_unet(model)
    exact.load_state_dict(net.state_dict(), strict=True)
    return exact.eval()


def rank_net(vectors: VectorSet) -> Drawn[GatedMLP]:
    """The ranking network."""
    return _plain(
        vectors, "idrank", lambda: GatedMLP(RANK_FLAT, RANK_FLAT, PAPER.idrank.widths, PAPER.rank_condition_dim)
    )


def arcface(vectors: VectorSet) -> Drawn[IResNet]:
    """ArcFace."""
    return _plain(vectors, "arcface", IResNet)


def farl(vectors: VectorSet) -> Drawn[ClipVisualTower]:
    """FaRL."""
    return _plain(vectors, "farl", ClipVisualTower)


def head_checksums(vectors: VectorSet, arrays: Arrays) -> Comparison:
    """The head model's arrays against the set's checksums."""
    return _checksums(vectors, "flame", arrays)


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """Build networks in another number type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _blank_unet(model: str) -> UNet1D:
    if model == "idgen":
        return UNet1D(PAPER.n_identity, PAPER.identity_condition_dim, **asdict(PAPER.idgen))
    return UNet1D(PAPER.n_expression + PAPER.n_jaw, PAPER.expression_condition_dim, **asdict(PAPER.expgen))


def _plain(vectors: VectorSet, model: str, build: Callable[[], Net]) -> Drawn[Net]:
    """A network whose tensors are called as the published ones; without the time and memory of a start of its own."""
    with torch.device("meta"):
        net = build()
    shapes = _shapes(net.state_dict())
    arrays = vectors.weights(model, shapes)
    net.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()}, strict=True, assign=True)
    return Drawn(net.eval(), (*_names(vectors, model, shapes), _checksums(vectors, model, arrays)))


def _shapes(state: Mapping[str, Tensor]) -> Shapes:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def _names(vectors: VectorSet, model: str, ours: Shapes) -> tuple[Comparison, ...]:
    """Names and shapes against the published ones, where the set lists them."""
    if vectors.published_shapes is None:
        return ()
    published = vectors.published_shapes
    theirs = {**published.get(model, {}), **published.get(f"{model}.unregistered", {})}
    if model == "farl":  # its text tower is no part of OFER
        theirs = {name: shape for name, shape in theirs.items() if name.startswith("visual.")}
    differing = [name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)]
    return (compare("state_dicts", f"{model}: names, shapes", len(differing), 0, EQUAL),)


def _checksums(vectors: VectorSet, model: str, arrays: Arrays) -> Comparison:
    listed = vectors.arrays("weights")
    theirs = dict(zip(listed[f"{model}.names"].tolist(), listed[f"{model}.crc32"].tolist(), strict=True))
    ours = {name: crc32(array) for name, array in arrays.items()}
    differing = [name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)]
    return compare("weights", f"{model}: CRC-32 of {len(theirs)}", len(differing), 0, EQUAL)
