"""The recipes of the paper: its networks on its data, from pretrained encoders."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64

from manyfaces.core.errors import ChoiceError, ConfigError, InputError, WeightError
from manyfaces.diffusion import ANCESTRAL
from manyfaces.heads import HeadModel
from manyfaces.io.atomic import atomic_path
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.head_files import load_head
from manyfaces.io.model_folders import FRONT_NAME
from manyfaces.io.ofer_checkpoints import read_front_indices
from manyfaces.methods.ofer import PAPER, FrontFace, IdGen
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS
from manyfaces.train.config import TrainConfig
from manyfaces.train.encoders import EncoderFiles, StartEncoder, start_encoder
from manyfaces.train.ofer import ExpGenRecipe, IdGenRecipe, IdRankRecipe
from manyfaces.train.paper_data import DataOptions, open_training_data
from manyfaces.train.paper_values import (
    DIFFUSION_RATE,
    ENCODER_RATES,
    RANK_RATE,
    PublishedValues,
    Values,
    published_values,
    train_config,
)
from manyfaces.train.parallel import Parallel
from manyfaces.train.recipe import Recipe

# Half a gigabyte of candidates, each used about four times before the next pool is drawn.
POOL_EXAMPLES = 4096
REFRESH_EPOCHS = 10
FOUR_SETS = ("LYHM", "STIRLING", "FACEWAREHOUSE", "FLORENCE")


@dataclass(frozen=True)
class PaperRecipe:
    """One of the paper's networks.

    Attributes:
        part: which.
        head: the head model whose coefficients the data hold.
        sets: data sets.
    """

    part: str
    head: str
    sets: tuple[str, ...]


PAPER_RECIPES: dict[str, PaperRecipe] = {
    "idgen-flame20": PaperRecipe("idgen", "flame20", FOUR_SETS),
    "idgen-flame23": PaperRecipe("idgen", "flame23", FOUR_SETS),
    "expgen": PaperRecipe("expgen", "flame23", ("FAMOS",)),
    "idrank": PaperRecipe("idrank", "flame23", FOUR_SETS),
}


@dataclass(frozen=True)
class PaperOptions:
    """What a person says of a run of a paper recipe.

    Attributes:
        data: the data sets.
        values: the paper's epochs and batches with our extras, or the published code's, bare.
        encoders: the pretrained encoders.
        idgen: weights that IdRank's candidates are drawn with; those trained in the same folder when None.
        front_indices: file of the vertices that IdRank looks at.
    """

    data: DataOptions = field(default_factory=DataOptions)
    values: Values | str = "paper"
    encoders: EncoderFiles = field(default_factory=EncoderFiles)
    idgen: Path | None = None
    front_indices: Path | None = None


def paper_recipe(
    name: str, part: str, options: PaperOptions, out: Path, seed: int, steps: int | None, parallel: Parallel
) -> Recipe:
    """Make a recipe from its name and what a person says.

    Raises:
        ChoiceError: the recipe trains another part, or unknown values.
        InputError: something is not given, or not there; nothing is trained on random encoders by oversight.
        DataError: the data cannot be used.
        WeightError: a file of weights is damaged or of another network.
    """
    recipe = PAPER_RECIPES[name]
    if part != recipe.part:
        raise ChoiceError(f"recipe of {part}", name, [n for n, r in PAPER_RECIPES.items() if r.part == part])
    values = published_values(name, options.values)
    encoder = start_encoder(part, options.encoders)
    data = open_training_data(
        options.data,
        recipe.sets,
        recipe.head,
        values.images_per_person,
        hide=values.extras,
        expressions=part == "expgen",
    )
    config = _config(recipe, values, encoder, data.n_people)
    common: dict[str, Any] = {
        "source": data.train,
        "held_out": data.validation,
        "ofer": PAPER,
        "config": replace(config, seed=seed, steps=steps or config.steps),
        "batch_size": values.batch_size,
        "make_encoder": encoder.make,
        "encoder_config": {**encoder.origin, "head": recipe.head, "values": options.values},
    }
    if part == "idgen":
        return IdGenRecipe(**common)
    if part == "expgen":
        return ExpGenRecipe(**common)
    return IdRankRecipe(
        **common,
        idgen=_idgen(options.idgen or out / "idgen" / "weights.safetensors", recipe).to(parallel.device),
        front=_front(recipe, options.front_indices, out / "idrank" / FRONT_NAME, parallel),
        n_pool=POOL_EXAMPLES,
        sampler=None if values.extras else ANCESTRAL,
        drawn_truth=False,
        refresh_every=REFRESH_EPOCHS * _epoch(config),
        pool_folder=out / "idrank" / "pool",
        parallel=parallel,
    )


def _config(recipe: PaperRecipe, values: PublishedValues, encoder: StartEncoder, n_people: int) -> TrainConfig:
    rate = RANK_RATE if recipe.part == "idrank" else DIFFUSION_RATE
    return train_config(values, rate, {f"encoder.{name}": ENCODER_RATES[name] for name in encoder.networks}, n_people)


def _epoch(config: TrainConfig) -> int:
    assert config.plateau is not None
    return config.plateau.steps_per_epoch


def _idgen(path: Path, recipe: PaperRecipe) -> IdGen:
    """The trained identity network; it must be of the same head."""
    fix = f"name its weights with --idgen FILE, or train it first: manyfaces train idgen --recipe idgen-{recipe.head}"
    if not path.is_file():
        raise InputError(f"idrank ranks what a trained idgen draws, and {path} is not there", fix)
    weights = load_weights(path)
    head = weights.config.get("encoder", {}).get("head", recipe.head)
    if head != recipe.head:
        raise WeightError(f"{path} draws identities of the head {head}, not of {recipe.head}", fix)
    idgen = IdGen(PAPER, PAPER_ENCODERS["idgen"]())
    load_into(idgen, weights)
    return idgen.eval().requires_grad_(False)


def _front(recipe: PaperRecipe, path: Path | None, kept: Path, parallel: Parallel) -> FrontFace:
    """The face that the ranker looks at; which vertices it is made of is kept beside its weights."""
    if path is None:
        raise InputError(
            "idrank looks at the front of the face, and nothing says which vertices those are",
            "name the authors' frontindices.npy: --front-indices FILE",
        )
    indices = read_front_indices(path, PAPER.idrank.n_vertices)
    with parallel.first_one():
        _keep(indices, kept)
    head = HeadModel(load_head(recipe.head))
    front = torch.from_numpy(indices)
    return FrontFace(head.template[front] * 1000, head.identity_basis[: PAPER.n_identity, front] * 1000)


def _keep(indices: Int64[np.ndarray, " N"], path: Path) -> None:
    if not path.is_file():
        with atomic_path(path) as temporary:
            np.save(temporary, indices)
    elif not np.array_equal(read_front_indices(path, len(indices)), indices):
        raise ConfigError(f"{path.parent} holds a run that looks at other vertices", "use another run folder")
