"""What a run of the protocol may choose."""

from dataclasses import dataclass
from pathlib import Path

from manyfaces.bench.co545.methods import Masks
from manyfaces.bench.now.predictions import UNIT_MM, Unit
from manyfaces.core.errors import ChoiceError, InputError


@dataclass(frozen=True)
class Co545Options:
    """How to measure.

    Attributes:
        predictions: folders of meshes to score beside the model; see `MeshFolder`.
        unit: of those meshes; "none": they have no size.
        allow_missing: report on the pictures that every folder has meshes for, and list the others; else it is an
            error.
        masks: whether the model is told what hides the face; both are measured one after the other.
        clean: measure the pictures without occluder too.
        model: score the model itself; else the baselines and the folders alone.
        n_hypotheses: S: diversity depends on it, so compare at equal S only.
        n_identities: identities that the model samples and ranks.
        n_random: sizes of the sets of random heads of which the best is taken.
        limit: the first so many items only.
        workers: processes; as many as there are cores by default. One on a GPU.
    """

    predictions: tuple[Path, ...] = ()
    unit: Unit = "mm"
    allow_missing: bool = False
    masks: tuple[Masks, ...] = ("known", "auto")
    clean: bool = True
    model: bool = True
    n_hypotheses: int = 15
    n_identities: int = 100
    n_random: tuple[int, ...] = (200, 1000)
    limit: int | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: one cannot be.
        """
        if self.unit not in UNIT_MM:
            raise ChoiceError("unit", self.unit, list(UNIT_MM))
        if len({folder.name for folder in self.predictions}) < len(self.predictions):
            raise InputError("two folders of predictions have one name", "tables know them by it: rename one")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"limit is {self.limit}", "give a number of items from 1 up")
