"""What a file shows of a character: its head, or the head and the texels that its wrinkles lie on, as one mesh."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.geometry.mesh import vertex_normals
from manyfaces.pipeline.animation.character import Character, Detail
from manyfaces.pipeline.detailed_mesh import Covering


class Shapes(NamedTuple):
    """Of some frames: vertices, metres, and normals that go with them."""

    vertices: Float[Tensor, "*B N 3"]
    normals: Float[Tensor, "*B N 3"]


@dataclass(frozen=True)
class MovingMesh:
    """A mesh whose triangles stay the same in all frames of a clip.

    Attributes:
        faces: vertex ids, counter-clockwise from outside.
        albedo: sRGB from 0 to 1, of each vertex; None for clay.
        at_rest: without expression.
    """

    faces: Int[Tensor, "F 3"]
    albedo: Float[Tensor, "N 3"] | None
    at_rest: Shapes


@torch.no_grad()
def moving_mesh(
    character: Character, expression: Float[Tensor, "T E"], jaw: Float[Tensor, "T 3"]
) -> tuple[MovingMesh, Iterator[Shapes]]:
    """Show a character in some frames.

    With wrinkles, their map is asked for each frame; a texel is a vertex where it stands out in any.

    Args:
        character: who.
        expression: of each frame.
        jaw: likewise.

    Returns:
        The mesh, and what it becomes in these frames, in order, `CHUNK` at a time.
    """
    if character.detail is not None:
        return _detailed(character, character.detail, expression, jaw)
    faces = character.head.faces
    shown = (Shapes(some, vertex_normals(some, faces)) for some in character.chunks(expression, jaw))
    at_rest = Shapes(character.neutral, vertex_normals(character.neutral, faces))
    return MovingMesh(faces, character.albedo, at_rest), shown


def _detailed(
    character: Character, detail: Detail, expression: Float[Tensor, "T E"], jaw: Float[Tensor, "T 3"]
) -> tuple[MovingMesh, Iterator[Shapes]]:
    still = torch.zeros_like(expression[:1]), torch.zeros_like(jaw[:1])
    still_m, moved_m = (_displacements(detail, *frames) for frames in (still, (expression, jaw)))
    standing = (torch.cat([still_m, moved_m]) != 0).any(0)
    covering = Covering.of(standing, detail.grid, len(character.neutral))
    used, faces = covering.faces.unique(return_inverse=True)
    at_rest = next(_surfaces(covering, used, character.chunks(*still), still_m))
    shown = _surfaces(covering, used, character.chunks(expression, jaw), moved_m)
    albedo = None if character.albedo is None else covering.colours(character.albedo)[0, used]
    return MovingMesh(faces, albedo, Shapes(*(values[0] for values in at_rest))), shown


def _displacements(
    detail: Detail, expression: Float[Tensor, "T E"], jaw: Float[Tensor, "T 3"]
) -> Float[Tensor, "T H W"]:
    return torch.stack([detail.displacement(*frame) for frame in zip(expression, jaw, strict=True)])


def _surfaces(
    covering: Covering,
    used: Int[Tensor, " N"],
    chunks: Iterable[Float[Tensor, "B V 3"]],
    displacement_m: Float[Tensor, "T H W"],
) -> Iterator[Shapes]:
    """The vertices that triangles use."""
    maps = iter(displacement_m)
    for some in chunks:
        surfaces = [covering.surface(vertices[None], next(maps)) for vertices in some]
        yield Shapes(*(torch.cat(parts)[:, used] for parts in zip(*surfaces, strict=True)))
