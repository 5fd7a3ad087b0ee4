"""The recipes of the papers: teacher and students on BFM, on photos of real people."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from manyfaces.assets import asset_status
from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.data.faces import (
    MEASURED_ON,
    TRAINED_ON,
    AlignedFaceSet,
    AlignedSource,
    aligned_source,
    open_aligned_faces,
)
from manyfaces.data.hiding import PATTERNS, HidingLaw
from manyfaces.data.sources import VALIDATION_EVERY
from manyfaces.faces import FaceModel
from manyfaces.io.bfm_files import BFM
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.face_models import load_face_model
from manyfaces.io.recogniser_files import read_arcface, read_facenet
from manyfaces.io.resnet_files import read_resnet
from manyfaces.methods.distill import PUBLISHED, DistillConfig, RNet, Sopi
from manyfaces.methods.distill.recognition import ArcFaceRecogniser, FaceNetRecogniser, FrozenRecogniser
from manyfaces.train.config import TrainConfig
from manyfaces.train.distill.multi import MopiRecipe
from manyfaces.train.distill.single import SopiRecipe
from manyfaces.train.distill.weak import WeakTeacherRecipe
from manyfaces.train.recipe import Recipe
from manyfaces.train.state import trained_weights

# Adam as the papers use it: one rate, no decay, the last weights.
_BARE: dict[str, Any] = {
    "warmup_steps": 0,
    "final_rate": 1.0,
    "weight_decay": 0.0,
    "clip_norm": None,
    "ema_decay": 0.0,
    "precision": "auto",
}
# A quarter of the photos is hidden for SOPI; MOPI sees seven patterns of each (Tiwari et al., section 4).
SOPI_LAW, MOPI_LAW = HidingLaw(share=0.25, kinds=PATTERNS), HidingLaw(share=1.0, kinds=PATTERNS)


@dataclass(frozen=True)
class PaperValues:
    """What the papers say of the training of a part.

    Attributes:
        config: settings of the loop.
        batch_size: photos per step.
    """

    config: TrainConfig
    batch_size: int


PAPER_VALUES: dict[str, PaperValues] = {
    # Deng et al.: the public PyTorch code's rate and batch, 20 epochs of CelebA's 181,000 photos.
    "teacher": PaperValues(TrainConfig(steps=113_000, learning_rate=1e-4, **_BARE), 32),
    "sopi": PaperValues(TrainConfig(steps=400_000, learning_rate=1e-5, **_BARE), 5),
    "mopi": PaperValues(TrainConfig(steps=500_000, learning_rate=1e-5, **_BARE), 5),
}


@dataclass(frozen=True)
class PhotoOptions:
    """What a person says of a run of a paper recipe.

    Attributes:
        data: folder that `manyfaces data align` wrote.
        teacher: weights of the teacher; those trained in the same folder when None.
        resnet: ImageNet's weights for the backbone; the fetched ones when None.
        facenet: the recogniser of MOPI; the fetched one when None.
        arcface: the recogniser of the teacher; the fetched one when None, none where that is not there.
        from_scratch: start from random weights in place of ImageNet's.
        network: sizes; those of the papers.
        head: head model.
    """

    data: Path | None = None
    teacher: Path | None = None
    resnet: Path | None = None
    facenet: Path | None = None
    arcface: Path | None = None
    from_scratch: bool = False
    network: DistillConfig = PUBLISHED
    head: str = BFM


def photo_recipe(part: str, options: PhotoOptions, out: Path, seed: int, steps: int | None) -> Recipe:
    """Make a paper recipe.

    Raises:
        ChoiceError: the papers train no such part.
        InputError: something is not given, or not there.
        HeadFileError: BFM was not imported.
        WeightError: a file of weights is damaged or of another network.
        DataError: the photos cannot be used.
    """
    if part not in _PARTS:
        raise ChoiceError("part of the paper recipe", part, list(_PARTS))
    return _PARTS[part](_PhotoBench(options, out, seed, steps, PAPER_VALUES[part]))


@dataclass(frozen=True)
class _PhotoBench:
    options: PhotoOptions
    out: Path
    seed: int
    steps: int | None
    values: PaperValues

    @cached_property
    def face(self) -> FaceModel:
        return load_face_model(self.options.head, self.options.network.layout)

    @cached_property
    def common(self) -> dict[str, Any]:
        if self.options.data is None:
            raise InputError("the paper recipe learns from photos", "name them with --data FOLDER (docs/data.md)")
        faces = open_aligned_faces(self.options.data)
        source, held_out = _sides(faces)
        config = replace(self.values.config, seed=self.seed, steps=self.steps or self.values.config.steps)
        return {
            "source": source,
            "held_out": held_out,
            "network": self.options.network,
            "config": config,
            "batch_size": self.values.batch_size,
        }

    def backbone(self) -> dict[str, Tensor] | None:
        if self.options.from_scratch:
            return None
        path = self.options.resnet or _fetched("resnet50-imagenet", "--resnet FILE", "--from-scratch-encoder")
        return read_resnet(path, self.options.network.backbone).state

    def teacher(self) -> RNet:
        path = self.options.teacher or self.out / "teacher" / "weights.safetensors"
        if not path.exists():
            raise InputError(f"there is no teacher at {path}", "give --teacher FILE, or train it in this folder")
        network = RNet(self.options.network)
        load_into(network, load_weights(path))
        return network

    def judge(self) -> FrozenRecogniser | None:
        """The teacher's recogniser; its term is left out where none is at hand."""
        path = self.options.arcface or _ready("arcface")
        return None if path is None else FrozenRecogniser(ArcFaceRecogniser(read_arcface(path)))


def _sides(faces: AlignedFaceSet) -> tuple[AlignedSource, AlignedSource]:
    """Faces for training and for validation: as the set's parts say, or one in twenty."""
    if any(entry.split is not None for entry in faces.entries):
        return aligned_source(faces, TRAINED_ON), aligned_source(faces, MEASURED_ON)
    rows = range(len(faces.entries))
    train, held_out = (tuple(r for r in rows if (r % VALIDATION_EVERY == 0) == side) for side in (False, True))
    return AlignedSource(faces, train), AlignedSource(faces, held_out)


def _teacher(bench: _PhotoBench) -> Recipe:
    return WeakTeacherRecipe(face=bench.face, recogniser=bench.judge(), backbone=bench.backbone(), **bench.common)


def _sopi(bench: _PhotoBench) -> Recipe:
    start = Sopi(bench.options.network)
    backbone = bench.backbone()
    if backbone is not None:
        start.backbone.load_state_dict(backbone, strict=True)
    torch.nn.init.zeros_(start.fc.weight)
    torch.nn.init.zeros_(start.fc.bias)
    return SopiRecipe(teacher=bench.teacher(), law=SOPI_LAW, start=start.state_dict(), **bench.common)


def _mopi(bench: _PhotoBench) -> Recipe:
    sopi = Sopi(bench.options.network)
    load_into(sopi, load_weights(trained_weights(bench.out, "sopi", "--recipe paper")))
    facenet = bench.options.facenet or _fetched("facenet", "--facenet FILE")
    return MopiRecipe(
        sopi=sopi,
        recogniser=FrozenRecogniser(FaceNetRecogniser(read_facenet(facenet))),
        face=bench.face,
        law=MOPI_LAW,
        warm=False,
        backbone=bench.backbone(),
        **bench.common,
    )


_PARTS: dict[str, Callable[[_PhotoBench], Recipe]] = {"teacher": _teacher, "sopi": _sopi, "mopi": _mopi}


def _ready(name: str) -> Path | None:
    found = asset_status(name)
    return found.path if found.state == "ready" else None


def _fetched(name: str, given: str, without: str = "") -> Path:
    path = _ready(name)
    if path is None:
        more = f"; {without} starts without" if without else ""
        raise InputError(f"the weights {name} are not here", f"give {given}, or: manyfaces assets fetch {name}{more}")
    return path
