"""What to measure, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from manyfaces.bench.distill.networks import MOPI, SOPI, TEACHER
from manyfaces.core.errors import InputError

Part = Literal["people", "photos", "speed"]
PARTS: tuple[Part, ...] = ("people", "photos", "speed")

OPEN_NETWORKS: Mapping[str, str] = {TEACHER: "teacher-open", SOPI: "sopi-open", MOPI: "mopi-open"}


@dataclass(frozen=True)
class DistillOptions:
    """How to measure.

    Attributes:
        networks: by name: weight file, run folder or model. `teacher`, `sopi`, `mopi` and `control` (a SOPI trained on
            as long as MOPI and on the same patterns) have rows in all tables; further ones whose names begin with
            "sopi" or "mopi" are compared with those in the ablations.
        head: whose people are drawn, and whose coefficients the networks predict.
        n_people: held-out people, one picture each.
        layout: how the folder of photos is laid out: a name in `manyfaces.bench.landmarks.BENCHMARKS`.
        limit: the first so many photographed faces, for a quick look.
        seed: of people, occluders and intervals.
        device: where the networks run.
        workers: processes; as many as there are cores by default, one on a GPU.
    """

    networks: Mapping[str, str] = field(default_factory=lambda: dict(OPEN_NETWORKS))
    head: str = "openhead"
    n_people: int = 1000
    layout: str = "annotated"
    limit: int | None = None
    seed: int = 0
    device: str = "cpu"
    workers: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: fewer than two people, or no networks.
        """
        if self.n_people < 2:
            raise InputError(f"{self.n_people} people have no interval", "measure at least two")
        if not self.networks:
            raise InputError("there are no networks to measure", "name some, as NAME=FILE")
