"""Folders of models, imported or trained here: `model.json` says what it is, the weights lie beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int

from manyfaces.assets.cache import sha256_of
from manyfaces.core.config import from_json
from manyfaces.core.errors import ConfigError, WeightError
from manyfaces.methods.ofer import OferConfig

CARD_NAME = "model.json"
FRONT_NAME = "front_indices.npy"
HeadName = Literal["openhead", "flame20", "flame23"]
_AGAIN = "make it again: manyfaces assets import ofer, or manyfaces models add (docs/published-weights.md)"


@dataclass(frozen=True)
class Source:
    """A file that a model was made of, as its card names it.

    Attributes:
        role: what it is.
        file: its name.
        size: bytes.
        sha256: hex digest.
    """

    role: str
    file: str
    size: int
    sha256: str

    @staticmethod
    def of(role: str, path: Path) -> "Source":
        """Look at a file."""
        return Source(role, path.name, path.stat().st_size, sha256_of(path))


@dataclass(frozen=True)
class Training:
    """How one network of a model was trained here.

    Attributes:
        part: which.
        recipe: its name.
        steps: steps done.
        planned_steps: steps that the run was to have.
        values: of the paper's recipes, whose numbers: "paper" or "code".
    """

    part: str
    recipe: str
    steps: int
    planned_steps: int
    values: Literal["paper", "code"] | None = None


@dataclass(frozen=True)
class ModelCard:
    """What `model.json` says.

    Attributes:
        method: family.
        head: name of the head model the weights were made for.
        sizes: of the networks.
        attention: generator -> where its attention projections come from, for imported weights.
        sources: the files it was made of.
        made_with: version of this program.
        training: how its networks were trained, for those trained here.
    """

    method: Literal["ofer"]
    head: HeadName
    sizes: OferConfig
    attention: dict[str, str]
    sources: tuple[Source, ...]
    made_with: str
    training: tuple[Training, ...] = ()

    @property
    def sees_points(self) -> bool:
        """Whether the networks are conditioned on face points, by an encoder that is part of the model, or on crops."""
        return any(source.role == "points" for source in self.sources)


@dataclass(frozen=True)
class ModelFolder:
    """A model as it lies on the disk.

    Attributes:
        path: the folder; its name is the model's.
        card: what `model.json` says.
    """

    path: Path
    card: ModelCard

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
    """Read what `model.json` says of a model.

    Raises:
        WeightError: there is no such file, it is damaged, or not of a model that this program knows.
    """
    path = Path(path)
    try:
        return ModelFolder(path, from_json(ModelCard, (path / CARD_NAME).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise WeightError(f"{path} is no model: it holds no {CARD_NAME}", _AGAIN) from None
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        why = error.message if isinstance(error, ConfigError) else " ".join(str(error).split())
        raise WeightError(f"{path / CARD_NAME} cannot be used: {why}", _AGAIN) from error
