"""Person-specific models, loaded: a base for everybody, and one person's adapters in it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from manyfaces.assets import packaged_folder, verify_packaged
from manyfaces.assets.cache import sha256_of
from manyfaces.core.errors import InputError, WeightError
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.face_models import load_face_model
from manyfaces.io.model_folders import PersonalFolder, PersonFolder, read_model_folder
from manyfaces.methods.ofer.compat import Compat
from manyfaces.methods.personal import CoarseConfig, CoarseNet, DetailConfig, DetailSurface, detail_surface
from manyfaces.methods.personal.adapted import COARSE_OWN, Adapted, AdaptedSkin
from manyfaces.methods.personal.detail import SkinView
from manyfaces.nn import DisplacementMae, DisplacementUNet
from manyfaces.pipeline.catalogue import ReleasedModel, find_model, models_folder
from manyfaces.pipeline.distill_models import LoadedDistill, with_eyes
from manyfaces.pipeline.distill_person import SharedFace

COARSE, TEACHER, STUDENT = "coarse", "detail-teacher", "detail"
_SHARED = ("identity", "albedo", "light_change")
_VIEW = ("texture", "visible", "tension")


@dataclass(frozen=True)
class Person:
    """Whose model it is.

    Attributes:
        name: of the model.
        shared: what all the person's frames have in common.
        view: the person's skin, put together from all frames; one row.
    """

    name: str
    shared: SharedFace
    view: SkinView


@dataclass(frozen=True)
class LoadedPersonal:
    """Everything that a reconstruction needs.

    Attributes:
        coarse: the coarse network with all that goes with it.
        surface: where detail lies.
        teacher: reads relief off textures.
        student: animates it.
        files: the base's weight files, coarse, teacher and student.
        person: whose adapters are in the networks; None for the base.
    """

    coarse: LoadedDistill
    surface: DetailSurface
    teacher: DisplacementUNet
    student: nn.Module
    files: tuple[Path, Path, Path]
    person: Person | None = None

    @property
    def network(self) -> CoarseNet:
        """The coarse network for everybody.

        Raises:
            InputError: it is somebody's.
        """
        if not isinstance(self.coarse.network, CoarseNet):
            raise InputError(f"{self.coarse.name} is somebody's model already", "name the base that it was made from")
        return self.coarse.network


def load_personal(
    name: str | Path, device: torch.device, head: str | Path | None = None, compat: Compat | str = "none"
) -> LoadedPersonal:
    """Load a base, or a person's model with the base that it is for; see `Predictor.from_pretrained`.

    Raises:
        InputError: a head or quirks, which these models do not take.
        ChoiceError, AssetError, HeadFileError, WeightError: see `Predictor.from_pretrained`.
    """
    if head is not None or compat not in ("none", Compat()):
        raise InputError(f"the model {name} takes neither another head nor quirks", "leave head and compat out")
    found = find_model(name)
    folder = None if isinstance(found, ReleasedModel) else read_model_folder(found)
    if isinstance(folder, PersonFolder):
        return _with_person(load_personal(folder.card.base, device), folder)
    return _load_base(found if isinstance(found, ReleasedModel) else folder, device)


def base_digests(model: LoadedPersonal) -> tuple[str, str]:
    """What a person's file remembers of its base: digests of the networks that adapters are put into."""
    return sha256_of(model.files[0]), sha256_of(model.files[2])


def base_name(model: LoadedPersonal) -> str:
    """How a person's file names its base: by its name where it is known by that, else by its folder."""
    name, folder = model.coarse.name, model.files[0].parent.resolve()
    known = folder in {(place / name).resolve() for place in (packaged_folder(), models_folder())}
    return name if known else str(folder)


def _load_base(found: Any, device: torch.device) -> LoadedPersonal:
    files = _files(found)
    coarse, teacher, student = (load_weights(path) for path in files)
    config = coarse.config_as(CoarseConfig)
    network = CoarseNet(config)
    unet = DisplacementUNet(teacher.config_as(DetailConfig).teacher)
    mae = DisplacementMae(student.config_as(DetailConfig).student)
    for net, weights in ((network, coarse), (unet, teacher), (mae, student)):
        load_into(net, weights)
    head = found.head if isinstance(found, ReleasedModel) else found.card.head
    face = load_face_model(head, config.layout, config.projection)
    loaded = with_eyes(found.name, face, network, config, device)
    surface = detail_surface(face.head, mae.config.side_px)
    return LoadedPersonal(loaded, surface, unet.to(device).eval(), mae.to(device).eval(), files)


def _files(found: Any) -> tuple[Path, Path, Path]:
    if isinstance(found, ReleasedModel) and found.method == "personal":
        coarse, teacher, student = (
            verify_packaged(f"{found.name}/{p}.safetensors") for p in (COARSE, TEACHER, STUDENT)
        )
    elif isinstance(found, PersonalFolder):
        coarse, teacher, student = (found.weights(part) for part in (COARSE, TEACHER, STUDENT))
    else:
        raise InputError(f"{found.name} is no base of person-specific models", "name one that is: manyfaces models")
    return coarse, teacher, student


def _with_person(base: LoadedPersonal, folder: PersonFolder) -> LoadedPersonal:
    card = folder.card
    if card.base_sha256 != base_digests(base):
        raise WeightError(
            f"{folder.path} was made for other weights of {card.base} than are here",
            "personalize again, or install the version that it was made with: " + card.made_with,
        )
    state = load_weights(folder.weights()).state
    coarse = Adapted(base.coarse.network, card.widths[0], COARSE_OWN)
    assert isinstance(base.student, DisplacementMae)
    student = AdaptedSkin(base.student, card.widths[1])
    for net, prefix in ((coarse, COARSE), (student, STUDENT)):
        net.load_state_dict(_below(state, prefix))
    device = base.coarse.device
    try:
        shared = SharedFace(**{name: state[name].float() for name in _SHARED})
        view = SkinView(**{name: state[name].float()[None] for name in _VIEW})
    except KeyError as error:
        raise WeightError(f"{folder.weights()} holds no {error}", "personalize again") from None
    return replace(
        base,
        coarse=replace(base.coarse, name=folder.name, network=coarse.to(device)),
        student=student.to(device),
        person=Person(folder.name, shared, view),
    )


def person_state(coarse: Adapted, student: AdaptedSkin, person: Person) -> dict[str, Tensor]:
    """All of a person's file."""
    tensors = {f"{COARSE}/{name}": tensor for name, tensor in coarse.state_dict().items()}
    tensors |= {f"{STUDENT}/{name}": tensor for name, tensor in student.state_dict().items()}
    tensors |= {name: getattr(person.shared, name) for name in _SHARED}
    return tensors | {name: getattr(person.view, name)[0] for name in _VIEW}


def _below(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(f"{prefix}/"): t.float() for n, t in state.items() if n.startswith(f"{prefix}/")}
