"""What can be said of a reconstruction: for every model the same few things, and what its method takes beside."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.pipeline.inputs import FaceChoice, Occlusion
from manyfaces.pipeline.sampling import SAMPLER_PRESETS, SamplerPreset

IdentityChoice = Literal["best", "varied"]
Chosen = TypeVar("Chosen", bound="LookOptions")

# Far more than is of use: all are sampled in one batch and every hypothesis becomes a mesh, so a slip of the keyboard
# must not fill the memory.
MOST_IDENTITIES = 10_000
MOST_EXPRESSIONS = 500


@dataclass(frozen=True)
class LookOptions:
    """What every model can be told.

    Attributes:
        occlusion: what hides the face: "auto" finds it, "none" takes nothing as hidden; else a mask (file or (H, W)
            array, nonzero where hidden).
        face: which faces of the photo: all, the largest, or one by number (largest first).
        seed: same seed, same faces; models that draw nothing give the same face for every seed.
    """

    occlusion: Occlusion = "auto"
    face: FaceChoice | str = "all"
    seed: int = 0

    def of_one(self) -> "LookOptions":
        """The same, for one hypothesis of each face: of a frame of a video nobody wants more."""
        return self


@dataclass(frozen=True)
class OneFaceOptions(LookOptions):
    """How to reconstruct with R-Net or a student.

    Attributes:
        occlusion, face, seed: see `LookOptions`.
        settle: move the face onto the visible points, and fit colours and light to the visible skin; None: as the model
            wants it (those trained on synthetic people do, published weights and persons' models do not).
    """

    settle: bool | None = None


@dataclass(frozen=True)
class DetailOptions(OneFaceOptions):
    """How to reconstruct with person-specific models.

    Attributes:
        occlusion, face, seed, settle: see `OneFaceOptions`.
        detail: find wrinkles, which takes most of the time.
    """

    detail: bool = True


@dataclass(frozen=True)
class Options(LookOptions):
    """How to reconstruct with OFER.

    Attributes:
        occlusion, face, seed: see `LookOptions`.
        identities: "best": many expressions of the identity ranked first, as in the paper; "varied": the k-th
            hypothesis has the k-th ranked identity and its own expression.
        n_identities: identities sampled and ranked, N.
        n_expressions: hypotheses that come out, M.
        sampler: "fast", "sde", "ddim" or "ddpm".
        settle: move the faces onto the visible points; None: as the model wants it (the open recipe does, published
            weights do not).
    """

    identities: IdentityChoice | str = "best"
    n_identities: int = 100
    n_expressions: int = 15
    sampler: SamplerPreset | str = "fast"
    settle: bool | None = None

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: a choice is unknown or a number too small.
        """
        if self.identities not in ("best", "varied"):
            raise ChoiceError("choice of identities", self.identities, ["best", "varied"])
        if self.sampler not in SAMPLER_PRESETS:
            raise ChoiceError("sampler", self.sampler, list(SAMPLER_PRESETS))
        for name, most in (("n_identities", MOST_IDENTITIES), ("n_expressions", MOST_EXPRESSIONS)):
            number = getattr(self, name)
            if not isinstance(number, int) or not 1 <= number <= most:
                raise InputError(f"{name} is {number!r}", f"give a whole number from 1 to {most}")
        if self.identities == "varied" and self.n_expressions > self.n_identities:
            raise InputError(
                f"{self.n_expressions} varied hypotheses need as many identities, there are {self.n_identities}",
                "raise n_identities",
            )

    def of_one(self) -> "Options":
        """The same, for one expression of the identity ranked first."""
        return replace(self, identities="best", n_expressions=1)


def chosen(options: type[Chosen], given: Mapping[str, Any], model: str) -> Chosen:
    """What was given, as the options of a model.

    Args:
        options: the class of those that the model takes.
        given: values by name.
        model: its name, for messages.

    Raises:
        InputError: it takes no option of that name, or not such a value.
    """
    names = [field.name for field in fields(options)]
    if unknown := [name for name in given if name not in names]:
        raise InputError(f"the model {model} takes no {', '.join(unknown)}", f"leave it out; valid: {', '.join(names)}")
    return options(**given)
