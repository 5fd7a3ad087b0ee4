"""What a CO-style benchmark holds: which scene, person and occluder each of its items has."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from manyfaces.core.errors import InputError
from manyfaces.data.scene import SceneConfig

CoverKind = Literal["hand", "face", "random"]
COVER_KINDS: tuple[CoverKind, ...] = get_args(CoverKind)
STREAM = "co545"
"""Root of the random streams, used by nothing that trains."""


@dataclass(frozen=True)
class Co545Config:
    """How a benchmark is drawn; equal settings give equal items.

    Attributes:
        source: where faces come from: "render" draws people with the head model, "coma" takes recordings in CoMA's
            published layout.
        head: name or file of the head model, in whose topology the truth is.
        n_items: pictures with an occluder.
        n_subjects: people.
        neutral_every: of a person's scenes, every so many-th, from the first on, is without expression.
        seed: root of all random streams.
        hidden_share: least and most of the face's front that an occluder may hide.
        scene: how rendered people are placed: frontal, as the paper says.
        size_px: side of the pictures cut out of recordings.
        most_turn_deg: recordings that are turned or nod further are not frontal, and left out.
    """

    source: Literal["render", "coma"] = "render"
    head: str = "openhead"
    n_items: int = 545
    n_subjects: int = 11
    neutral_every: int = 5
    seed: int = 0
    hidden_share: tuple[float, float] = (0.15, 0.7)
    scene: SceneConfig = field(
        default_factory=lambda: SceneConfig(
            yaw_deg=(7.0, 15.0),
            pitch_deg=(5.0, 15.0),
            roll_deg=(5.0, 15.0),
            face_share=(0.65, 0.9),
            distance_m=(0.6, 2.5),
        )
    )
    size_px: int = 384
    most_turn_deg: float = 15.0

    def __post_init__(self) -> None:
        """Check the sizes.

        Raises:
            InputError: there would be no items, or more people than scenes.
        """
        if self.n_items < 1 or not 1 <= self.n_subjects <= self.n_scenes:
            raise InputError(
                f"{self.n_items} items of {self.n_subjects} people",
                f"give at least one item, and no more people than scenes: one for every {len(COVER_KINDS)} items",
            )

    @property
    def n_scenes(self) -> int:
        """Clean pictures; each is covered by one occluder of every kind."""
        return -(-self.n_items // len(COVER_KINDS))

    def scene_of(self, item: int) -> int:
        """The scene that an item shows."""
        return item // len(COVER_KINDS)

    def kind_of(self, item: int) -> CoverKind:
        """What covers it."""
        return COVER_KINDS[item % len(COVER_KINDS)]

    def items_of(self, scene: int) -> range:
        """The items that show a scene."""
        first = scene * len(COVER_KINDS)
        return range(first, min(first + len(COVER_KINDS), self.n_items))

    def subject_of(self, scene: int) -> int:
        """Whose face a scene shows."""
        return scene % self.n_subjects

    def is_neutral(self, scene: int) -> bool:
        """Whether it is without expression."""
        return scene // self.n_subjects % self.neutral_every == 0
