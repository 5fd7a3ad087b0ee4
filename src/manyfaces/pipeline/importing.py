"""Turn the authors' checkpoints of OFER into a model of ours, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

import manyfaces
from manyfaces.core.config import to_dict, to_json
from manyfaces.core.errors import InputError, WeightError
from manyfaces.diffusion import linear_schedule
from manyfaces.io.atomic import atomic_folder
from manyfaces.io.checkpoints import State, save_weights
from manyfaces.io.model_folders import CARD_NAME, FRONT_NAME, ModelCard, Source
from manyfaces.io.ofer_checkpoints import OferCheckpoint, Part, read_front_indices, read_ofer_checkpoint
from manyfaces.methods.ofer import PAPER, FrontFace, Ofer, OferConfig
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS
from manyfaces.methods.ofer.published import published_rank_state, published_unet_state
from manyfaces.methods.ofer.replay import Shapes
from manyfaces.pipeline.catalogue import folder_for
from manyfaces.pipeline.projections import AttentionSource, Say, attention_weights

Flame = Literal["flame20", "flame23"]
HEADS: tuple[Flame, ...] = ("flame20", "flame23")
PARTS: tuple[Part, ...] = ("idgen", "idrank", "expgen")

#: sha256 of `frontindices.npy` as the authors publish it.
PUBLISHED_FRONT = "40e6f9360c9e07b104134ed61a4db3f740fd5fbe59442aac59350ab41fcd6d20"

_PREFIXES: dict[Part, dict[str, str]] = {
    "idgen": {"net": "generator.net.", "arcface": "encoder.arcface."},
    "idrank": {"net": "net.", "arcface": "encoder.arcface.", "farl": "encoder.farl."},
    "expgen": {"net": "generator.net.", "arcface": "encoder.arcface.", "farl": "encoder.farl."},
}


@dataclass(frozen=True)
class OferFiles:
    """What the authors publish.

    Attributes:
        idgen: checkpoint of the identity generator, `model_idgen_*.tar`.
        idrank: checkpoint of the ranker, `model_idrank.tar`.
        expgen: checkpoint of the expression generator, `model_expgen_*.tar`.
        front_indices: the vertices that the ranker looks at, `frontindices.npy`.
    """

    idgen: Path
    idrank: Path
    expgen: Path
    front_indices: Path


@dataclass(frozen=True)
class ImportSettings:
    """How to import.

    Attributes:
        head: which FLAME the weights were trained on; by default, what the generators' file names say.
        attention: where the projections come from that the files do not hold, see `attention_weights`.
        name: of the model; `ofer-<head>` by default.
    """

    head: Flame | None = None
    attention: AttentionSource = "replay"
    name: str = ""


def import_ofer(files: OferFiles, settings: ImportSettings, say: Say) -> Path:
    """Convert the authors' files to a model folder, which is there as a whole or not at all.

    Args:
        files: the authors' files.
        settings: see there.
        say: takes one line for each thing that is done.

    Returns:
        The folder, below `models_folder()`. A model of that name is replaced.

    Raises:
        WeightError: a checkpoint is missing, damaged, dangerous or of another network.
        InputError: the indices cannot be used, the head is not known, or the name is none.
        OutputError: the folder cannot be written.
    """
    return convert(files, settings, say, published_ofer(PAPER, PAPER_ENCODERS))


def convert(files: OferFiles, settings: ImportSettings, say: Say, ofer: Ofer) -> Path:
    """`import_ofer` for networks of any size; of `ofer`, only names and shapes are used."""
    head = settings.head or head_of_names(files)
    target = folder_for(settings.name or f"ofer-{head}")
    front = read_front_indices(files.front_indices, ofer.config.idrank.n_vertices)
    checkpoints = [_read(getattr(files, part), part, ofer, say) for part in PARTS]
    sources = tuple(Source.of(role, Path(getattr(files, role))) for role in (*PARTS, "front_indices"))
    if sources[-1].sha256 != PUBLISHED_FRONT:
        say(f"warning: {files.front_indices} is not the list of vertices that the authors publish")
    attention = {}
    with atomic_folder(target) as folder:
        for checkpoint in checkpoints:
            state, origin = _ours(checkpoint, ofer, settings.attention, say)
            attention |= {checkpoint.part: origin} if origin else {}
            save_weights(folder / f"{checkpoint.part}.safetensors", state, {"ofer": to_dict(ofer.config)})
            say(f"{checkpoint.part}: wrote {checkpoint.part}.safetensors, {len(state)} tensors")
        np.save(folder / FRONT_NAME, front)
        card = ModelCard("ofer", head, ofer.config, attention, sources, manyfaces.__version__)
        (folder / CARD_NAME).write_text(to_json(card), encoding="utf-8")
    say(f"the model {target.name} lies in {target}")
    return target


def published_ofer(config: OferConfig, encoders: Mapping[str, Callable[[], nn.Module]]) -> Ofer:
    """The networks without their numbers: names and shapes alone."""
    with torch.device("meta"):
        n_vertices = config.idrank.n_vertices
        front = FrontFace(torch.empty(n_vertices, 3), torch.empty(config.n_identity, n_vertices, 3))
        return Ofer(config, front, {part: make() for part, make in encoders.items()})


def head_of_names(files: OferFiles) -> Flame:
    """What the generators' file names say of the head.

    Raises:
        InputError: nothing, or two different things.
    """
    generators = (files.idgen, files.expgen)
    said: list[Flame] = [head for head in HEADS if any(head in Path(path).name for path in generators)]
    if len(said) != 1:
        what = "do not say" if not said else "do not agree"
        names = " and ".join(Path(path).name for path in generators)
        raise InputError(f"the names {names} {what} which FLAME they were trained on", "give --head flame20 or flame23")
    return said[0]


def layout(ofer: Ofer, part: Part) -> dict[str, Shapes]:
    """Network -> names and shapes of our tensors, in the order in which they are built."""
    state = getattr(ofer, part).state_dict()
    return {
        network: {n.removeprefix(prefix): tuple(t.shape) for n, t in state.items() if n.startswith(prefix)}
        for network, prefix in _PREFIXES[part].items()
    }


def _read(path: Path, part: Part, ofer: Ofer, say: Say) -> OferCheckpoint:
    ours = layout(ofer, part)
    net = {name: shape for name, shape in ours["net"].items() if not name.endswith(".to_qkv.weight")}
    say(f"{part}: reading {path}")
    checkpoint = read_ofer_checkpoint(path, part, {**ours, "net": net})
    kept = ", ".join(f"{network} ({len(state)} tensors)" for network, state in checkpoint.networks.items())
    say(f"{part}: keeping {kept}; dropping {', '.join(checkpoint.dropped) or 'nothing'}")
    if part != "idrank":
        _check_schedule(checkpoint, linear_schedule(ofer.config.schedule).beta, say)
    return checkpoint


def _check_schedule(checkpoint: OferCheckpoint, beta: Tensor, say: Say) -> None:
    found = checkpoint.betas
    if found is None:
        say(f"{checkpoint.part}: the file holds no noise schedule; taking the paper's")
    elif found.shape != beta.shape or not torch.allclose(found.double(), beta, rtol=1e-4, atol=0):
        raise WeightError(
            f"{checkpoint.path} was trained with another noise schedule than the paper's {len(beta)} steps from "
            f"{beta[0]:g} to {beta[-1]:g}",
            "only checkpoints of the published schedule can be imported",
        )


def _ours(checkpoint: OferCheckpoint, ofer: Ofer, attention: AttentionSource, say: Say) -> tuple[State, str]:
    """The state dict of our network, and where its attention projections come from."""
    origin, networks = "", dict(checkpoint.networks)
    if checkpoint.part == "idrank":
        networks["net"] = published_rank_state(networks["net"])
    else:
        ours = layout(ofer, checkpoint.part)["net"]
        weights = attention_weights(checkpoint, ours, attention, lambda line: say(f"{checkpoint.part}: {line}"))
        networks["net"], origin = published_unet_state(networks["net"], weights.projections), weights.origin
    prefixes = _PREFIXES[checkpoint.part]
    return {prefixes[net] + name: t for net, state in networks.items() for name, t in state.items()}, origin
