"""How synthetic subjects are drawn."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SubjectConfig:
    """How far subjects go beyond what the coefficients of a face can say.

    Pairs are the least and the greatest value.

    Attributes:
        gap_mm: root mean square, over the front of the face, of the shape that no identity coefficient gives.
        gap_wave_mm: wavelengths of that shape.
        asymmetry: share of what is drawn without regard to the other half of the face.
        blotches: deviation of smooth colour changes outside the space of skin colours, sRGB.
        marks: how many moles, freckles and scars.
        fold_mm: depth of eye bags, nasolabial folds and dents, and height of what is uneven.
        wrinkle_mm: depth of a wrinkle in fully compressed skin, of the youngest and the oldest face.
        wave_mm: distance between neighbouring wrinkles.
        rest_share: how much of a wrinkle stays when the face is at rest, of the youngest and the oldest face.
    """

    gap_mm: tuple[float, float] = (1.0, 2.5)
    gap_wave_mm: tuple[float, float] = (45.0, 140.0)
    asymmetry: float = 0.25
    blotches: tuple[float, float] = (0.008, 0.025)
    marks: tuple[int, int] = (0, 30)
    fold_mm: tuple[float, float] = (0.1, 0.5)
    wrinkle_mm: tuple[float, float] = (0.8, 2.4)
    wave_mm: tuple[float, float] = (7.0, 12.0)
    rest_share: tuple[float, float] = (0.05, 0.25)
