"""Published figures on NoW's validation set, non-metrical."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedRow:
    """One line of Table 2 of OFER (CVPR 2025).

    Attributes:
        method: its name there.
        figures: median, mean and std, mm.
    """

    method: str
    figures: tuple[float, float, float]


PUBLISHED_VALIDATION = (
    PublishedRow("FLAME, random", (1.79, 2.25, 1.90)),
    PublishedRow("Diverse3D", (1.41, 1.78, 1.52)),
    PublishedRow("Deep3D", (1.36, 1.70, 1.41)),
    PublishedRow("DECA", (1.17, 1.46, 1.25)),
    PublishedRow("FOCUS", (1.05, 1.31, 1.14)),
    PublishedRow("MICA-4DS", (1.02, 1.25, 1.05)),
    PublishedRow("OFER-avg", (1.01, 1.25, 1.04)),
    PublishedRow("OFER-rank", (0.98, 1.21, 1.01)),
    PublishedRow("OFER-rank, unoccluded", (0.97, 1.20, 1.00)),
    PublishedRow("OFER-rank, occluded", (1.01, 1.26, 1.05)),
    PublishedRow("MICA-8DS", (0.90, 1.11, 0.92)),
    PublishedRow("OFER-min", (0.81, 1.05, 0.92)),
    PublishedRow("TokenFace", (0.79, 0.99, 0.85)),
)
