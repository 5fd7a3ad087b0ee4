"""Folders of models, imported or trained here: `model.json` says what it is, the weights lie beside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int

from manyfaces.assets.cache import sha256_of
from manyfaces.core.config import from_json
from manyfaces.core.errors import ConfigError, WeightError
from manyfaces.methods.distill import DistillConfig
from manyfaces.methods.ofer import OferConfig
from manyfaces.methods.personal import PersonalConfig

CARD_NAME = "model.json"
FRONT_NAME = "front_indices.npy"
PERSON_NAME = "person.safetensors"
HeadName = Literal["openhead", "flame20", "flame23"]
DistillNetwork = Literal["rnet", "sopi", "mopi"]
_AGAIN = "make it again: manyfaces assets import, or manyfaces models add (docs/published-weights.md, docs/bfm.md)"


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
    """What `model.json` says of a model of OFER.

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
class DistillCard:
    """What `model.json` says of R-Net or of one of its students; `<network>.safetensors` lies beside it.

    Attributes:
        method: family.
        network: which of them.
        head: name of the head model whose coefficients it predicts.
        sizes: of the network.
        sources: the files it was made of.
        made_with: version of this program.
        training: how it was trained, if it was here.
    """

    method: Literal["distill"]
    network: DistillNetwork
    head: str
    sizes: DistillConfig
    sources: tuple[Source, ...]
    made_with: str
    training: tuple[Training, ...] = ()


@dataclass(frozen=True)
class PersonalCard:
    """What `model.json` says of a base for everybody that was trained here; its networks lie beside it.

    Attributes:
        method: family.
        head: name of the head model whose coefficients it predicts.
        sizes: of its networks.
        sources: the files it was made of.
        made_with: version of this program.
        training: how its networks were trained.
    """

    method: Literal["personal"]
    head: str
    sizes: PersonalConfig
    sources: tuple[Source, ...]
    made_with: str
    training: tuple[Training, ...] = ()


@dataclass(frozen=True)
class PersonCard:
    """What `model.json` says of one person's model; `person.safetensors` lies beside it.

    Attributes:
        method: family.
        base: name of the model that the person's adapters are for.
        base_sha256: digests of its coarse and its detail network.
        widths: of the coarse and the detail adapters.
        n_frames: how many frames they learned from.
        made_with: version of this program.
    """

    method: Literal["person"]
    base: str
    base_sha256: tuple[str, str]
    widths: tuple[int, int]
    n_frames: int
    made_with: str


Card = ModelCard | DistillCard | PersonalCard | PersonCard


@dataclass(frozen=True)
class _Folder:
    path: Path

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.path.name


@dataclass(frozen=True)
class DistillFolder(_Folder):
    """R-Net or one of its students as it lies on the disk.

    Attributes:
        path: the folder; its name is the model's.
        card: what `model.json` says.
    """

    card: DistillCard

    def weights(self) -> Path:
        """The weight file of its network."""
        return self.path / f"{self.card.network}.safetensors"


@dataclass(frozen=True)
class ModelFolder(_Folder):
    """A model of OFER as it lies on the disk.

    Attributes:
        path: the folder; its name is the model's.
        card: what `model.json` says.
    """

    card: ModelCard

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


@dataclass(frozen=True)
class PersonalFolder(_Folder):
    """A base for everybody as it lies on the disk.

    Attributes:
        path: the folder; its name is the model's.
        card: what `model.json` says.
    """

    card: PersonalCard

    def weights(self, part: str) -> Path:
        """The weight file of one network."""
        return self.path / f"{part}.safetensors"


@dataclass(frozen=True)
class PersonFolder(_Folder):
    """One person's model as it lies on the disk.

    Attributes:
        path: the folder; its name is the model's.
        card: what `model.json` says.
    """

    card: PersonCard

    def weights(self) -> Path:
        """What the person's adapters hold, and what the person looks like."""
        return self.path / PERSON_NAME


AnyFolder = ModelFolder | DistillFolder | PersonalFolder | PersonFolder

_CARDS: dict[str, type[Card]] = {
    "ofer": ModelCard,
    "distill": DistillCard,
    "personal": PersonalCard,
    "person": PersonCard,
}
_FOLDERS: dict[type[Card], type[AnyFolder]] = {
    ModelCard: ModelFolder,
    DistillCard: DistillFolder,
    PersonalCard: PersonalFolder,
    PersonCard: PersonFolder,
}


def read_model_folder(path: str | Path) -> AnyFolder:
    """Read what `model.json` says of a model.

    Raises:
        WeightError: there is no such file, it is damaged, or not of a model that this program knows.
    """
    path = Path(path)
    try:
        card = _read_card((path / CARD_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightError(f"{path} is no model: it holds no {CARD_NAME}", _AGAIN) from None
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        why = error.message if isinstance(error, ConfigError) else " ".join(str(error).split())
        raise WeightError(f"{path / CARD_NAME} cannot be used: {why}", _AGAIN) from error
    return _FOLDERS[type(card)](path, card)  # pyright: ignore[reportArgumentType]


def _read_card(text: str) -> Card:
    try:
        method = str(json.loads(text)["method"])
    except (ValueError, KeyError, TypeError):
        method = "ofer"  # what is wrong is said when it is read as one of those
    return from_json(_CARDS.get(method, ModelCard), text)
