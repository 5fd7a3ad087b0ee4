"""The models by name: those that ship with the package, and those imported into the cache folder."""

from dataclasses import dataclass
from pathlib import Path

from manyfaces.assets import cache_folder
from manyfaces.core.errors import AssetError, ChoiceError
from manyfaces.io.model_folders import CARD_NAME


@dataclass(frozen=True)
class ReleasedModel:
    """A model that ships with the package.

    Attributes:
        name: what `from_pretrained` takes.
        method: family it belongs to.
        head: head model it was trained on.
        parts: weight files below `<name>/` in the package, without suffix.
        summary: one line.
        licence: of the weights.
        card: its model card in the documentation.
    """

    name: str
    method: str
    head: str
    parts: tuple[str, ...]
    summary: str
    licence: str
    card: str


MODELS = (
    ReleasedModel(
        name="ofer-open",
        method="ofer",
        head="openhead",
        parts=("points", "idgen", "idrank", "expgen"),
        summary="OFER on the open head, conditioned on dense face points; trained on synthetic people only",
        licence="Apache-2.0",
        card="docs/models/ofer-open.md",
    ),
)


def released(name: str) -> ReleasedModel:
    """Look a model up.

    Raises:
        ChoiceError: there is none of that name.
    """
    for model in MODELS:
        if model.name == name:
            return model
    raise ChoiceError("model", name, [model.name for model in MODELS])


IMPORTABLE = ("ofer-flame20", "ofer-flame23")
"""Names that imported weights of the authors usually get."""


def models_folder() -> Path:
    """Where imported models lie, a folder each."""
    return cache_folder() / "models"


def imported_models() -> list[str]:
    """Names of the imported models."""
    return sorted(path.parent.name for path in models_folder().glob(f"*/{CARD_NAME}"))


def find_model(name: str | Path) -> ReleasedModel | Path:
    """Tell which model is meant: a released one, or the folder of an imported one.

    Args:
        name: a released or imported model's name, or a folder with an imported one.

    Raises:
        ChoiceError: there is none.
        AssetError: there could be, but it was not imported.
    """
    for model in MODELS:
        if model.name == str(name):
            return model
    for folder in (models_folder() / name, Path(name).expanduser()):
        if (folder / CARD_NAME).is_file():
            return folder
    if str(name) in IMPORTABLE:
        raise AssetError(
            f"the model {name} was not imported yet",
            "get the authors' files, then run: manyfaces assets import ofer (docs/published-weights.md)",
        )
    known = [model.name for model in MODELS] + imported_models()
    raise ChoiceError("model", str(name), [*known, f"a folder that holds a {CARD_NAME}"])
