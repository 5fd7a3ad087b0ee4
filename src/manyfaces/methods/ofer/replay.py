"""The attention projections of the published generators, drawn again.

The published U-Net keeps its query/key/value projections in a plain list: they are in no optimiser and in no state
dict, and stay as torch's random generator made them. Training seeds that generator and builds its networks in a fixed
order, so the same numbers can be drawn again. A first forward pass registers the last projection of each block, and
files saved after one hold it: that shows whether the numbers are the same.

torch fills a tensor on the CPU from one stream of 32-bit numbers, one for each value of a `uniform_` or `normal_`
(sixteen values or more; a normal fill whose length is no multiple of sixteen takes sixteen more). So all that matters
of what was built before the U-Net is how many numbers it took. Nothing here touches torch's global generator.

The order was found from six published check values: the one in the tests is the only one that meets all of them.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.methods.ofer.published import N_PROJECTIONS, published_projections

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
Projections: TypeAlias = dict[str, Float[Tensor, "O W 1"]]

_SAME = 1e-6  # uniform fills may round the last bit differently on another machine
_CHUNK = 1 << 22
_PROBE = 8
_FUSED = ".to_qkv.weight"


@dataclass(frozen=True)
class StreamPlace:
    """Where in which stream of random numbers a network was built.

    Attributes:
        seed: of the generator.
        start: numbers taken before the network's first.
    """

    seed: int
    start: int


def numbers_of_iresnet(shapes: Shapes) -> int:
    """Random numbers that building the published ArcFace takes.

    Each convolution is filled twice, by torch and then with N(0, 0.1^2) (insightface's start); the last linear layer
    once; norms and PReLUs take none.
    """
    convolutions = [math.prod(shape) for shape in shapes.values() if len(shape) == 4]
    linear = [math.prod(shape) for name, shape in shapes.items() if name.startswith("fc.")]
    return sum(n + _normal(n) for n in convolutions) + sum(linear)


def numbers_of_clip(shapes: Shapes) -> int:
    """Random numbers that building OpenAI's CLIP takes, both towers, named as in its state dict.

    Linear layers, the attention's two matrices and the patches' convolution are filled once by torch, embeddings and
    final projections with normals; then the text tower's embeddings and matrices a second time.
    """
    return sum(_clip_tensor(name, math.prod(shape)) for name, shape in shapes.items())


def _clip_tensor(name: str, n: int) -> int:
    text_matrix = name.startswith("transformer.") and name.endswith("weight") and ".ln_" not in name
    if ".ln_" in name or name.startswith("ln_final") or name == "logit_scale" or name.endswith("in_proj_bias"):
        return 0
    if name == "token_embedding.weight":
        return 2 * _normal(n)
    if name.endswith("_embedding") or name in ("visual.proj", "text_projection"):
        return _normal(n)
    return n + _normal(n) if text_matrix else n


def _normal(n: int) -> int:
    return n + 16 * (n % 16 > 0)


def replay(unet: Shapes, place: StreamPlace) -> Projections:
    """Draw the projections of a published U-Net again.

    Args:
        unet: names and shapes of the tensors of our `nn.UNet1D`, in its own order: it is built in the published order,
            and its fused `to_qkv` takes the numbers of the sixteen projections one after the other.
        place: where the U-Net began.

    Returns:
        `<attention path>.to_qkv.<i>.weight` (3 * heads * head_dim, width, 1).
    """
    generator = torch.Generator().manual_seed(place.seed)
    _skip(generator, place.start)
    fused = {}
    for name, shape in unet.items():
        if name.endswith(_FUSED):
            fused[name] = nn.init.kaiming_uniform_(torch.empty(shape), a=math.sqrt(5), generator=generator)
        else:
            _skip(generator, _unet_tensor(name, shape))
    return published_projections(fused)


def differing(drawn: Projections, held: Mapping[str, Tensor]) -> list[str]:
    """Attention paths whose projection in the file is not the last one drawn.

    Args:
        drawn: result of `replay`.
        held: attention path -> the projection that the file holds.
    """
    return [path for path, weight in held.items() if not _equal(_last(drawn, path), weight)]


def find(unet: Shapes, held: Mapping[str, Tensor], seed: int, n_numbers: int) -> StreamPlace | None:
    """Look for the place where a U-Net was built, by one of the projections that its file holds.

    Args:
        unet: see `replay`.
        held: attention path -> the projection that the file holds; the first is looked for.
        seed: of the stream.
        n_numbers: length of the stream to look through; about ten million numbers a second.

    Returns:
        The place, or None where there is no such run of numbers; check it with `replay` and `differing`.
    """
    path, weight = next(iter(held.items()))
    name = path + _FUSED
    before = sum(_unet_tensor(n, s) for n, s in _until(unet, name))
    before += math.prod(unet[name]) - weight.numel()
    bound = 1 / math.sqrt(weight.shape[1])
    wanted = weight.flatten()[:_PROBE]
    for begin, numbers in _windows(seed, n_numbers, bound):
        hits = ((numbers[: 1 - _PROBE] - wanted[0]).abs() < _SAME).nonzero()[:, 0]
        for hit in hits.tolist():
            start = begin + hit - before
            if start >= 0 and _equal(numbers[hit : hit + _PROBE], wanted):
                return StreamPlace(seed, start)
    return None


def _unet_tensor(name: str, shape: tuple[int, ...]) -> int:
    # Gains and norms begin as ones and zeros.
    return 0 if ".norm." in name else math.prod(shape)


def _until(unet: Shapes, last: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, shape in unet.items():
        if name == last:
            return
        yield name, shape


def _last(drawn: Projections, path: str) -> Tensor:
    return drawn[f"{path}.to_qkv.{N_PROJECTIONS - 1}.weight"]


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(((one - other).abs() < _SAME).all())


def _skip(generator: torch.Generator, n_numbers: int) -> None:
    scratch = torch.empty(min(n_numbers, _CHUNK))
    for begin in range(0, n_numbers, _CHUNK):
        scratch[: n_numbers - begin].uniform_(generator=generator)


def _windows(seed: int, n_numbers: int, bound: float) -> Iterator[tuple[int, Tensor]]:
    """Pieces of a stream as uniform numbers of (-bound, bound), with their places; each overlaps the next."""
    generator = torch.Generator().manual_seed(seed)
    tail = torch.empty(0)
    for begin in range(0, n_numbers, _CHUNK):
        fresh = torch.empty(_CHUNK).uniform_(-bound, bound, generator=generator)
        yield begin - len(tail), torch.cat([tail, fresh])
        tail = fresh[1 - _PROBE :]
