"""How synthetic people are drawn."""

from dataclasses import dataclass, field

from manyfaces.data.expressions import ExpressionShares


@dataclass(frozen=True)
class PeopleConfig:
    """How people, their pose and their pictures are drawn.

    Attributes:
        size_px: side of the pictures; all show the field of view of R-Net's 224 pixel crop.
        renders_per_person: consecutive pictures that show the same person, in another pose, light and mood.
        yaw_deg: standard deviation and limit of turning left and right.
        pitch_deg: the same of nodding.
        roll_deg: the same of tilting.
        shift_px: how far, at most, the crop is off the place that the true five points give it, in 224ths of its side.
        zoom: how much, at most, its scale is off.
        expressions: how often which expressions are.
    """

    size_px: int = 112
    renders_per_person: int = 1
    yaw_deg: tuple[float, float] = (22.0, 60.0)
    pitch_deg: tuple[float, float] = (9.0, 28.0)
    roll_deg: tuple[float, float] = (9.0, 30.0)
    shift_px: float = 8.0
    zoom: float = 0.08
    expressions: ExpressionShares = field(default_factory=ExpressionShares)
