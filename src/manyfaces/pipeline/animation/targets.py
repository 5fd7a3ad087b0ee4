"""The shapes of a clip as few morph targets, and the weights that mix them to every frame."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.io.gltf import MorphTarget
from manyfaces.pipeline.animation.character import CHUNK, Character
from manyfaces.pipeline.animation.moving_mesh import MovingMesh, Shapes, moving_mesh

TOLERANCE_M = 1e-4
"""Targets are added until no vertex of the frames they are made from is further off than this."""
MOST_TARGETS = 64
N_SAMPLES = 256
N_WORST = 32
N_MORE_ROUNDS = 2


@dataclass(frozen=True)
class MorphTrack:
    """A clip as morph targets.

    Attributes:
        mesh: what moves; at rest where all weights are zero.
        targets: each the face at rest plus one direction, as far as the clip goes in it.
        weights: of the targets in each frame, -1 to 1; the largest of each is 1.
        largest_error_m: the furthest that any vertex of the head is from the model's own in any frame.
    """

    mesh: MovingMesh
    targets: tuple[MorphTarget, ...]
    weights: Float[Tensor, "T K"]
    largest_error_m: float


@dataclass(frozen=True)
class _Fit:
    """Orthonormal directions, and the clip along them."""

    directions: Float[Tensor, "K D"]
    weights: Float[Tensor, "T K"]
    errors_m: Float[Tensor, " T"]


@torch.no_grad()
def morph_track(
    character: Character,
    expression: Float[Tensor, "T E"],
    jaw: Float[Tensor, "T 3"],
    tolerance_m: float = TOLERANCE_M,
    most: int = MOST_TARGETS,
) -> MorphTrack:
    """Find the targets of a clip.

    They are the principal directions of what the frames differ by from the neutral face, taken from frames spread
    evenly over the clip. All frames are then looked at, some at a time; where one is off by more than the tolerance,
    the worst join those that the directions are taken from. Memory does not grow with the length of the clip, but for
    the weights. Wrinkles follow these weights as nearly as they can, in normals above all; nothing is added for their
    sake.

    Args:
        character: who.
        expression: of each frame.
        jaw: likewise.
        tolerance_m: how far a vertex may be off.
        most: targets there may be, whatever the error.
    """
    samples = torch.linspace(0, len(jaw) - 1, min(N_SAMPLES, len(jaw))).round().long()
    fit = _fitted(character, expression, jaw, samples, tolerance_m, most)
    for _ in range(N_MORE_ROUNDS):
        if fit.errors_m.max() <= tolerance_m or len(fit.directions) == most:
            break
        samples = torch.cat([samples, fit.errors_m.topk(min(N_WORST, len(jaw))).indices]).unique()
        fit = _fitted(character, expression, jaw, samples, tolerance_m, most)
    peaks = _peaks(fit.weights)
    weights = fit.weights / peaks
    mesh, frames = moving_mesh(character, expression[samples], jaw[samples])
    targets = _targets(mesh.at_rest, frames, weights[samples])
    return MorphTrack(mesh, targets, weights, float(fit.errors_m.max()))


def _displacements(
    character: Character, expression: Float[Tensor, "T E"], jaw: Float[Tensor, "T 3"]
) -> Iterator[Float[Tensor, "B D"]]:
    """Of all vertices from the neutral face, a chunk of frames at a time."""
    for vertices in character.chunks(expression, jaw):
        yield (vertices - character.neutral).flatten(1)


def _principal(displacements: Float[Tensor, "N D"], tolerance_m: float, most: int) -> Float[Tensor, "K D"]:
    """As few orthonormal directions as hold the displacements to the tolerance.

    Not about their mean, so that weights of zero are the neutral face.
    """
    powers, mixtures = torch.linalg.eigh((displacements @ displacements.mT).double())
    directions = displacements.new_zeros(0, displacements.shape[1])
    left = displacements.clone()
    for k in range(min(most, len(powers))):
        if _largest(left).max() <= tolerance_m:
            break
        direction = mixtures[:, -1 - k].to(displacements) @ displacements
        direction = direction - (directions @ direction) @ directions  # what rounding leaves of those before
        direction = direction / direction.norm().clamp(min=1e-12)
        left.addr_(left @ direction, direction, alpha=-1)
        directions = torch.cat([directions, direction[None]])
    return directions


def _fitted(
    character: Character,
    expression: Float[Tensor, "T E"],
    jaw: Float[Tensor, "T 3"],
    samples: Int[Tensor, " N"],
    tolerance_m: float,
    most: int,
) -> _Fit:
    """Directions of some frames, and all frames along them."""
    displacements = torch.cat(list(_displacements(character, expression[samples], jaw[samples])))
    directions = _principal(displacements, tolerance_m, most)
    # Made beforehand: small results kept between large passing ones would leave the process' memory full of holes.
    weights, errors = jaw.new_empty(len(jaw), len(directions)), jaw.new_empty(len(jaw))
    chunks = zip(weights.split(CHUNK), errors.split(CHUNK), _displacements(character, expression, jaw), strict=True)
    for some_weights, some_errors, displacements in chunks:
        some_weights.copy_(displacements @ directions.mT)
        some_errors.copy_(_largest(displacements - some_weights @ directions))
    return _Fit(directions, weights, errors)


def _largest(displacements: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
    """The longest displacement of each frame, metres."""
    return displacements.unflatten(1, (-1, 3)).norm(dim=-1).amax(1)


def _peaks(weights: Float[Tensor, "T K"]) -> Float[Tensor, " K"]:
    """The weight furthest from zero of each direction, with its sign: a target is the shape at that weight."""
    at: Int[Tensor, "1 K"] = weights.abs().argmax(0, keepdim=True)
    return weights.gather(0, at)[0]


def _targets(at_rest: Shapes, frames: Iterable[Shapes], weights: Float[Tensor, "N K"]) -> tuple[MorphTarget, ...]:
    """Vertices and normals that, mixed by the weights, come nearest to those of some frames.

    Of the head's vertices these are the directions that the weights are along: those are principal, so neither the
    others nor what they all leave out goes with a direction's weights.
    """
    if not weights.shape[1]:
        return ()
    changes = [values.new_zeros(weights.shape[1], *values.shape) for values in at_rest]
    mixed = torch.linalg.pinv(weights.double()).to(weights)
    for some, shapes in zip(mixed.split(CHUNK, 1), frames, strict=True):
        for change, values, rest in zip(changes, shapes, at_rest, strict=True):
            change += (some @ (values - rest).flatten(1)).view_as(change)
    targets = zip(*(rest + change for rest, change in zip(at_rest, changes, strict=True)), strict=True)
    return tuple(
        MorphTarget(f"motion {k + 1:02d}", *(values.cpu().numpy() for values in target))
        for k, target in enumerate(targets)
    )
