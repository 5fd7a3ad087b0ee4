"""Teacher and students from wherever they lie: a weight file, a run of `manyfaces train`, a model's name."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch

from manyfaces.core.errors import ConfigError, InputError, WeightError
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.model_folders import CARD_NAME
from manyfaces.methods.distill import DistillConfig, Mopi, RNet, Sopi
from manyfaces.pipeline.distill_models import load_distill

Network = RNet | Sopi | Mopi

TEACHER, SOPI, MOPI, CONTROL = "teacher", "sopi", "mopi", "control"
RUN_FILE = "weights.safetensors"

# What tells the networks apart: a tensor that one of them alone has.
_MARKS: Mapping[str, type[RNet] | type[Sopi] | type[Mopi]] = {
    "final_layers.0.bias": RNet,
    "fc.bias": Sopi,
    "heads.0.bias": Mopi,
}


def load_network(place: str | Path) -> Network:
    """Load a teacher or a student.

    Args:
        place: a weight file, the folder of a run, or the name of a model.

    Raises:
        ChoiceError, AssetError, InputError: no model of this family has that name.
        WeightError: the file is no network of this family.
    """
    path = Path(place)
    if not path.exists() or (path / CARD_NAME).is_file():
        return cast(Network, load_distill(place, torch.device("cpu")).network)
    weights = load_weights(path / RUN_FILE if path.is_dir() else path)
    kind = next((kind for mark, kind in _MARKS.items() if mark in weights.state), None)
    if kind is None:
        raise WeightError(f"{path} holds no R-Net, SOPI or MOPI", "name one that `manyfaces train` wrote")
    network = kind(weights.config_as(DistillConfig))
    load_into(network, weights)
    return network.eval().requires_grad_(False)


def networks_of_runs(runs: Path) -> dict[str, str]:
    """The networks that were trained in a folder, by the names of their parts.

    Raises:
        InputError: there are none.
    """
    files = sorted(runs.glob(f"*/{RUN_FILE}"))
    # A run's folder can hold others: the recogniser, and networks of other methods.
    found = {path.parent.name: str(path.parent) for path in files if any(m in load_weights(path).state for m in _MARKS)}
    if not found:
        raise InputError(f"{runs} holds no trained networks", "name the folder that `manyfaces train --out` wrote to")
    return found


def check_alike(networks: Mapping[str, Network]) -> DistillConfig:
    """The sizes that all networks share, as far as they can be compared by them.

    Raises:
        InputError: there are no networks.
        ConfigError: they look at pictures of different sizes, or predict different coefficients.
    """
    if not networks:
        raise InputError("there are no networks to measure", "name some, as NAME=FILE")
    (first, own), *others = ((name, network.config) for name, network in networks.items())
    for name, config in others:
        if (config.picture_px, config.layout) != (own.picture_px, own.layout):
            raise ConfigError(
                f"{first} and {name} look at pictures of other sizes or predict other coefficients",
                "measure them one at a time",
            )
    return own
