"""Read residual networks that were trained on ImageNet, as torchvision publishes them, to start training from."""

from pathlib import Path

import torch

from manyfaces.core.config import to_dict
from manyfaces.io.checkpoints import Weights, check_fit
from manyfaces.io.torch_files import plain_tensors, read_torch_file, unwrapped
from manyfaces.nn.resnet import RESNET50, ResNet, ResNetConfig

_FIX = "manyfaces assets fetch resnet50-imagenet, and give that file"
_COUNTER = ".num_batches_tracked"


def read_resnet(path: str | Path, config: ResNetConfig = RESNET50) -> Weights:
    """Read a file of torchvision without running anything in it; the classifier of a thousand things is left out.

    Args:
        path: the `.pth` file. The older ones lack the counters of batch norms, which are set to zero.
        config: of the network that it must be.

    Returns:
        The weights of `ResNet(config)`.

    Raises:
        WeightError: missing, damaged, dangerous or another network; or tensors are not finite.
    """
    path = Path(path)
    found = read_torch_file(path, "state dict of a ResNet")
    state = {n: t for n, t in unwrapped(plain_tensors(path, found)).items() if not n.startswith("fc.")}
    norms = [name.removesuffix(".running_var") for name in state if name.endswith(".running_var")]
    state = {norm + _COUNTER: torch.tensor(0) for norm in norms} | state
    weights = Weights(path, state, to_dict(config), {"recipe": "imagenet"})
    with torch.device("meta"):  # names and shapes alone
        network = ResNet(config)
    check_fit(network, weights, _FIX)
    return weights
