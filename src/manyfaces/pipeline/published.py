"""Imported models: the paper's networks with the authors' weights, on FLAME."""

from pathlib import Path

import torch

from manyfaces.assets import verify_packaged
from manyfaces.core.config import from_dict
from manyfaces.core.errors import WeightError
from manyfaces.heads import HeadData, HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.model_folders import ModelFolder, read_model_folder
from manyfaces.methods.ofer import FrontFace, Ofer, OferConfig
from manyfaces.methods.ofer.compat import Compat
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS
from manyfaces.pipeline.conditioning import CropConditioner
from manyfaces.pipeline.models import LoadedOfer, load_detector, load_encoder, load_mesh, load_part

# What the authors call FLAME 2023 is the version without jaw where they train, and may be either where they test.
_FITTING_HEADS = {"flame23": ("flame23", "flame23-no-jaw")}


def load_imported_ofer(folder: Path, device: torch.device, head: str | Path | None, compat: Compat) -> LoadedOfer:
    """Load an imported model.

    Args:
        folder: where it lies.
        device: where the networks run.
        head: head model in place of the imported one of the model's name.
        compat: quirks of the published code to repeat.

    Raises:
        WeightError: a file is missing or damaged, or the head is not the one that the weights were made for.
        HeadFileError: the head is missing or damaged.
    """
    model = read_model_folder(folder)
    data = load_head(head or model.head)
    config = from_dict(OferConfig, model.card["sizes"])
    check_head(model, data, config)
    head_model = HeadModel(data)
    encoders = {part: make() for part, make in PAPER_ENCODERS.items()}
    ofer = Ofer(config, _front_face(head_model, model, config), encoders)
    for part in encoders:
        load_part(getattr(ofer, part), model.weights(part))
    # The ranker alone: the published test script shows one copy of the photo to it, and a hundred to the others.
    encoders["idrank"].skips_last_norm = compat.skip_batch_norm_at_batch_one
    return LoadedOfer(
        name=model.name,
        head=head_model,
        detector=load_detector(),
        mesh=load_mesh(),
        # The open recipe's: it corrects points and knows what is hidden, and no published network does either.
        encoder=load_encoder(verify_packaged("ofer-open/points.safetensors")).eval(),
        ofer=ofer.to(device).eval(),
        conditioner=CropConditioner(compat.bgr_input),
        settles=False,
        compat=compat,
    )


def check_head(model: ModelFolder, data: HeadData, config: OferConfig) -> None:
    """Refuse a head that the weights were not made for: coefficients mean nothing on another one.

    Raises:
        WeightError: names both and says what to do.
    """
    fitting = _FITTING_HEADS.get(model.head, (model.head,))
    fix = f"use the head {model.head}, or import weights made for {data.name}"
    if data.name not in fitting:
        raise WeightError(f"the weights of {model.name} are for the head {model.head}, not for {data.name}", fix)
    has, needs = (len(data.identity_basis), len(data.expression_basis)), (config.n_identity, config.n_expression)
    if has[0] < needs[0] or has[1] < needs[1]:
        raise WeightError(
            f"the weights of {model.name} need {needs[0]} identity and {needs[1]} expression coefficients, the head "
            f"{data.name} has {has[0]} and {has[1]}",
            f"import the head {model.head} again from its original file",
        )


def _front_face(head: HeadModel, model: ModelFolder, config: OferConfig) -> FrontFace:
    front = torch.from_numpy(model.front_indices())
    if len(front) != config.idrank.n_vertices or not 0 <= int(front.min()) <= int(front.max()) < head.n_vertices:
        raise WeightError(
            f"{model.path} lists {len(front)} front vertices from {int(front.min())} to {int(front.max())}, not "
            f"{config.idrank.n_vertices} of the {head.n_vertices} that the head {head.data.name} has",
            "import the model again with the authors' frontindices.npy",
        )
    return FrontFace(head.template[front] * 1000, head.identity_basis[: config.n_identity, front] * 1000)
