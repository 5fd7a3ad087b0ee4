"""The released models by name."""

from dataclasses import dataclass

from manyfaces.core.errors import ChoiceError


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
