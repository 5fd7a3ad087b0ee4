"""Models, loaded: head, detector, encoder and networks together; the released ones from their files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from manyfaces.assets import fetch, verify_packaged
from manyfaces.core.config import from_dict
from manyfaces.core.errors import InputError
from manyfaces.detect import FaceDetector, FaceMesh
from manyfaces.heads import HeadModel
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.head_files import load_head
from manyfaces.io.litert import load_network
from manyfaces.methods.ofer import FrontFace, Ofer, OferConfig
from manyfaces.methods.ofer.compat import NO_QUIRKS, Compat
from manyfaces.methods.ofer.point_encoder import PointEncoder, PointEncoderConfig
from manyfaces.pipeline.catalogue import released
from manyfaces.pipeline.conditioning import Conditioner, PointConditioner


@dataclass(frozen=True)
class LoadedOfer:
    """Everything that a reconstruction with OFER needs, whichever recipe its weights come from.

    Attributes:
        name: of the model.
        head: the head model.
        detector: finds faces.
        mesh: finds their points.
        encoder: corrects the points, and knows what hides them.
        ofer: the three networks.
        conditioner: makes what the networks' encoders take.
        settles: whether hypotheses are settled onto the photo unless it is said otherwise.
        compat: quirks of the published code that are repeated.
    """

    name: str
    head: HeadModel
    detector: FaceDetector
    mesh: FaceMesh
    encoder: PointEncoder
    ofer: Ofer
    conditioner: Conditioner
    settles: bool
    compat: Compat = NO_QUIRKS


@dataclass(frozen=True)
class OpenFiles:
    """What a model of the open recipe lies in.

    Attributes:
        name: of the model.
        head: name of its head.
        parts: weight file of `points` and of each network.
    """

    name: str
    head: str
    parts: dict[str, Path]


def released_files(name: str) -> OpenFiles:
    """The files of a released model.

    Raises:
        ChoiceError, AssetError: there is none of that name, or a file is not as it shipped.
        InputError: it is of another method.
    """
    model = released(name)
    if model.method != "ofer":
        raise InputError(f"{model.name} is no model of OFER", "name one that is: manyfaces models")
    return OpenFiles(name, model.head, {part: verify_packaged(f"{name}/{part}.safetensors") for part in model.parts})


def load_open_ofer(name: str, device: torch.device) -> LoadedOfer:
    """Load a released model of the open recipe.

    Raises:
        ChoiceError, AssetError, WeightError: see `Predictor.from_pretrained`.
    """
    return assemble_open_ofer(released_files(name), device)


def assemble_open_ofer(files: OpenFiles, device: torch.device) -> LoadedOfer:
    """Load a model of the open recipe from its files.

    Raises:
        HeadFileError, WeightError: a file is missing or damaged.
    """
    head = HeadModel(load_head(files.head))
    config = from_dict(OferConfig, load_weights(files.parts["idgen"]).config["ofer"])
    ofer = Ofer(config, front_face(head, config.idrank.n_vertices, config.n_identity))
    for part in ("idgen", "idrank", "expgen"):
        load_part(getattr(ofer, part), files.parts[part])
    return LoadedOfer(
        name=files.name,
        head=head,
        detector=load_detector(),
        mesh=load_mesh(),
        encoder=load_encoder(files.parts["points"]).eval(),
        ofer=ofer.to(device).eval(),
        conditioner=PointConditioner(),
        settles=True,
    )


def load_detector() -> FaceDetector:
    """Load what finds faces."""
    return FaceDetector(
        load_network(fetch("face_detection_short_range")), load_network(fetch("face_detection_full_range"))
    )


def load_mesh() -> FaceMesh:
    """Load what finds a face's points."""
    return FaceMesh(load_network(fetch("face_landmarks_468")))


def load_encoder(path: Path) -> PointEncoder:
    """Load a point encoder with its own configuration."""
    weights = load_weights(path)
    encoder = PointEncoder(from_dict(PointEncoderConfig, weights.config["encoder"]))
    load_into(encoder, weights)
    return encoder


def load_part(network: nn.Module, path: Path) -> None:
    """Fill one network from its file."""
    load_into(network, load_weights(path))


def front_face(head: HeadModel, n_vertices: int, n_identity: int) -> FrontFace:
    """The front of the neutral head, thinned evenly to `n_vertices`, as the ranker looks at it; millimetres."""
    front = np.nonzero(head.data.masks["front"])[0]
    kept = torch.from_numpy(front[np.linspace(0, len(front) - 1, n_vertices).round().astype(int)])
    return FrontFace(head.template[kept] * 1000, head.identity_basis[:n_identity, kept] * 1000)
