"""The paper's networks on FLAME, with the authors' weights or with weights trained here."""

import dataclasses
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int

from manyfaces.assets import verify_packaged
from manyfaces.core.errors import WeightError
from manyfaces.heads import HeadData, HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.model_folders import ModelFolder
from manyfaces.methods.ofer import FrontFace, Ofer, OferConfig
from manyfaces.methods.ofer.compat import Compat
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS
from manyfaces.metrics.vertices import MM_PER_M
from manyfaces.pipeline.conditioning import CropConditioner
from manyfaces.pipeline.models import LoadedOfer, load_detector, load_encoder, load_mesh, load_part

# The authors train on FLAME 2023 without jaw, and call it FLAME 2023.
_FITTING_HEADS = {"flame23": ("flame23", "flame23-no-jaw")}


def load_paper_ofer(model: ModelFolder, device: torch.device, head: str | Path | None, compat: Compat) -> LoadedOfer:
    """Load a model of the paper's networks.

    Args:
        model: where it lies, and what it is.
        device: where the networks run.
        head: head model in place of the imported one that the model names.
        compat: quirks of the published code to repeat.

    Raises:
        WeightError: a file is missing or damaged, or the head is not the one that the weights were made for.
        HeadFileError: the head is missing or damaged.
    """
    data, config = load_head(head or model.card.head), model.card.sizes
    check_head(model, data)
    front = _front(model, data, config)
    encoders = {part: make() for part, make in PAPER_ENCODERS.items()}
    ofer = Ofer(config, _front_face(data, front, config), encoders)
    for part in encoders:
        load_part(getattr(ofer, part), model.weights(part))
    # The ranker alone: the published test script shows one copy of the photo to it, and a hundred to the others.
    encoders["idrank"].skips_last_norm = compat.skip_batch_norm_at_batch_one
    return LoadedOfer(
        name=model.name,
        head=HeadModel(_with_front(data, front)),
        detector=load_detector(),
        mesh=load_mesh(),
        # The open recipe's: it corrects points and knows what is hidden, and no published network does either.
        encoder=load_encoder(verify_packaged("ofer-open/points.safetensors")).eval(),
        ofer=ofer.to(device).eval(),
        conditioner=CropConditioner(compat.bgr_input),
        settles=False,
        compat=compat,
    )


def check_head(model: ModelFolder, data: HeadData) -> None:
    """Refuse a head that the weights were not made for: coefficients mean nothing on another one.

    Raises:
        WeightError: names both and says what to do.
    """
    made_for, sizes = model.card.head, model.card.sizes
    if data.name not in _FITTING_HEADS.get(made_for, (made_for,)):
        raise WeightError(
            f"the weights of {model.name} are for the head {made_for}, not for {data.name}",
            f"use the head {made_for}, or import weights made for {data.name}",
        )
    n_identity, n_expression = len(data.identity_basis), len(data.expression_basis)
    if n_identity < sizes.n_identity or n_expression < sizes.n_expression:
        raise WeightError(
            f"the weights of {model.name} need {sizes.n_identity} identity and {sizes.n_expression} expression "
            f"coefficients, the head {data.name} has {n_identity} and {n_expression}",
            f"import the head {made_for} again from its original file",
        )


def _front(model: ModelFolder, data: HeadData, config: OferConfig) -> Int[np.ndarray, " V"]:
    """The vertices that the ranker looks at, once they are known to be on the head."""
    front, n_vertices = model.front_indices(), len(data.template)
    if len(front) != config.idrank.n_vertices or not 0 <= front.min() <= front.max() < n_vertices:
        raise WeightError(
            f"{model.path} lists {len(front)} front vertices from {front.min()} to {front.max()}, not "
            f"{config.idrank.n_vertices} of the {n_vertices} that the head {data.name} has",
            "make the model again with the frontindices.npy that its ranker was trained with",
        )
    return front


def _front_face(data: HeadData, front: Int[np.ndarray, " V"], config: OferConfig) -> FrontFace:
    template, basis = data.template[front], data.identity_basis[: config.n_identity, front]
    return FrontFace(torch.from_numpy(template * MM_PER_M), torch.from_numpy(basis * MM_PER_M))


def _with_front(data: HeadData, front: Int[np.ndarray, " V"]) -> HeadData:
    """The same head with these vertices for its front, where it came without masks."""
    if "front" in data.masks:
        return data
    mask = np.zeros(len(data.template), bool)
    mask[front] = True
    return dataclasses.replace(data, masks={**data.masks, "front": mask})
