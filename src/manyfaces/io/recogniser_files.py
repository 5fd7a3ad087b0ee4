"""Read the published weights of face recognisers: PyTorch files, out of which only tensors come."""

from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from manyfaces.core.errors import WeightError
from manyfaces.io.checkpoints import State, Weights, load_into
from manyfaces.io.torch_files import plain_tensors, read_torch_file
from manyfaces.nn.facenet import FaceNet
from manyfaces.nn.iresnet import IResNet

Network = TypeVar("Network", bound=nn.Module)

_GET_FACENET = "get 20180402-114759-vggface2.pt from the releases of facenet-pytorch and give its path"
_GET_ARCFACE = "get a backbone.pth from the model zoo of InsightFace's arcface_torch and give its path"
_CLASSIFIER = "logits."


def read_facenet(path: str | Path) -> FaceNet:
    """Read FaceNet as facenet-pytorch publishes it; the classifier that it was trained with is left out.

    Raises:
        WeightError: missing, damaged, or of another network.
    """
    path = Path(path)
    state = {name: t for name, t in _state(path, "FaceNet", _GET_FACENET).items() if not name.startswith(_CLASSIFIER)}
    return _filled(FaceNet(), path, state, "FaceNet", _GET_FACENET)


def read_arcface(path: str | Path) -> IResNet:
    """Read an ArcFace network of any depth; the names of its tensors tell which.

    Raises:
        WeightError: missing, damaged, or of another network.
    """
    path = Path(path)
    state = _state(path, "ArcFace", _GET_ARCFACE)
    stages = [{name.split(".")[1] for name in state if name.startswith(f"layer{k}.")} for k in range(1, 5)]
    return _filled(IResNet([len(stage) for stage in stages]), path, state, "ArcFace", _GET_ARCFACE)


def _state(path: Path, title: str, get: str) -> State:
    if not path.is_file():
        raise WeightError(f"there are no weights of {title} at {path}", get)
    return plain_tensors(path, read_torch_file(path, f"set of weights of {title}"))


def _filled(network: Network, path: Path, state: State, title: str, get: str) -> Network:
    # Counters of training steps: old files lack them, and nothing here reads them.
    counters = {name: torch.zeros_like(t) for name, t in network.state_dict().items() if "num_batches" in name}
    try:
        load_into(network, Weights(path, {**counters, **state}, {}, {}))
    except WeightError as error:
        raise WeightError(f"{error.message}; it should hold {title}", get) from None
    return network.eval()
