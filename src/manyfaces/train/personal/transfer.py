"""The coarse stage of a person: adapters learn L_C on the person's frames."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.config import to_dict
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.data.clips.person import PersonFrames, digest_of
from manyfaces.diffusion import BatchDraws
from manyfaces.io.checkpoints import state_checksum
from manyfaces.methods.personal import CoarseNet
from manyfaces.methods.personal.adapted import COARSE_OWN, Adapted
from manyfaces.methods.personal.objective import CoarseObjective, SeenPhotos
from manyfaces.train.config import TrainConfig
from manyfaces.train.face_recipe import in_full
from manyfaces.train.loop import TrainResult, train
from manyfaces.train.parallel import WHOLE, Parallel, Part
from manyfaces.train.personal.frames import rows_of, varied
from manyfaces.train.recipe import Recipe, Split

ADAPTER_WIDTH = 48
"""Of the small coarse network; 4 % of its parameters. ViT-B has room for 64 and more."""

CPU = torch.device("cpu")

ADAPTER_RATE = 1e-3
"""The paper's."""

BASE_RATE = 1e-4
"""The paper's, of a base: for comparison, with which all of a network is fine-tuned."""

MEAN_RATE = 6e-2
"""Of `COARSE_OWN`, which is in standard deviations of faces and has far to go: most of a base's error on a person is
the same on every frame."""

COARSE_STEPS = 300
"""At most; what is held out ends it earlier."""

HELD_OUT_EVERY = 10
"""Of so many frames one is judged by."""


def transfer_config(steps: int, **more: Any) -> TrainConfig:
    """Adam; ends when held-out frames have got no better for a while."""
    settings = {
        "learning_rate": ADAPTER_RATE,
        "warmup_steps": min(20, steps // 4),
        "weight_decay": 0.0,
        "ema_decay": 0.95,
        "validate_every": 25,
        "log_every": 25,
        "validation_batches": 1,
        "patience": 5,
        "save_every_s": 30.0,
        **more,
    }
    return TrainConfig(steps=steps, **settings)


def coarse_config(steps: int, scaled: bool, adapters: bool = True, **more: Any) -> TrainConfig:
    """The coarse stage's: the person's mean learns faster than the rest.

    Args:
        steps: at most.
        scaled: whether the network predicts in deviations, see `CoarseConfig`; in radians and metres such a rate would
            turn faces away, and the mean learns as the rest does.
        adapters: learn these, and not the whole network.
        more: changes to `transfer_config`.
    """
    inside = "network." if adapters else ""
    rates = {inside + name: MEAN_RATE for name in COARSE_OWN} if scaled else {}
    return transfer_config(steps, rates=rates, **more)


@dataclass(frozen=True, kw_only=True)
class CoarseTransfer:
    """A `Recipe`: one person's coarse adapters.

    Attributes:
        base: the network for everybody; left as it is.
        objective: L_C.
        frames: to learn from.
        held_out: frames that decide when to stop.
        config: settings of the loop.
        width: of the adapters; None learns the whole network, which is what adapters are compared with.
        batch_size: frames per step.
    """

    base: CoarseNet
    objective: CoarseObjective
    frames: PersonFrames
    held_out: PersonFrames
    config: TrainConfig
    width: int | None = ADAPTER_WIDTH
    batch_size: int = 16
    name: str = "coarse-transfer"

    def build(self) -> nn.Module:
        """The base with fresh adapters."""
        network = copy.deepcopy(self.base)
        return network if self.width is None else Adapted(network, self.width, COARSE_OWN)

    def describe(self) -> dict[str, Any]:
        """Sizes of the base and of the adapters; what is learned, and from which frames, so that runs never mix."""
        return {
            "coarse": to_dict(self.base.config),
            "width": self.width,
            "n_frames": len(self.frames),
            "outline": self.objective.outline is not None,
            "weights": to_dict(self.objective.weights),
            "base": state_checksum(self.base.state_dict()),
            "frames": [digest_of(part) for part in (self.frames, self.held_out)],
        }

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> SeenPhotos:
        """Frames, seen a little differently each time; the held-out ones as they are."""
        if split == "validation":
            return self.held_out.seen()
        seed = stream_seed(self.config.seed, "frames")
        rows = rows_of(len(self.frames), self.batch_size, torch_generator(seed, "rows", step))
        return varied(self.frames.at(rows[part.rows(self.batch_size)]).seen(), torch_generator(seed, "views", step))

    def loss(self, model: nn.Module, batch: SeenPhotos, generator: BatchDraws) -> Float[Tensor, ""]:
        """L_C of what the network says of them."""
        said = model.eval()(batch.pictures).float()  # running means of batch norms are the base's
        device = said.device
        with in_full(device):
            layout = self.base.config.layout
            return self.objective.to(device)(layout.split(said), batch).total


def whole(result: TrainResult) -> TrainResult:
    """A sitting's result, if training has come to its end: half a person is nobody.

    Raises:
        KeyboardInterrupt: it was asked to stop before; the same call goes on.
    """
    if not result.finished:
        raise KeyboardInterrupt
    return result


def learned(recipe: Recipe, folder: Path, device: torch.device) -> nn.Module:
    """A person's network, learned to its end in a folder; ready for use.

    Raises:
        KeyboardInterrupt: see `whole`.
    """
    return whole(train(recipe, folder, parallel=Parallel(device=device), visible=False)).model.eval()


@dataclass(frozen=True)
class Learner:
    """Makes networks of persons, each in a folder of its own; what protocols are handed.

    Attributes:
        base: the network for everybody.
        objective: L_C.
        folder: of the runs, which go on where they were stopped.
        steps: at most.
        width: of the adapters.
        device: where to learn, and where the networks stay.
    """

    base: CoarseNet
    objective: CoarseObjective
    folder: Path
    steps: int = COARSE_STEPS
    width: int = ADAPTER_WIDTH
    device: torch.device = CPU

    def __call__(self, frames: PersonFrames, adapters: bool, name: str) -> nn.Module:
        """Learn a person's frames: by adapters, or else with all of the network; the mean learns as fast in both."""
        seen, judged = frames.halves(HELD_OUT_EVERY)
        recipe = CoarseTransfer(
            base=self.base,
            objective=self.objective,
            frames=seen,
            held_out=judged,
            config=coarse_config(
                self.steps,
                self.base.config.scaled,
                adapters,
                learning_rate=ADAPTER_RATE if adapters else BASE_RATE,
            ),
            width=self.width if adapters else None,
        )
        return learned(recipe, self.folder / name, self.device)
