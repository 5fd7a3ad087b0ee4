"""How far a deformed mesh is squeezed or stretched around each vertex: tension."""

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import ChoiceError, InputError

TensionForm = Literal["tanh", "factor", "power", "strain"]
"""How the lengths of an edge become a number; see `edge_tension`."""

DEFAULT_SCALE_PER_M = 1000.0
"""k of the "tanh" form: 20 % off an edge of 3.2 mm, the median in head meshes, gives 0.31."""

_SHORTEST = 1e-12


def edge_tension(
    neutral: Float[Tensor, "*#B E"],
    current: Float[Tensor, "*#B E"],
    form: TensionForm = "tanh",
    scale: float = DEFAULT_SCALE_PER_M,
) -> Float[Tensor, "*B E"]:
    """Tension of edges from their lengths: positive where they got shorter, zero where they kept their length.

    Equation 3 of Mao et al. (CVPR 2025) can be read in three ways; e' is the neutral length, e the current one:

    - "tanh": exp(k e) compared, tanh(k (e' - e) / 2). It is what the text describes, and the default.
    - "factor": e^k times the length, as printed; k cancels, (e' - e) / (e' + e).
    - "power": e to the power of k, tanh(k / 2 ln(e' / e)), which does not depend on the unit.

    These three are antisymmetric to the last bit and bounded by one (reached where tanh rounds to it). The fourth,
    "strain", is 1 - e / e' of Raman et al.'s mesh-tension: not antisymmetric, without a lower bound.

    Args:
        neutral: lengths at rest, metres.
        current: lengths now, metres.
        form: one of the above.
        scale: k > 0: 1 / metre in "tanh", a pure number in "power", unused otherwise.

    Raises:
        ChoiceError: unknown form.
        InputError: the scale is not positive.
    """
    if form not in get_args(TensionForm):
        raise ChoiceError("form of tension", form, get_args(TensionForm))
    if not scale > 0:
        raise InputError(f"the scale of tension is {scale}", "give a number above zero")
    shrinkage = neutral - current
    if form == "tanh":
        return torch.tanh(scale / 2 * shrinkage)
    if form == "factor":
        return shrinkage / (neutral + current).clamp(min=_SHORTEST)
    if form == "power":
        return torch.tanh(scale / 2 * (_log(neutral) - _log(current)))
    return shrinkage / neutral.clamp(min=_SHORTEST)


def vertex_tension(
    neutral: Float[Tensor, "*#B V 3"],
    current: Float[Tensor, "*#B V 3"],
    edges: Int[Tensor, "E 2"],
    form: TensionForm = "tanh",
    scale: float = DEFAULT_SCALE_PER_M,
) -> Float[Tensor, "*B V"]:
    """Mean tension of the edges that meet at each vertex (Mao et al., CVPR 2025, equation 3).

    Neither mesh's place nor its turn matters.

    Args:
        neutral: the same identity without expression and with a closed mouth, metres.
        current: the deformed mesh, metres.
        edges: each edge once, see `geometry.edges`.
        form: see `edge_tension`.
        scale: see `edge_tension`.

    Returns:
        Tension, positive where the surface is compressed; zero at vertices without edges.

    Raises:
        ChoiceError: unknown form.
        InputError: the scale is not positive.
    """
    edges = edges.long()
    of_edges = edge_tension(_lengths(neutral, edges), _lengths(current, edges), form, scale)
    n_vertices = current.shape[-2]
    sums = of_edges.new_zeros(*of_edges.shape[:-1], n_vertices)
    for end in edges.unbind(-1):
        sums = sums.index_add(-1, end, of_edges)
    return sums / torch.bincount(edges.flatten(), minlength=n_vertices).clamp(min=1)


def _lengths(vertices: Tensor, edges: Tensor) -> Tensor:
    first, second = (vertices.index_select(-2, end) for end in edges.unbind(-1))
    return (first - second).norm(dim=-1)


def _log(lengths: Tensor) -> Tensor:
    return lengths.clamp(min=_SHORTEST).log()
