"""What the paper and the published code say of training, number by number; both are kept, as they differ."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from manyfaces.core.errors import ChoiceError
from manyfaces.train.config import PlateauConfig, TrainConfig

Values = Literal["paper", "code"]
VALUES: tuple[Values, ...] = get_args(Values)

# Rates by part, from the published code; the paper names none.
DIFFUSION_RATE = 1e-3
RANK_RATE = 1e-6
ENCODER_RATES = {"arcface": 1e-4, "farl": 1e-4}
WEIGHT_DECAY = 1e-4


@dataclass(frozen=True)
class PublishedValues:
    """How long one of the three networks is trained, and on how much at a time.

    Attributes:
        epochs: passes over the people of the data.
        people: people per step.
        images_per_person: pictures of each, drawn with replacement.
        extras: also do what neither paper nor code does: keep the mean of the weights, clip gradients, hide parts of
            faces, compute in bfloat16 on a GPU.
    """

    epochs: int
    people: int
    images_per_person: int
    extras: bool

    @property
    def batch_size(self) -> int:
        """Pictures per step."""
        return self.people * self.images_per_person


@dataclass(frozen=True)
class PaperValues(PublishedValues):
    """Of the paper, section 4.1. It says nothing of pictures per person: four, as in the code; IdRank one."""

    extras: bool = True


@dataclass(frozen=True)
class CodeValues(PublishedValues):
    """Of the published code and its settings files."""

    extras: bool = False


#: By recipe. The code stops generators at epoch 1000 and the ranker at 650.
PUBLISHED: dict[str, dict[Values, PublishedValues]] = {
    "idgen-flame20": {"paper": PaperValues(400, 32, 4), "code": CodeValues(1000, 64, 4)},
    "idgen-flame23": {"paper": PaperValues(400, 32, 4), "code": CodeValues(1000, 16, 4)},
    "expgen": {"paper": PaperValues(400, 32, 4), "code": CodeValues(1000, 16, 4)},
    "idrank": {"paper": PaperValues(120, 32, 1), "code": CodeValues(650, 8, 1)},
}


def published_values(recipe: str, values: str) -> PublishedValues:
    """The values of a recipe.

    Raises:
        ChoiceError: an unknown recipe, or another word than paper or code.
    """
    if recipe not in PUBLISHED:
        raise ChoiceError("recipe", recipe, sorted(PUBLISHED))
    if values not in VALUES:
        raise ChoiceError("values", values, VALUES)
    return PUBLISHED[recipe][values]


def train_config(values: PublishedValues, rate: float, encoder_rates: dict[str, float], n_people: int) -> TrainConfig:
    """Settings of the loop.

    Args:
        values: epochs and batch.
        rate: learning rate of the network itself.
        encoder_rates: those of its encoder's parts.
        n_people: people in the data; a pass over them is an epoch.
    """
    epoch = math.ceil(n_people / values.people)
    return TrainConfig(
        steps=values.epochs * epoch,
        learning_rate=rate,
        rates=encoder_rates,
        plateau=PlateauConfig(epoch, factor=0.99, patience=2, threshold=1e-4),
        weight_decay=WEIGHT_DECAY,
        clip_norm=1.0 if values.extras else None,
        ema_decay=0.999 if values.extras else 0.0,
        precision="auto" if values.extras else "float32",
        validate_every=10 * epoch,
        log_every=max(1, epoch // 4),
        save_every_s=600.0,
    )
