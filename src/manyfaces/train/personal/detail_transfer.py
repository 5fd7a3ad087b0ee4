"""The detail stage of a person: adapters of the student learn what the teacher sees on the person's frames."""

import copy
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from manyfaces.core.config import to_dict
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.data.clips.person import digest_of, halves_of
from manyfaces.diffusion import BatchDraws
from manyfaces.io.checkpoints import state_checksum
from manyfaces.losses.displacement import teacher_loss
from manyfaces.methods.personal.adapted import RELIEF, AdaptedSkin
from manyfaces.methods.personal.detail import SkinView
from manyfaces.nn import DisplacementMae, DisplacementUNet
from manyfaces.train.config import TrainConfig
from manyfaces.train.face_recipe import in_full
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.personal.frames import rows_of
from manyfaces.train.personal.transfer import CPU, HELD_OUT_EVERY, learned, transfer_config
from manyfaces.train.recipe import Split

SKIN_WIDTH = 16
"""Of the small student's adapters; with the person's relief, 2.8 % of its parameters."""

RELIEF_RATE = 1e-2
"""Of `RELIEF`, which is in millimetres: it reaches the depth of a fold in a hundred steps."""

DETAIL_STEPS = 150
"""At most; what is held out ends it earlier."""


def detail_config(steps: int, **more: Any) -> TrainConfig:
    """The detail stage's: the person's relief learns faster than the rest.

    Args:
        steps: at most.
        more: changes to `transfer_config`.
    """
    return transfer_config(steps, **{"rates": {RELIEF: RELIEF_RATE}, **more})


@dataclass(frozen=True)
class SkinFrames:
    """A person's skin, frame by frame, and what the teacher sees on it.

    Attributes:
        contrast: see `SkinView.contrast`.
        tension: of each frame.
        visible: 1 where the frame shows skin.
        teacher_m: the teacher's displacements, metres.
    """

    contrast: Float[Tensor, "N 3 S S"]
    tension: Float[Tensor, "N S S"]
    visible: Float[Tensor, "N S S"]
    teacher_m: Float[Tensor, "N S S"]

    def __len__(self) -> int:
        return len(self.tension)

    @staticmethod
    @torch.no_grad()
    def of(view: SkinView, teacher: DisplacementUNet, chunk: int = 16) -> "SkinFrames":
        """Ask the teacher, wherever it is; all that comes out lies where the view does."""
        contrast, device = view.contrast, next(teacher.parameters()).device
        said = [teacher(some.to(device)).float().to(some.device) for some in contrast.split(chunk)]
        return SkinFrames(contrast, view.tension, view.visible, torch.cat(said))

    def at(self, rows: Int[Tensor, " B"]) -> "SkinFrames":
        """Some of the frames."""
        return SkinFrames(*(getattr(self, part.name)[rows] for part in fields(self)))


@dataclass(frozen=True, kw_only=True)
class DetailTransfer:
    """A `Recipe`: one person's detail adapters, norms, latent and relief.

    Half of the frames of a batch are read off other frames' textures, under their own tension: what the person's skin
    does must follow from any picture of it, for it is from one that an animated person is driven. So, too, a frame
    learns from others what it hides itself. What no frame shows is in no loss: there the base's knowledge stays (Mao et
    al., CVPR 2025, section 3.4).

    Attributes:
        base: the student for everybody; left as it is.
        frames: to learn from.
        held_out: frames that decide when to stop.
        config: settings of the loop.
        width: of the adapters.
        batch_size: frames per step.
    """

    base: DisplacementMae
    frames: SkinFrames
    held_out: SkinFrames
    config: TrainConfig
    width: int = SKIN_WIDTH
    batch_size: int = 16
    name: str = "detail-transfer"

    def build(self) -> nn.Module:
        """The base with fresh adapters, and no relief yet."""
        return AdaptedSkin(copy.deepcopy(self.base), self.width)

    def describe(self) -> dict[str, Any]:
        """Sizes of the base and of the adapters; which base and which frames, so that runs never mix."""
        return {
            "student": to_dict(self.base.config),
            "width": self.width,
            "n_frames": len(self.frames),
            "base": state_checksum(self.base.state_dict()),
            "frames": [digest_of(part) for part in (self.frames, self.held_out)],
        }

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> SkinFrames:
        """Frames in random order, every other one with the texture of any; of the held-out ones, each with another's.

        A student that knows a person's skin says less of what a teacher imagines in one frame, and on that frame's own
        texture would be found worse.
        """
        if split == "validation":
            return replace(self.held_out, contrast=self.held_out.contrast.roll(1, 0))
        generator = torch_generator(stream_seed(self.config.seed, "skin"), "rows", step)
        rows, others = (rows_of(len(self.frames), self.batch_size, generator) for _ in range(2))
        shown = torch.where(torch.arange(self.batch_size) % 2 > 0, others, rows)
        mine = part.rows(self.batch_size)
        return replace(self.frames.at(rows[mine]), contrast=self.frames.contrast[shown[mine]])

    def loss(self, model: nn.Module, batch: SkinFrames, generator: BatchDraws) -> Float[Tensor, ""]:
        """L_Tchr on the skin that is seen."""
        said_m = model(batch.contrast, batch.tension).float()
        with in_full(said_m.device):
            return teacher_loss(said_m, batch.teacher_m, batch.visible).total


@dataclass(frozen=True)
class SkinLearner:
    """Makes students of persons, each in a folder of its own; what protocols are handed.

    Attributes:
        base: the student for everybody.
        teacher: it learns from.
        folder: of the runs, which go on where they were stopped.
        steps: at most.
        width: of the adapters.
        device: where to learn, and where the networks stay.
    """

    base: DisplacementMae
    teacher: DisplacementUNet
    folder: Path
    steps: int = DETAIL_STEPS
    width: int = SKIN_WIDTH
    device: torch.device = CPU

    def __call__(self, view: SkinView, name: str) -> nn.Module:
        """Learn a person's frames."""
        recipe = skin_recipe(self.base, SkinFrames.of(view, self.teacher), detail_config(self.steps), self.width)
        return learned(recipe, self.folder / name, self.device)


def skin_recipe(base: DisplacementMae, skin: SkinFrames, config: TrainConfig, width: int) -> DetailTransfer:
    """The recipe for frames of which some are held out."""
    seen, held_out = halves_of(len(skin), HELD_OUT_EVERY)
    return DetailTransfer(base=base, frames=skin.at(seen), held_out=skin.at(held_out), config=config, width=width)
