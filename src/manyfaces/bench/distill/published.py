"""What Tiwari et al., "Occlusion Resistant Network for 3D Face Reconstruction", WACV 2022, print."""

from collections.abc import Mapping
from dataclasses import dataclass

NOTE = (
    "The paper measures dlib's points on photos against dlib's points on renders, on CelebA's validation photos (about "
    "19,000) and on 34 photos of AFLW2000-3D, with networks on BFM: its rows show an order, not a level to reach."
)

Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class Printed:
    """One row.

    Attributes:
        me: mean distance: pixels on CelebA, percent of the frame on AFLW2000-3D.
        mse: for x and y: square pixels, squares of a percent.
    """

    me: float | None
    mse: Pair = (None, None)


TABLE_1: Mapping[str, Mapping[str, Mapping[str, Printed]]] = {
    "CelebA": {
        "unoccluded": {"sopi": Printed(1.24, (3.25, 1.66)), "teacher": Printed(1.24, (3.23, 1.69))},
        "DSOFI": {"sopi": Printed(1.25, (3.27, 1.68))},
        "DHOFI": {"sopi": Printed(1.24, (3.20, 1.66))},
        "SHOFI": {"sopi": Printed(1.26, (3.26, 1.70))},
    },
    "AFLW2000-3D": {
        "unoccluded": {"sopi": Printed(0.68, (0.26, 0.43)), "teacher": Printed(0.68, (0.26, 0.43))},
        "DSOFI": {"sopi": Printed(0.68, (0.26, 0.43))},
        "DHOFI": {"sopi": Printed(0.68, (0.26, 0.43))},
        "SHOFI": {"sopi": Printed(0.69, (0.26, 0.44))},
    },
}
"""By data set, what hides the face, and method; the teacher had no result behind squares."""

TABLE_2: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "CelebA": {
        "unoccluded": {"sopi": 4.76, "teacher": 4.74},
        "DSOFI": {"sopi": 4.77, "teacher": 4.90},
        "DHOFI": {"sopi": 4.79, "teacher": 7.98},
        "SHOFI": {"sopi": 4.83},
    },
    "AFLW2000-3D": {
        "unoccluded": {"sopi": 3.82, "teacher": 3.81},
        "DSOFI": {"sopi": 3.82, "teacher": 4.02},
        "DHOFI": {"sopi": 3.84, "teacher": 5.36},
        "SHOFI": {"sopi": 3.88},
    },
}
"""Histogram dissimilarity."""

TABLE_3: Mapping[str, float] = {"teacher": 5.84, "sopi": 0.77}
"""ME on 54 photos that real things hide."""

TABLE_4: Mapping[str, float] = {"teacher": 5.01, "sopi": 4.76}
"""Histogram dissimilarity on the same."""

TABLE_5: Mapping[str, Mapping[str, Printed]] = {
    "CelebA": {"teacher": Printed(7.91, (5.65, 3.94)), "mopi": Printed(1.24, (3.21, 1.67))},
    "AFLW2000-3D": {"teacher": Printed(0.87, (0.64, 0.93)), "mopi": Printed(0.68, (0.26, 0.44))},
}
"""Behind stars, crowns and the like."""

TABLE_6: Mapping[str, Mapping[str, float]] = {
    "CelebA": {"teacher": 6.93, "mopi": 4.76},
    "AFLW2000-3D": {"teacher": 4.74, "mopi": 3.82},
}
"""Histogram dissimilarity behind the same."""

TABLE_7: Mapping[str, Mapping[str, Printed]] = {
    "CelebA": {
        "mopi-perceptual": Printed(41.0, (32.84, 23.97)),
        "mopi-label": Printed(2.11, (3.10, 2.23)),
        "mopi": Printed(1.24, (3.21, 1.67)),
    },
    "AFLW2000-3D": {
        "mopi-perceptual": Printed(0.94, (0.75, 0.88)),
        "mopi-label": Printed(0.71, (0.32, 0.46)),
        "mopi": Printed(0.68, (0.26, 0.44)),
    },
}
"""Terms of MOPI's loss, behind stars and crowns."""
