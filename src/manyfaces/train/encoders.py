"""Image encoders to start from: a network never trains on a random one unless it is told to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from manyfaces.assets import asset_status
from manyfaces.core.errors import InputError, WeightError
from manyfaces.io.checkpoints import Weights, load_into, state_checksum
from manyfaces.io.torch_files import read_torch_file
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS, ArcFaceEncoder, FarlArcFaceEncoder

TITLES = {"arcface": "ArcFace", "farl": "FaRL"}
# FaRL's file holds all of CLIP; the tower that looks at pictures is what is used.
USED = {"arcface": "", "farl": "visual."}


@dataclass(frozen=True)
class EncoderFiles:
    """Where the pretrained encoders are.

    Attributes:
        arcface: the recogniser's `backbone.pth`; the fetched one when None.
        farl: the file of FaRL; the fetched one when None.
        from_scratch: start from random weights instead.
    """

    arcface: Path | None = None
    farl: Path | None = None
    from_scratch: bool = False


@dataclass(frozen=True)
class StartEncoder:
    """A network's encoder as training begins.

    Attributes:
        kind: its class.
        states: tensors of each of its networks by name; none of them: random weights.
        files: where they come from.
    """

    kind: type[ArcFaceEncoder]
    states: dict[str, dict[str, Tensor]]
    files: dict[str, Path]

    @property
    def networks(self) -> list[str]:
        """Names of its networks."""
        return ["arcface", "farl"] if issubclass(self.kind, FarlArcFaceEncoder) else ["arcface"]

    @property
    def origin(self) -> dict[str, Any]:
        """Plain values that define it, to be saved with what it becomes."""
        start = {name: state_checksum(state) for name, state in self.states.items()} or "scratch"
        return {"kind": self.kind.__name__, "freeze": "layer4" if self.states else None, "start": start}

    def make(self) -> nn.Module:
        """The network. A random one learns as a whole, a pretrained one in its last stage (OFER, section 3.2)."""
        encoder = self.kind(freeze="layer4" if self.states else None)
        for name, state in self.states.items():
            load_into(getattr(encoder, name), Weights(self.files[name], state, {}, {}))
        return encoder


def start_encoder(part: str, files: EncoderFiles) -> StartEncoder:
    """Read the pretrained encoder of a part of OFER: ArcFace, and FaRL for all but identities.

    Raises:
        InputError: a file is neither given nor fetched, and random weights were not asked for.
        WeightError: a file is damaged or holds another network.
    """
    kind = PAPER_ENCODERS[part]
    if files.from_scratch:
        return StartEncoder(kind, {}, {})
    paths = {name: _file(part, name, getattr(files, name)) for name in StartEncoder(kind, {}, {}).networks}
    return StartEncoder(kind, {name: _read(name, path) for name, path in paths.items()}, paths)


def _file(part: str, name: str, given: Path | None) -> Path:
    if given is not None:
        if not given.is_file():
            raise InputError(f"there is no file {given}", f"name the weights of {TITLES[name]} with --{name} FILE")
        return given
    fetched = asset_status(name)
    if fetched.state != "ready":
        raise InputError(
            f"{part} starts from the pretrained {TITLES[name]}, and {fetched.path} is not there",
            f"give --{name} FILE, or run: manyfaces assets fetch {name}; --from-scratch-encoder starts without",
        )
    return fetched.path


def _read(name: str, path: Path) -> dict[str, Tensor]:
    """Tensors of a file written by torch.save; what is not tensors and plain values is refused, nothing is run."""
    again = f"get the weights of {TITLES[name]} anew: manyfaces assets fetch {name}"
    found = read_torch_file(path, f"set of weights of {TITLES[name]}")
    content = found.get("state_dict", found)
    content = content if isinstance(content, dict) else {}
    state = {n: t.float() if t.is_floating_point() else t for n, t in content.items() if isinstance(t, Tensor)}
    state = {n: t for n, t in state.items() if n.startswith(USED[name])}
    if not state:
        raise WeightError(f"{path} holds no weights of {TITLES[name]}", again)
    return state
