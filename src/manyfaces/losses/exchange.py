"""Shape consistency by exchange: frames of one person must get along with each other's identity."""

import torch
from jaxtyping import Int
from torch import Tensor


def exchange_rows(person: Int[Tensor, "B"], generator: torch.Generator | None = None) -> Int[Tensor, "B"]:
    """For each frame another frame of the same person.

    `identity[exchange_rows(person)]` swaps identity codes within each person; L_sc (Feng et al., DECA, SIGGRAPH 2021)
    is the whole coarse loss of the heads so made, and adds nothing where frames of a person have equal codes. The same
    rows swap pictures for detail consistency.

    Args:
        person: who is on each frame.
        generator: to draw who gets whose; None takes the person's next frame in the batch, the last the first.

    Returns:
        Rows: a permutation, within each person one cycle through all frames. A person's only frame keeps its own.
    """
    n_frames = len(person)
    if generator is None:
        order = torch.arange(n_frames, device=person.device)
    else:
        order = torch.randperm(n_frames, generator=generator, device=generator.device).to(person.device)
    order = order[person[order].argsort(stable=True)]
    owner = person[order]
    starts = torch.ones_like(owner, dtype=torch.bool)
    starts[1:] = owner[1:] != owner[:-1]
    positions = torch.arange(n_frames, device=person.device)
    first = torch.where(starts, positions, 0).cummax(0).values
    last = starts.roll(-1, 0)
    following = order[torch.where(last, first, positions.roll(-1, 0))]
    return torch.empty_like(order).index_copy_(0, order, following)
