"""Any model by its name or folder."""

from pathlib import Path

import torch

from manyfaces.core.errors import InputError
from manyfaces.methods.ofer.compat import NO_QUIRKS, Compat
from manyfaces.methods.ofer.compat import compat as parse_compat
from manyfaces.pipeline.catalogue import find_model
from manyfaces.pipeline.models import LoadedOfer, load_open_ofer
from manyfaces.pipeline.published import load_imported_ofer


def load_ofer(
    name: str | Path, device: torch.device, head: str | Path | None = None, compat: Compat | str = "none"
) -> LoadedOfer:
    """Load a model; see `Predictor.from_pretrained`.

    Raises:
        InputError: a released model with another head or with quirks of code that it was not trained by.
        ChoiceError, AssetError, HeadFileError, WeightError: see `Predictor.from_pretrained`.
    """
    quirks = parse_compat(compat) if isinstance(compat, str) else compat
    model = find_model(name)
    if isinstance(model, Path):
        return load_imported_ofer(model, device, head, quirks)
    if head is not None or quirks != NO_QUIRKS:
        raise InputError(
            f"the model {model.name} is made for the head {model.head} and has no quirks to repeat",
            "leave head and compat out, or name an imported model",
        )
    return load_open_ofer(model.name, device)
