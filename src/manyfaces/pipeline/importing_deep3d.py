"""Turn the published weights of R-Net into a model of ours, once."""

from pathlib import Path

import manyfaces
from manyfaces.core.config import to_json
from manyfaces.io.atomic import atomic_folder
from manyfaces.io.bfm_files import BFM
from manyfaces.io.checkpoints import save_weights
from manyfaces.io.deep3d_checkpoints import read_deep3d
from manyfaces.io.model_folders import CARD_NAME, DistillCard, DistillFolder, Source
from manyfaces.methods.distill import PUBLISHED, DistillConfig
from manyfaces.pipeline.catalogue import folder_for
from manyfaces.pipeline.projections import Say


def import_deep3d(path: Path, name: str, say: Say, config: DistillConfig = PUBLISHED) -> Path:
    """Convert a checkpoint of Deep3DFaceRecon to a model folder, which is there as a whole or not at all.

    Args:
        path: `epoch_20.pth` of the authors.
        name: of the model; one of that name is replaced.
        say: takes one line for each thing that is done.
        config: of the network, where the authors' code was run with other sizes.

    Returns:
        The folder, below `models_folder()`.

    Raises:
        WeightError: see `read_deep3d`.
        InputError: the name is none.
        OutputError: the folder cannot be written.
    """
    target = folder_for(name)
    say(f"reading {path}")
    weights = read_deep3d(path, config)
    card = DistillCard("distill", "rnet", BFM, config, (Source.of("rnet", path),), manyfaces.__version__)
    with atomic_folder(target) as folder:
        save_weights(DistillFolder(folder, card).weights(), weights.state, weights.config, weights.notes)
        (folder / CARD_NAME).write_text(to_json(card), encoding="utf-8")
    say(f"the model {target.name}, {len(weights.state)} tensors, lies in {target}")
    return target
