"""R-Net and its students, loaded: from the package, from a folder of weights that were imported or trained here."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from manyfaces.assets import verify_packaged
from manyfaces.core.errors import InputError, WeightError
from manyfaces.detect import FaceDetector, FaceMesh
from manyfaces.faces import CoefficientLayout, CoefficientRegressor, FaceLaw, FaceModel
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.face_models import load_face_model
from manyfaces.io.head_files import load_head
from manyfaces.io.model_folders import DistillFolder, DistillNetwork, read_model_folder
from manyfaces.methods.distill import DistillConfig, Mopi, RNet, Sopi
from manyfaces.methods.ofer.compat import Compat
from manyfaces.methods.ofer.point_encoder import PointEncoder
from manyfaces.methods.personal import CoarseConfig
from manyfaces.pipeline.catalogue import ReleasedModel, find_model
from manyfaces.pipeline.models import load_detector, load_encoder, load_mesh

NETWORKS: dict[DistillNetwork, type[RNet] | type[Sopi] | type[Mopi]] = {"rnet": RNet, "sopi": Sopi, "mopi": Mopi}
PARTS: dict[str, DistillNetwork] = {"teacher": "rnet", "sopi": "sopi", "mopi": "mopi"}
"""What each part that `manyfaces train` trains is a network of; every one stands on those before it."""


@dataclass(frozen=True)
class LoadedDistill:
    """Everything that a reconstruction with R-Net or a student needs.

    Attributes:
        name: of the model.
        face: turns coefficients into a face, its colours and its camera.
        network: pictures in R-Net's frame to coefficients.
        config: sizes of the network.
        device: where the network runs.
        law: usual faces, where the network knows the faces that it was trained on.
        detector: finds faces.
        mesh: finds their points.
        encoder: corrects the points, and knows what hides them.
    """

    name: str
    face: FaceModel
    network: nn.Module
    config: DistillConfig | CoarseConfig
    device: torch.device
    law: FaceLaw | None
    detector: FaceDetector
    mesh: FaceMesh
    encoder: PointEncoder


@dataclass(frozen=True)
class DistillFiles:
    """What a model lies in.

    Attributes:
        name: of the model.
        network: which network it is.
        head: name or file of the head model that its coefficients are for.
        weights: the file.
    """

    name: str
    network: DistillNetwork
    head: str | Path
    weights: Path


def load_distill(
    name: str | Path, device: torch.device, head: str | Path | None = None, compat: Compat | str = "none"
) -> LoadedDistill:
    """Load a model; see `Predictor.from_pretrained`.

    Raises:
        InputError: a model of another method, a head for a model that ships with its own, or quirks.
        ChoiceError, AssetError, HeadFileError, WeightError: see `Predictor.from_pretrained`.
    """
    files = _files(name, head)
    if compat not in ("none", Compat()):
        raise InputError(f"the model {files.name} has no quirks to repeat", "leave compat out")
    weights = load_weights(files.weights)
    config = weights.config_as(DistillConfig)
    network = NETWORKS[files.network](config)
    load_into(network, weights)
    return with_eyes(files.name, load_face_model(files.head, config.layout), network, config, device)


def with_eyes(
    name: str,
    face: FaceModel,
    network: CoefficientRegressor,
    config: DistillConfig | CoarseConfig,
    device: torch.device,
) -> LoadedDistill:
    """A network with what finds faces for it; arguments as `LoadedDistill` has them.

    Raises:
        AssetError: a file of the detector's is missing.
    """
    return LoadedDistill(
        name=name,
        face=face,
        network=network.to(device).eval(),
        config=config,
        device=device,
        law=_face_law(network, config.layout),
        detector=load_detector(),
        mesh=load_mesh(),
        encoder=load_encoder(verify_packaged("ofer-open/points.safetensors")).eval(),
    )


def _face_law(network: CoefficientRegressor, layout: CoefficientLayout) -> FaceLaw | None:
    """The faces that a network was trained on, where it knows them."""
    if not network.is_scaled:
        return None
    return FaceLaw(*(layout.split(part.cpu().float()) for part in (network.mean, network.deviation)))


def _files(name: str | Path, head: str | Path | None) -> DistillFiles:
    found = find_model(name)
    if isinstance(found, ReleasedModel):
        return _released(found, head)
    model = read_model_folder(found)
    if not isinstance(model, DistillFolder):
        raise InputError(f"{model.name} is no distilled model", "name one that is: manyfaces models")
    if head is not None and (given := load_head(head).name) != model.card.head:
        raise WeightError(
            f"the weights of {model.name} are for the head {model.card.head}, not for {given}",
            f"use the head {model.card.head}",
        )
    return DistillFiles(model.name, model.card.network, head or model.card.head, model.weights())


def _released(model: ReleasedModel, head: str | Path | None) -> DistillFiles:
    [part] = model.parts
    if head is not None:
        raise InputError(f"the model {model.name} is made for the head {model.head}", "leave head out")
    return DistillFiles(model.name, PARTS[part], model.head, verify_packaged(f"{model.name}/{part}.safetensors"))
