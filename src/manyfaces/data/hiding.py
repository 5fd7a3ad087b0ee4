"""Something before the faces of a batch: what the students of the Occlusion Resistant Network learn from."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.core.errors import ChoiceError, ConfigError
from manyfaces.core.seeds import numpy_generator
from manyfaces.detect.rnet_alignment import points_at
from manyfaces.occlusion import OCCLUDERS, draw_occluder, site_from_points

PATTERNS = ("dsofi", "dhofi", "shofi", "stars", "crown", "blob", "patch")
"""The paper's patterns, and blobs and patches of other faces for its "arbitrary" ones."""

NATURAL = ("hand", "mask", "sunglasses", "scarf", "hair", "microphone")
"""Things that really hide faces."""


@dataclass(frozen=True)
class HidingLaw:
    """How faces are hidden.

    Attributes:
        share: of the pictures that have something before them.
        kinds: names in `OCCLUDERS`.
        weights: how often each; all equally often when empty.
    """

    share: float = 0.5
    kinds: tuple[str, ...] = PATTERNS
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the names and numbers.

        Raises:
            ChoiceError: there is no such kind of occluder.
            ConfigError: not a weight for each kind, or a share beyond 0 to 1.
        """
        for kind in self.kinds:
            if kind not in OCCLUDERS:
                raise ChoiceError("occluder", kind, list(OCCLUDERS))
        if not 0 <= self.share <= 1 or (self.weights and len(self.weights) != len(self.kinds)):
            raise ConfigError(f"faces cannot be hidden as {self} says", "a share from 0 to 1, a weight for each kind")

    def draw(self, generator: np.random.Generator) -> str | None:
        """Draw a kind, or nothing."""
        if generator.random() >= self.share:
            return None
        weights = np.array(self.weights or [1.0] * len(self.kinds))
        return self.kinds[int(generator.choice(len(self.kinds), p=weights / weights.sum()))]


# Half the pictures are clear.
OPEN_LAW = HidingLaw(share=0.5, kinds=PATTERNS + NATURAL)
"""What the open networks learn to see through."""


def drawn_kind(law: HidingLaw, seed: int, number: int) -> str | None:
    """What `hide` draws before an example."""
    return law.draw(_stream(seed, number))


def hide(
    pictures: UInt8[Tensor, "B 3 S S"],
    landmarks_px: Float[Tensor, "B 68 2"],
    law: HidingLaw,
    seed: int,
    numbers: Int[Tensor, " B"],
) -> UInt8[Tensor, "B 3 S S"]:
    """Draw something before some of the faces.

    Args:
        pictures: RGB; left as they are.
        landmarks_px: of the faces, pixels of the 224 frame, whatever the pictures' size.
        law: what, and how often.
        seed: root of the draws.
        numbers: of the examples; each is hidden by seed and number alone.
    """
    side = pictures.shape[-1]
    points = points_at(landmarks_px, side).numpy()
    hidden = pictures.clone()
    for row, number in enumerate(numbers.tolist()):
        generator = _stream(seed, number)
        kind = law.draw(generator)
        if kind is not None:
            picture = np.ascontiguousarray(pictures[row].permute(1, 2, 0).numpy())
            occluder = draw_occluder(kind, site_from_points(points[row], (side, side), picture), generator)
            hidden[row] = torch.from_numpy(occluder.over(picture)).permute(2, 0, 1)
    return hidden


def _stream(seed: int, number: int) -> np.random.Generator:
    return numpy_generator(seed, "hide", number)
