"""Folders of imported models: `model.json` says what the model is, its weights lie beside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from manyfaces.core.errors import WeightError

CARD_NAME = "model.json"
FRONT_NAME = "front_indices.npy"
_AGAIN = "import the model again: manyfaces assets import ofer (docs/published-weights.md)"


@dataclass(frozen=True)
class ModelFolder:
    """An imported model as it lies on the disk.

    Attributes:
        path: the folder; its name is the model's.
        head: name of the head model that the weights were made for.
        card: all that `model.json` says.
    """

    path: Path
    head: str
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.path.name

    def weights(self, part: str) -> Path:
        """The weight file of one network."""
        return self.path / f"{part}.safetensors"

    def front_indices(self) -> Int[np.ndarray, " V"]:
        """The vertices that the ranking network looks at.

        Raises:
            WeightError: the file is missing, damaged, or holds anything but a list of whole numbers.
        """
        path = self.path / FRONT_NAME
        if not path.is_file():
            raise WeightError(f"no file {path}: it lists the vertices that the ranking network looks at", _AGAIN)
        try:
            indices = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise WeightError(f"{path} is damaged or no list of vertices", _AGAIN) from error
        if indices.ndim != 1 or indices.dtype.kind not in "iu" or not len(indices):
            raise WeightError(f"{path} holds {indices.dtype} of shape {indices.shape}, not a list of vertices", _AGAIN)
        return indices.astype(np.int64)


def read_model_folder(path: str | Path) -> ModelFolder:
    """Read what `model.json` says of an imported model.

    Raises:
        WeightError: there is no such file, it is damaged, or not of a model that this program knows.
    """
    path = Path(path)
    try:
        card = json.loads((path / CARD_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightError(f"{path} is no model: it holds no {CARD_NAME}", _AGAIN) from None
    except (OSError, ValueError) as error:
        raise WeightError(f"{path / CARD_NAME} is damaged: {' '.join(str(error).split())}", _AGAIN) from error
    wanted = {"method": str, "head": str, "sizes": dict}
    wrong = [key for key, kind in wanted.items() if not isinstance(card, dict) or not isinstance(card.get(key), kind)]
    if wrong:
        raise WeightError(f"{path / CARD_NAME} does not say {', '.join(wrong)}", _AGAIN)
    if card["method"] != "ofer":
        raise WeightError(f"{path} is a model of the method {card['method']!r}", "known: ofer")
    return ModelFolder(path, card["head"], card)
