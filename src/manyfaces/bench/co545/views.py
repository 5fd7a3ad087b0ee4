"""The pictures that methods are shown, and what methods answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from manyfaces.data.co545 import Co545Item, Co545Set

Picture = Literal["clean", "occluded"]


@dataclass(frozen=True)
class View:
    """One picture of the benchmark.

    Attributes:
        picture: with or without the occluder.
        number: of the scene, if clean, or of the item.
        image: RGB.
        mask: where the occluder is.
        item: an item that shows the scene; of a clean picture, the first.
    """

    picture: Picture
    number: int
    image: UInt8[np.ndarray, "H W 3"]
    mask: Bool[np.ndarray, "H W"]
    item: Co545Item

    @property
    def name(self) -> str:
        """As files and reports call it."""
        return f"{self.picture}/{self.number:03d}"


@dataclass(frozen=True)
class Drawn:
    """Hypotheses of one picture.

    Attributes:
        vertices: in the benchmark's topology, best first, metres.
        identities: the front of all identities that were sampled, at rest, best first; None where there are none.
    """

    vertices: Float[Tensor, "N V 3"]
    identities: Float[Tensor, "I F 3"] | None = None


@runtime_checkable
class Method(Protocol):
    """What is measured.

    Attributes:
        name: in tables.
        shared_frame: hypotheses lie in a common frame, so that they can be compared without moving them.
        with_scale: hypotheses have no unit, and are scaled to the truth.
    """

    name: str
    shared_frame: bool
    with_scale: bool

    def __call__(self, view: View, /) -> Drawn | None:
        """Hypotheses; None where there are none for this picture."""
        ...


def views_of_scene(items: Co545Set, scene: int, clean: bool, n_items: int) -> Iterator[View]:
    """The pictures of a scene: without occluder, then its items among the first `n_items`."""
    numbers = [number for number in items.config.items_of(scene) if number < n_items]
    for number in numbers:
        item = items.read(number)
        if clean and number == numbers[0]:
            image = items.clean(scene)
            yield View("clean", scene, image, np.zeros(image.shape[:2], bool), item)
        yield View("occluded", number, item.image, item.mask, item)
