"""Make a model of an R-Net or student that was trained here; like the imported one, it goes by a name."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import manyfaces
from manyfaces.core.config import to_json
from manyfaces.core.errors import ChoiceError
from manyfaces.faces import BFM_LAYOUT
from manyfaces.io.atomic import atomic_folder
from manyfaces.io.checkpoints import check_fit, load_weights
from manyfaces.io.face_models import load_face_model
from manyfaces.io.model_folders import CARD_NAME, DistillCard, DistillFolder, Source
from manyfaces.methods.distill import DistillConfig
from manyfaces.pipeline.adding import WEIGHTS_NAME, Say, told, trained_file, training_of
from manyfaces.pipeline.catalogue import folder_for
from manyfaces.pipeline.distill_models import NETWORKS, PARTS


@dataclass(frozen=True)
class AddDistillSettings:
    """What a person says of a network that was trained here.

    Attributes:
        name: of the model.
        part: what `train` called it: teacher, sopi or mopi.
        head: the head model whose coefficients it predicts; None: "bfm" for those of the published layout, which fit
            no other head, else "openhead".
    """

    name: str
    part: str
    head: str | None = None


def last_trained(runs: Path) -> str | None:
    """The part that goes furthest of those that were trained: MOPI, SOPI, or their teacher; None: none of them."""
    return next((part for part in reversed(PARTS) if (runs / part / WEIGHTS_NAME).is_file()), None)


def add_distilled(runs: Path, settings: AddDistillSettings, say: Say) -> Path:
    """Make a model folder of a trained network; it is there as a whole or not at all.

    Args:
        runs: folder that training wrote to.
        settings: see there.
        say: takes one line for each thing that is done.

    Returns:
        The folder, below `models_folder()`. A model of that name is replaced.

    Raises:
        InputError: the network is not trained yet, the head has too few coefficients, or the name is none.
        HeadFileError: the head is not there.
        WeightError: the weights are damaged or another network's.
        OutputError: the folder cannot be written.
    """
    if settings.part not in PARTS:
        raise ChoiceError("part", settings.part, list(PARTS))
    target = folder_for(settings.name)
    weights = load_weights(trained_file(runs, settings.part))
    config = weights.config_as(DistillConfig)
    network = PARTS[settings.part]
    check_fit(NETWORKS[network](config), weights)
    head = settings.head or ("bfm" if config.layout == BFM_LAYOUT else "openhead")
    load_face_model(head, config.layout)  # which says so where they do not fit
    training = training_of(settings.part, weights)
    source = Source.of(settings.part, weights.path)
    card = DistillCard("distill", network, head, config, (source,), manyfaces.__version__, (training,))
    with atomic_folder(target) as folder:
        shutil.copyfile(weights.path, DistillFolder(folder, card).weights())
        (folder / CARD_NAME).write_text(to_json(card), encoding="utf-8")
    say(told(training))
    say(f"the model {target.name}, for the head {head}, lies in {target}")
    return target
