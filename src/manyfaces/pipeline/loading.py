"""Any model by its name or folder."""

from pathlib import Path

import torch

from manyfaces.core.errors import InputError
from manyfaces.io.model_folders import ModelFolder, read_model_folder
from manyfaces.methods.ofer.compat import NO_QUIRKS, Compat
from manyfaces.methods.ofer.compat import compat as parse_compat
from manyfaces.pipeline.catalogue import find_model
from manyfaces.pipeline.models import LoadedOfer, OpenFiles, assemble_open_ofer, released_files
from manyfaces.pipeline.published import load_paper_ofer


def load_ofer(
    name: str | Path, device: torch.device, head: str | Path | None = None, compat: Compat | str = "none"
) -> LoadedOfer:
    """Load a model; see `Predictor.from_pretrained`.

    Raises:
        InputError: a model of the open recipe with another head or with quirks of code that it was not trained by.
        ChoiceError, AssetError, HeadFileError, WeightError: see `Predictor.from_pretrained`.
    """
    quirks = parse_compat(compat) if isinstance(compat, str) else compat
    found = find_model(name)
    if isinstance(found, Path):
        model = read_model_folder(found)
        if not isinstance(model, ModelFolder):
            raise InputError(f"{model.name} is no model of OFER", "name one that is: manyfaces models")
        if not model.card.sees_points:
            return load_paper_ofer(model, device, head, quirks)
        parts = {source.role: model.weights(source.role) for source in model.card.sources}
        files = OpenFiles(model.name, model.card.head, parts)
    else:
        files = released_files(found.name)
    if head is not None or quirks != NO_QUIRKS:
        raise InputError(
            f"the model {files.name} is made for the head {files.head} and has no quirks to repeat",
            "leave head and compat out, or name a model of the paper's networks",
        )
    return assemble_open_ofer(files, device)
