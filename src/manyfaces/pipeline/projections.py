"""Where an imported generator gets the attention projections that its file does not hold."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from manyfaces.core.errors import WeightError
from manyfaces.core.seeds import torch_generator
from manyfaces.io.ofer_checkpoints import OferCheckpoint
from manyfaces.methods.ofer.published import published_projections
from manyfaces.methods.ofer.replay import (
    Projections,
    Shapes,
    StreamPlace,
    differing,
    find,
    numbers_of_clip,
    numbers_of_iresnet,
    replay,
)

AttentionSource = Literal["replay", "zero", "random"]

Say = Callable[[str], None]

# Seed 0 is that of training; 1 that of the published test script, should anybody have trained with it.
_SEEDS = (0, 1)


@dataclass(frozen=True)
class AttentionWeights:
    """The projections of a generator.

    Attributes:
        projections: by their published names.
        origin: how they were got, one line for the model's card.
    """

    projections: Projections
    origin: str


def attention_weights(checkpoint: OferCheckpoint, unet: Shapes, source: AttentionSource, say: Say) -> AttentionWeights:
    """Find the projections of a generator.

    Args:
        checkpoint: IdGen's or ExpGen's.
        unet: names and shapes of our network's tensors, in its own order.
        source: "replay" draws them as the published training did, and compares them with those that the file holds;
            "zero" leaves all attention blocks with their constant part; "random" draws new ones, but for those that
            the file holds.
        say: takes remarks.

    Raises:
        WeightError: the replay does not give the projections that the file holds.
    """
    if source == "replay":
        return _replayed(checkpoint, unet, say)
    say(f"warning: {source} attention projections are not those of training; results will differ from the authors'")
    return _zero(unet) if source == "zero" else _random(checkpoint, unet)


def _replayed(checkpoint: OferCheckpoint, unet: Shapes, say: Say) -> AttentionWeights:
    held, place = checkpoint.projections, StreamPlace(0, _numbers_before(checkpoint))
    drawn = replay(unet, place)
    if not held:
        say("warning: the file holds no projection to compare with: the replayed ones cannot be verified")
        return AttentionWeights(drawn, f"replayed from {place}, not verified: the file holds none")
    if not differing(drawn, held):
        say(f"attention: replayed, equal to the {len(held)} projections that the file holds")
        return AttentionWeights(drawn, f"replayed from {place}, verified on {len(held)} projections")
    say("attention: the replay does not match the file; looking for its projections elsewhere in the random stream")
    for seed in _SEEDS:
        found = find(unet, held, seed, 2 * place.start + sum(math.prod(shape) for shape in unet.values()))
        if found and not differing(drawn := replay(unet, found), held):
            say(f"attention: found at number {found.start} of seed {seed}, all {len(held)} projections equal")
            return AttentionWeights(drawn, f"found at {found}, verified on {len(held)} projections")
    raise WeightError(
        f"{checkpoint.path} was not trained with the projections that its published training draws, and it does not "
        "hold them",
        "give --attention random (as the authors' own test script has them) or --attention zero",
    )


def _numbers_before(checkpoint: OferCheckpoint) -> int:
    """Random numbers that the networks take which the published code builds before the U-Net."""
    shapes = checkpoint.shapes
    clip = numbers_of_clip(shapes["farl"]) if "farl" in shapes else 0
    return clip + numbers_of_iresnet(shapes["arcface"])


def _zero(unet: Shapes) -> AttentionWeights:
    fused = {name: torch.zeros(shape) for name, shape in unet.items() if name.endswith(".to_qkv.weight")}
    return AttentionWeights(published_projections(fused), "zero")


def _random(checkpoint: OferCheckpoint, unet: Shapes) -> AttentionWeights:
    generator = torch_generator(0, "attention", checkpoint.part)
    fused = {
        name: nn.init.kaiming_uniform_(torch.empty(shape), a=math.sqrt(5), generator=generator)
        for name, shape in unet.items()
        if name.endswith(".to_qkv.weight")
    }
    drawn, held = published_projections(fused), checkpoint.projections
    last = {path: [name for name in drawn if name.startswith(f"{path}.to_qkv.")][-1] for path in held}
    return AttentionWeights(
        {**drawn, **{last[path]: weight for path, weight in held.items()}},
        f"random, but for {len(held)} projections that the file holds",
    )
