"""Read the checkpoints of Deep3DFaceRecon: weights of R-Net, the teacher, as its authors publish them."""

from pathlib import Path

import torch

from manyfaces.core.config import to_dict
from manyfaces.core.errors import WeightError
from manyfaces.io.checkpoints import Weights, check_fit
from manyfaces.io.torch_files import plain_tensors, read_torch_file, some, unwrapped
from manyfaces.methods.distill import PUBLISHED, DistillConfig, RNet

NETWORK = "net_recon"
"""Where the weights lie in the file, beside `opt_00` and `sched_00` of the training."""

_FIX = "give epoch_20.pth of Deep3DFaceRecon_pytorch (docs/bfm.md)"


def read_deep3d(path: str | Path, config: DistillConfig = PUBLISHED) -> Weights:
    """Read a checkpoint without running anything in it; what belongs to its training is left out.

    Args:
        path: the `.pth` file.
        config: of the network that it must be; other sizes come from the authors' code with other options.

    Returns:
        The weights of `RNet(config)`.

    Raises:
        WeightError: missing, damaged, dangerous or no checkpoint of R-Net; or tensors are missing, left over, of other
            shapes or not finite.
    """
    path = Path(path)
    found = read_torch_file(path, "checkpoint of Deep3DFaceRecon")
    state = found.get(NETWORK)
    if not isinstance(state, dict):
        held = some(sorted(found)) or "nothing"
        raise WeightError(f"{path} is no checkpoint of Deep3DFaceRecon: it holds {held}, and no {NETWORK!r}", _FIX)
    state = unwrapped(plain_tensors(path, state, NETWORK))
    weights = Weights(path, state, to_dict(config), {"recipe": "published"})
    with torch.device("meta"):  # names and shapes alone
        network = RNet(config)
    check_fit(network, weights, _FIX)
    return weights
