"""The models by name: those that ship with the package, and those in the cache folder, imported or trained here."""

import re
from dataclasses import dataclass
from pathlib import Path

from manyfaces.assets import cache_folder
from manyfaces.core.errors import AssetError, ChoiceError, InputError, OutputError, WeightError
from manyfaces.io.model_folders import (
    CARD_NAME,
    DistillCard,
    DistillNetwork,
    PersonalCard,
    PersonCard,
    read_model_folder,
)


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


def _distilled(name: str, part: str, summary: str) -> ReleasedModel:
    return ReleasedModel(
        name=name,
        method="distill",
        head="openhead",
        parts=(part,),
        summary=f"{summary}; on the open head, trained on synthetic people only",
        licence="Apache-2.0",
        card="docs/models/sopi-open.md",
    )


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
    _distilled("sopi-open", "sopi", "SOPI: one coloured face, from a student that has seen hidden faces"),
    _distilled("mopi-open", "mopi", "MOPI: one coloured face, from a student of seven occluded views"),
    ReleasedModel(
        name="personal-open",
        method="personal",
        head="openhead",
        parts=("coarse", "detail-teacher", "detail"),
        summary="Base of person-specific models: a coloured face whose wrinkles move; trained on synthetic people only",
        licence="Apache-2.0",
        card="docs/models/personal-open.md",
    ),
    _distilled("teacher-open", "teacher", "R-Net, their teacher: one coloured face, for faces that nothing hides"),
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


_OFER = "get the authors' files, then run: manyfaces assets import ofer (docs/published-weights.md)"
IMPORTABLE = {
    "ofer-flame20": _OFER,
    "ofer-flame23": _OFER,
    "rnet-bfm": "get the authors' epoch_20.pth, then run: manyfaces assets import deep3d (docs/bfm.md)",
}
"""Names that imported weights of the authors usually get, and how to have them."""

_TITLES: dict[DistillNetwork, str] = {"rnet": "R-Net", "sopi": "SOPI", "mopi": "MOPI"}


def models_folder() -> Path:
    """Where models lie that do not ship, a folder each."""
    return cache_folder() / "models"


def own_models() -> list[str]:
    """Names of the models that do not ship: imported, or trained here."""
    return sorted(path.parent.name for path in models_folder().glob(f"[!.]*/{CARD_NAME}"))


def summary_of(name: str) -> str:
    """One line on a model that does not ship."""
    try:
        card = read_model_folder(models_folder() / name).card
    except WeightError as error:
        return f"cannot be used: {error.message}"
    if isinstance(card, DistillCard):
        return f"{_TITLES[card.network]} on {card.head}; {'trained here' if card.training else 'imported'}"
    if isinstance(card, PersonCard):
        return f"one person, learned from {card.n_frames} frames; on {card.base}"
    if isinstance(card, PersonalCard):
        return f"base of person-specific models on {card.head}; trained here"
    seen = "face points" if card.sees_points else "crops of the face"
    return f"OFER on {card.head}, conditioned on {seen}; {'trained here' if card.training else 'imported'}"


def folder_for(name: str) -> Path:
    """Where a new model of this name goes; one that is there already is replaced.

    Raises:
        InputError: the name is none, or taken by a model that ships.
        OutputError: something else is there.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise InputError(f"{name!r} cannot be the name of a model", "use letters, digits, dots, hyphens")
    if name in [model.name for model in MODELS]:
        raise InputError(f"{name} is a model that ships with the program", "give another --name")
    folder = models_folder() / name
    if folder.exists() and not (folder / CARD_NAME).is_file():
        raise OutputError(f"{folder} is there and is no model", "move it away, or give another --name")
    return folder


def find_model(name: str | Path) -> ReleasedModel | Path:
    """Tell which model is meant: a released one, or the folder of another.

    Args:
        name: of a model, or a folder that holds one.

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
        raise AssetError(f"the model {name} was not imported yet", IMPORTABLE[str(name)])
    known = [model.name for model in MODELS] + own_models()
    raise ChoiceError("model", str(name), [*known, f"a folder that holds a {CARD_NAME}"])


def method_of(name: str | Path) -> str:
    """The method that a model is of: "ofer", "distill", "personal", or "person", of one person.

    Raises:
        ChoiceError, AssetError: see `find_model`.
        WeightError: its folder is damaged.
    """
    found = find_model(name)
    return found.method if isinstance(found, ReleasedModel) else read_model_folder(found).card.method


def names_of(method: str) -> list[str]:
    """Names of all models of a method: those that ship, and those that do not and are not damaged."""
    return [model.name for model in MODELS if model.method == method] + [n for n in own_models() if _is(n, method)]


def _is(name: str, method: str) -> bool:
    try:
        return method_of(name) == method
    except WeightError:
        return False
