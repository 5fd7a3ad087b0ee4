"""A person's model as a folder: `model.json`, `person.safetensors`, `report.json`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from manyfaces.core.config import to_json
from manyfaces.io.atomic import atomic_path
from manyfaces.io.checkpoints import save_weights
from manyfaces.io.model_folders import CARD_NAME, PersonCard, PersonFolder
from manyfaces.io.report_files import REPORT_NAME
from manyfaces.methods.personal.adapted import Adapted, AdaptedSkin
from manyfaces.pipeline.personal_models import LoadedPersonal, Person, person_state


@dataclass(frozen=True)
class PersonRecord:
    """How a person's model came about; pairs are of the coarse and the detail stage.

    Attributes:
        card: what `model.json` says.
        frames: that were learned from.
        left_out: those that were not, with the reason.
        steps: of training.
        seconds: that it took.
        losses: on held-out frames, the first that was measured and the best.
        learned_share: learned parameters, as a share of the base's.
    """

    card: PersonCard
    frames: tuple[str, ...]
    left_out: tuple[str, ...]
    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    losses: tuple[tuple[float, float], ...]
    learned_share: tuple[float, ...]


def save_person(
    out: Path, base: LoadedPersonal, coarse: Adapted, student: AdaptedSkin, person: Person, record: PersonRecord
) -> None:
    """Write the folder; `model.json` comes last, so that a folder that has one is whole.

    Raises:
        OutputError: it cannot be written.
    """
    folder = PersonFolder(out, record.card)
    # Of a person who was here before; from here on weights and card would be two persons'.
    (out / CARD_NAME).unlink(missing_ok=True)
    save_weights(folder.weights(), person_state(coarse, student, person), {"base": base.coarse.name})
    report = {name: value for name, value in asdict(record).items() if name != "card"}
    for name, text in ((REPORT_NAME, json.dumps(report, indent=1)), (CARD_NAME, to_json(record.card))):
        with atomic_path(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
