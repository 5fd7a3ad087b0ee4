"""Faces with known vertices, before anything hides them."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from manyfaces.heads import HeadModel


@dataclass(frozen=True)
class CleanScene:
    """One picture and what it shows.

    Attributes:
        image: the picture, RGB.
        vertices: the truth in the head model's topology, metres, any position.
        projected: the vertices on the picture: x and y in pixels, depth in metres.
        points_68_px: the 68 points on the picture.
        perspective: whether a perspective camera took it.
        subject: whose face it is.
        expression: name of the expression; "neutral" for none.
    """

    image: UInt8[np.ndarray, "H W 3"]
    vertices: Float[Tensor, "V 3"]
    projected: Float[Tensor, "V 3"]
    points_68_px: Float[np.ndarray, "68 2"]
    perspective: bool
    subject: str
    expression: str


@runtime_checkable
class SceneSource(Protocol):
    """Where a benchmark's faces come from.

    Attributes:
        head: whose topology the vertices have.
        subjects: the people, in order.
    """

    head: HeadModel
    subjects: tuple[str, ...]

    def scene(self, number: int) -> CleanScene:
        """Make a scene; the same number gives the same scene."""
        ...

    def neutral(self, subject: int) -> Float[Tensor, "V 3"]:
        """A person's face at rest, metres."""
        ...

    def population(self, region: Bool[Tensor, " V"]) -> Float[Tensor, "n R 3"]:
        """A region of many faces of many people with expressions, metres, by which plausibility is judged."""
        ...


NEUTRAL = "neutral"


def front_of(head: HeadModel) -> Bool[Tensor, " V"]:
    """The vertices that count: the front of the face, or the face where the head model names no front.

    Raises:
        ChoiceError: it names neither.
    """
    return head.mask("front" if "front" in head.data.masks else "face")


def steady_of(head: HeadModel) -> Bool[Tensor, " V"]:
    """The half of the front that expressions move least: what heads are aligned by when their shapes are compared."""
    front = front_of(head)
    movement = head.expression_basis.square().sum((0, 2)).sqrt()
    jaw = head.data.joint_names.index("jaw")
    still = front & (head.skinning_weights[:, jaw] < 0.01)
    return still & (movement <= movement[still].median())
