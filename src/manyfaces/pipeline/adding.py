"""Put networks that were trained here together: a model that goes by a name, like the imported ones."""

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

import manyfaces
from manyfaces.core.config import from_dict, to_json
from manyfaces.core.errors import InputError, WeightError
from manyfaces.io.atomic import atomic_folder
from manyfaces.io.checkpoints import Weights, check_fit, load_weights
from manyfaces.io.model_folders import CARD_NAME, FRONT_NAME, HeadName, ModelCard, Source, Training
from manyfaces.io.ofer_checkpoints import read_front_indices
from manyfaces.methods.ofer import OferConfig
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS
from manyfaces.pipeline.catalogue import folder_for
from manyfaces.pipeline.importing import PARTS, Flame, published_ofer
from manyfaces.pipeline.models import load_encoder

Say = Callable[[str], None]
_POINTS = "points"
WEIGHTS_NAME = "weights.safetensors"
"""What training calls the file of a part."""


@dataclass(frozen=True)
class AddSettings:
    """What a person says of a model that was trained here.

    Attributes:
        name: of the model.
        head: which FLAME the weights are for; they say so themselves where a recipe of the paper trained them.
        front_indices: the vertices that the paper's ranker looks at; by default those that its training kept.
    """

    name: str
    head: Flame | None = None
    front_indices: Path | None = None


@dataclass(frozen=True)
class _Trained:
    """One trained network, without its tensors.

    Attributes:
        path: its weights.
        sizes: of all networks, as this one was told them.
        encoder: kind of image encoder that it owns; None where it takes the points' vectors.
        head: the head whose coefficients it was trained on, if it says so.
        training: how it was trained.
    """

    path: Path
    sizes: OferConfig
    encoder: str | None
    head: str | None
    training: Training


def add_model(runs: Path, settings: AddSettings, say: Say) -> Path:
    """Make a model folder of trained networks; it is there as a whole or not at all.

    Args:
        runs: folder that training wrote to: `idgen`, `idrank` and `expgen`, and `points` of the open recipe.
        settings: see there.
        say: takes one line for each thing that is done.

    Returns:
        The folder, below `models_folder()`. A model of that name is replaced.

    Raises:
        InputError: a network is not trained yet, the ranker's vertices or the head are not known, or the name is none.
        WeightError: weights are damaged, or do not belong together.
        OutputError: the folder cannot be written.
    """
    target = folder_for(settings.name)
    trained = {part: _read(runs, part) for part in PARTS}
    sizes, sees_points = _agreed_sizes(trained), _agreed_encoders(trained)
    head = _agreed_head(trained, settings.head, sees_points)
    files = {part: network.path for part, network in trained.items()}
    files |= {_POINTS: _points(runs, sizes)} if sees_points else {}
    front = _front(runs, settings.front_indices, sizes, sees_points)
    trainings = tuple(network.training for network in trained.values())
    with atomic_folder(target) as folder:
        for part, path in files.items():
            shutil.copyfile(path, folder / f"{part}.safetensors")
        if front is not None:
            np.save(folder / FRONT_NAME, front)
        sources = tuple(Source.of(part, path) for part, path in files.items())
        card = ModelCard("ofer", head, sizes, {}, sources, manyfaces.__version__, trainings)
        (folder / CARD_NAME).write_text(to_json(card), encoding="utf-8")
    for training in trainings:
        say(told(training))
    say(f"the model {target.name}, for the head {head}, lies in {target}")
    return target


def _read(runs: Path, part: str) -> _Trained:
    weights = load_weights(trained_file(runs, part))
    try:
        sizes = from_dict(OferConfig, weights.config["ofer"])
    except (KeyError, TypeError):
        raise WeightError(f"{weights.path} holds no network of OFER", f"train {part} again") from None
    own: dict[str, Any] = weights.config.get("encoder", {})
    kind, paper = own.get("kind"), PAPER_ENCODERS[part]
    if kind not in (None, paper.__name__):
        raise WeightError(
            f"{weights.path} has the encoder {kind}, a model has {paper.__name__} there", "train it by a named recipe"
        )
    check_fit(getattr(published_ofer(sizes, {part: paper} if kind else {}), part), weights)
    return _Trained(weights.path, sizes, kind, own.get("head"), training_of(part, weights, own.get("values")))


def trained_file(runs: Path, part: str) -> Path:
    """The weight file of a part that was trained.

    Raises:
        InputError: it was not.
    """
    path = runs / part / WEIGHTS_NAME
    if not path.is_file():
        raise InputError(f"{runs} holds no trained {part}", f"train it first: manyfaces train {part} --out {runs}")
    return path


def training_of(part: str, weights: Weights, values: str | None = None) -> Training:
    """How a network was trained, as its weight file says."""
    steps = int(weights.notes.get("step", 0))
    planned = int(weights.notes.get("steps", steps))
    recipe = weights.notes.get("recipe", "")
    return Training(part, recipe, steps, planned, values if values in ("paper", "code") else None)


def _agreed_sizes(trained: Mapping[str, _Trained]) -> OferConfig:
    first, *others = (network.sizes for network in trained.values())
    names = [field.name for field in dataclasses.fields(OferConfig)]
    differing = [name for name in names if any(getattr(first, name) != getattr(other, name) for other in others)]
    if differing:
        raise _apart(f"were trained with different settings: {', '.join(differing)}")
    return first


def _agreed_encoders(trained: Mapping[str, _Trained]) -> bool:
    """Whether all networks see points; they may not see different things."""
    sees_points = {part: network.encoder is None for part, network in trained.items()}
    if len(set(sees_points.values())) > 1:
        seen = ", ".join(f"{part} {'points' if points else 'crops'}" for part, points in sees_points.items())
        raise _apart(f"see different things: {seen}")
    return all(sees_points.values())


def _agreed_head(trained: Mapping[str, _Trained], said: Flame | None, sees_points: bool) -> HeadName:
    """The head of all networks: coefficients mean nothing on another one."""
    heads: dict[str, str] = {part: network.head for part, network in trained.items() if network.head}
    if sees_points:
        heads |= {_POINTS: "openhead"}
    if said:
        heads |= {"--head": said}
    if not heads:
        raise InputError("the weights do not say which FLAME they are for", "give --head flame20 or flame23")
    if len(set(heads.values())) > 1:
        raise _apart(f"are for different heads: {', '.join(f'{part} {head}' for part, head in heads.items())}")
    return next(iter(heads.values()))  # pyright: ignore[reportReturnType]


def _apart(how: str) -> WeightError:
    return WeightError(f"these networks {how}", "train all of them by recipes that belong together")


def _points(runs: Path, sizes: OferConfig) -> Path:
    """The file of the point encoder, once it is known to give what the networks take."""
    path = trained_file(runs, _POINTS)
    n_out = load_encoder(path).config.widths[-1]
    if n_out != sizes.identity_condition_dim:
        raise _apart(f"take vectors of {sizes.identity_condition_dim} numbers, the points' encoder gives {n_out}")
    return path


def _front(runs: Path, given: Path | None, sizes: OferConfig, sees_points: bool) -> Int64[np.ndarray, " N"] | None:
    """The vertices that the paper's ranker looks at; the open one's follow from its head."""
    if sees_points:
        if given is not None:
            raise InputError("the open recipe's ranker takes its vertices from its head", "leave --front-indices out")
        return None
    kept = runs / "idrank" / FRONT_NAME
    if given is None and not kept.is_file():
        raise InputError(
            f"nothing says which vertices the ranker looks at: {kept} is not there", "name it: --front-indices FILE"
        )
    front = read_front_indices(given or kept, sizes.idrank.n_vertices)
    if kept.is_file() and not np.array_equal(front, read_front_indices(kept, sizes.idrank.n_vertices)):
        raise InputError(f"{given} is not what the ranker was trained with, {kept} is", "leave --front-indices out")
    return front


def told(training: Training) -> str:
    """One line on how a network was trained."""
    values = f", values of the {training.values}" if training.values else ""
    cut = f"; warning: {training.planned_steps} were planned" if training.steps < training.planned_steps else ""
    return f"{training.part}: recipe {training.recipe}{values}, {training.steps} steps{cut}"
