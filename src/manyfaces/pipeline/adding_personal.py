"""Make a model of a base for person-specific models that was trained here."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import manyfaces
from manyfaces.core.config import to_json
from manyfaces.core.errors import WeightError
from manyfaces.io.atomic import atomic_folder
from manyfaces.io.checkpoints import Weights, check_fit, load_weights
from manyfaces.io.face_models import load_face_model
from manyfaces.io.model_folders import CARD_NAME, PersonalCard, PersonalFolder, Source
from manyfaces.methods.personal import CoarseConfig, CoarseNet, DetailConfig, PersonalConfig
from manyfaces.nn import DisplacementMae, DisplacementUNet
from manyfaces.pipeline.adding import WEIGHTS_NAME, Say, told, trained_file, training_of
from manyfaces.pipeline.catalogue import folder_for
from manyfaces.pipeline.personal_models import COARSE, STUDENT, TEACHER


@dataclass(frozen=True)
class AddPersonalSettings:
    """What a person says of a base that was trained here.

    Attributes:
        name: of the model.
        head: the head model whose coefficients it predicts.
    """

    name: str
    head: str = "openhead"


def is_trained(runs: Path) -> bool:
    """Whether a folder of runs holds all three networks."""
    return all((runs / part / WEIGHTS_NAME).is_file() for part in (COARSE, TEACHER, STUDENT))


def add_personal(runs: Path, settings: AddPersonalSettings, say: Say) -> Path:
    """Make a model folder of the three networks; it is there as a whole or not at all.

    Args:
        runs: folder that training wrote to.
        settings: see there.
        say: takes one line for each thing that is done.

    Returns:
        The folder, below `models_folder()`. A model of that name is replaced.

    Raises:
        InputError: a network is not trained yet, the head has too few coefficients, or the name is none.
        HeadFileError: the head is not there.
        WeightError: weights are damaged, other networks', or do not belong together.
        OutputError: the folder cannot be written.
    """
    target = folder_for(settings.name)
    weights = {part: load_weights(trained_file(runs, part)) for part in (COARSE, TEACHER, STUDENT)}
    sizes = PersonalConfig(weights[COARSE].config_as(CoarseConfig), _detail(weights))
    check_fit(CoarseNet(sizes.coarse), weights[COARSE])
    check_fit(DisplacementUNet(sizes.detail.teacher), weights[TEACHER])
    check_fit(DisplacementMae(sizes.detail.student), weights[STUDENT])
    load_face_model(settings.head, sizes.coarse.layout)  # which says so where they do not fit
    trainings = tuple(training_of(part, found) for part, found in weights.items())
    sources = tuple(Source.of(part, found.path) for part, found in weights.items())
    card = PersonalCard("personal", settings.head, sizes, sources, manyfaces.__version__, trainings)
    with atomic_folder(target) as folder:
        for part, found in weights.items():
            shutil.copyfile(found.path, PersonalFolder(folder, card).weights(part))
        (folder / CARD_NAME).write_text(to_json(card), encoding="utf-8")
    for training in trainings:
        say(told(training))
    say(f"the model {target.name}, for the head {settings.head}, lies in {target}")
    return target


def _detail(weights: dict[str, Weights]) -> DetailConfig:
    of_teacher, of_student = (weights[part].config_as(DetailConfig) for part in (TEACHER, STUDENT))
    if of_teacher != of_student:
        raise WeightError(f"{STUDENT} was trained with another {TEACHER}", f"train {STUDENT} again")
    return of_student
