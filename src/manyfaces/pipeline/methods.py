"""The methods by name, and what each does for `Predictor`: nothing else asks which method a model is of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch

from manyfaces.methods.ofer.compat import Compat
from manyfaces.pipeline.catalogue import method_of
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.distill_method import DistillMethod
from manyfaces.pipeline.distill_models import load_distill
from manyfaces.pipeline.loading import load_ofer
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.ofer_method import OferMethod
from manyfaces.pipeline.options import LookOptions
from manyfaces.pipeline.personal_method import PersonalMethod
from manyfaces.pipeline.personal_models import load_personal
from manyfaces.pipeline.result import Reconstruction

Chosen = TypeVar("Chosen", bound=LookOptions)


@runtime_checkable
class Method(Protocol[Chosen]):
    """A loaded model of one method, from faces that were seen to reconstructions.

    Attributes:
        name: of the model.
        options: the class of the options that it takes.
        eyes: finds faces, their points, and what hides them.
    """

    name: str
    options: type[Chosen]
    eyes: Eyes

    def reconstruct(self, faces: Sequence[SeenFace], options: Chosen, /) -> list[Reconstruction]:
        """Reconstruct faces as one batch, each as if it came alone."""
        ...

    def tell(self, face: SeenFace, options: Chosen, /) -> Any:
        """What a face says of whose it is: small, and free of its photo, so that those of a video can be kept."""
        ...

    def identify(self, told: Sequence[Any], options: Chosen, /) -> Any:
        """The one person that faces are of, from what they told; at least one."""
        ...

    def reconstruct_as(self, person: Any, faces: Sequence[SeenFace], options: Chosen, /) -> list[Reconstruction]:
        """Reconstruct faces of a person: the identity is the person's, all else is each face's."""
        ...


@dataclass(frozen=True)
class _Entry:
    """How a method is come by.

    Attributes:
        method: its class, made from a loaded model.
        options: those that it takes.
        load: loads a model by name; device, head and quirks as `Predictor.from_pretrained` takes them.
    """

    method: Callable[[Any], Method[Any]]
    options: type[LookOptions]
    load: Callable[[str | Path, torch.device, str | Path | None, Compat | str], Any]


_METHODS = {
    "ofer": _Entry(OferMethod, OferMethod.options, load_ofer),
    "distill": _Entry(DistillMethod, DistillMethod.options, load_distill),
    "personal": _Entry(PersonalMethod, PersonalMethod.options, load_personal),
    "person": _Entry(PersonalMethod, PersonalMethod.options, load_personal),
}


def load_method(name: str | Path, device: torch.device, head: str | Path | None, compat: Compat | str) -> Method[Any]:
    """Load a model, ready for use; see `Predictor.from_pretrained`."""
    entry = _METHODS[method_of(name)]
    return entry.method(entry.load(name, device, head, compat))


def options_of(name: str | Path) -> type[LookOptions]:
    """The class of the options that a model takes, without loading it.

    Raises:
        ChoiceError, AssetError, WeightError: there is no such model.
    """
    return _METHODS[method_of(name)].options
