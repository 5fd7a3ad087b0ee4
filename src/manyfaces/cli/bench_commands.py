"""`manyfaces bench ...` as data; see `commands`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from tyro.conf import FlagCreatePairsOff, Positional, arg, subcommand

Unit = Literal["mm", "cm", "m", "none"]
Landmarks = Literal["annotated", "300w", "300vw", "facescape", "aflw2000", "cofw", "helen", "afw"]
OwnPoints = Literal["facemesh", "mean_head", "ours"]
PersonalPart = Literal["transfer", "skin", "photo-skin", "own-skin", "speed"]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What all protocols take."""

    out: Annotated[Path, arg(metavar="OUT", aliases=("-o",))] = Path("out")
    """Folder for tables and figures."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import bench

        return bench.run(self)


@dataclass(frozen=True, kw_only=True)
class OnModel(Protocol):
    """What protocols take that measure a model."""

    model: str = "ofer-open"
    """Name of the model, or the folder of an imported one."""
    seed: int = 0
    """Of all sampling."""


@dataclass(frozen=True, kw_only=True)
class OnFolder(Protocol):
    """What protocols take that measure on data of others."""

    folder: Annotated[Positional[Path | None], arg(metavar="DIR")] = None
    """Folder of the data, laid out as it is published."""
    dataset: Annotated[Path | None, arg(metavar="DIR")] = None
    """Another way to name DIR."""


@dataclass(frozen=True, kw_only=True)
class OnDataset(OnModel, OnFolder):
    """What protocols take that measure a model on data of others."""


@dataclass(frozen=True, kw_only=True)
class Now(OnDataset):
    """NoW: distances from scans to predicted neutral faces, non-metrical and metrical."""

    predictions: Annotated[Path | None, arg(metavar="DIR")] = None
    """Meshes of any method, SUBJECT/CHALLENGE/NAME.ply or .obj with .npy or .txt; the model's own when not given."""
    unit: Unit = "mm"
    """Of the predictions; none for those without one, which have no metrical figures."""
    allow_missing: FlagCreatePairsOff[bool] = False
    """Report without the images that have no prediction; the report lists them."""
    identity: Literal["ranked", "average", "regressor", "mean_head", "random"] = "ranked"
    """Which identity of the model's is scored: ranked first, or a baseline."""


@dataclass(frozen=True, kw_only=True)
class Co545(OnDataset):
    """CO-545: hypotheses against known faces behind known occluders; DIR is from `data build co545`."""

    predictions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of meshes of any method, scored beside the model."""
    unit: Unit = "mm"
    """Of these meshes; none for those without one, which are scaled to the truth."""
    allow_missing: FlagCreatePairsOff[bool] = False
    """Report without the pictures that a folder has no meshes for; the report lists them."""
    limit: int | None = None
    """Only the first so many items, for a quick look."""


@dataclass(frozen=True, kw_only=True)
class Rof(OnDataset):
    """Diversity and plausibility on photos without truth; DIR holds a folder of photos for each kind of occlusion."""

    per_kind: int = 200
    """The first so many photos of each kind."""


@dataclass(frozen=True, kw_only=True)
class LandmarkProtocol(OnDataset):
    """68 points on annotated photos."""

    half: Literal["all", "tune", "report"] = "all"
    """Which half of the photos."""
    predictions: Annotated[Path | None, arg(metavar="DIR")] = None
    """Points of another method, scored beside ours."""
    methods: tuple[OwnPoints, ...] = ("facemesh", "mean_head", "ours")
    """Which of our methods are run."""
    models: str = ""
    """Models with commas between their names: of each the best face, its jaw line placed as annotators would."""
    unsettled: FlagCreatePairsOff[bool] = False
    """Of these models what the networks say, not settled on the photo."""
    limit: int | None = None
    """Only the first so many faces, for a quick look."""
    offsets: FlagCreatePairsOff[bool] = False
    """Remove constant offsets between our points and the annotation."""
    every: int = 1
    """300vw: take each n-th frame."""
    annotation: Literal["original", "reannotated"] = "original"
    """aflw2000: the data set's points, or those of 3DDFA's test.configs."""


@dataclass(frozen=True, kw_only=True)
class Annotated68(LandmarkProtocol):
    """Any photos: 68 points; DIR holds photos, landmarks.json and occluders.json."""


@dataclass(frozen=True, kw_only=True)
class W300(LandmarkProtocol):
    """300-W: 68 points, common and challenging subset."""


@dataclass(frozen=True, kw_only=True)
class Vw300(LandmarkProtocol):
    """300-VW: 68 points in videos, three scenarios."""


@dataclass(frozen=True, kw_only=True)
class FaceScape(LandmarkProtocol):
    """FaceScape: 43 points of registered heads in the photos of many cameras."""


@dataclass(frozen=True, kw_only=True)
class Aflw2000(LandmarkProtocol):
    """AFLW2000-3D: 68 points by how far the face is turned."""


@dataclass(frozen=True, kw_only=True)
class Cofw(LandmarkProtocol):
    """COFW-68: 68 points, visible and hidden ones."""


@dataclass(frozen=True, kw_only=True)
class Helen(LandmarkProtocol):
    """Helen: 68 points."""


@dataclass(frozen=True, kw_only=True)
class Afw(LandmarkProtocol):
    """AFW: 68 points."""


@dataclass(frozen=True, kw_only=True)
class Photos(OnFolder):
    """Hidden points of photos with drawn occluders; DIR holds photos, landmarks.json and occluders.json."""

    half: Literal["all", "tune", "report"] = "all"
    """Which half of the photos; figures to publish come from `report`."""
    model: str = "ofer-open"
    """Models, with commas between their names; `all` for every one of the catalogue."""
    seed: int = 0
    """Of all sampling."""


@dataclass(frozen=True, kw_only=True)
class Synthetic(OnModel):
    """Errors, calibration and ranking on rendered faces with exact truth."""


@dataclass(frozen=True, kw_only=True)
class Ablation(OnModel):
    """What ranking is worth: OFER's Table 1, samples mixed with random heads, on rendered faces."""

    pictures: int = 545
    """How many are rendered; fewer for a quick look."""


@dataclass(frozen=True, kw_only=True)
class Speed(Protocol):
    """Time and memory of every part, beside what the machine could do."""


@dataclass(frozen=True, kw_only=True)
class Vectors(OnFolder):
    """Our numbers against the published code's; DIR holds the set of test vectors."""


@dataclass(frozen=True, kw_only=True)
class Figures(OnModel):
    """The papers' figures of any photos: best and worst ranked, one person masked and unmasked, many expressions."""

    photos: Annotated[Positional[tuple[str, ...]], arg(metavar="PHOTO ...")]
    """Photos, folders or patterns."""


@dataclass(frozen=True, kw_only=True)
class PersonalFigures(Protocol):
    """Figures of person-specific models' paper, of any photos and models: alignment, shape, detail, animation."""

    photos: Annotated[Positional[tuple[str, ...]], arg(metavar="PHOTO ...")]
    """Photos, folders or patterns."""
    models: str = "ofer-open"
    """Models with commas between their names, one beside the other."""
    drive: Annotated[tuple[str, ...], arg(metavar="PHOTO ...")] = ()
    """Photos whose expressions the faces are given; each other's when not given."""
    seed: int = 0
    """Of all sampling."""


@dataclass(frozen=True, kw_only=True)
class Personal(Protocol):
    """Person-specific models on synthetic persons: what adapters gain, how good detail is, how fast both are."""

    parts: tuple[PersonalPart, ...] = get_args(PersonalPart)
    """What is measured."""
    model: str = "personal-open"
    """The base."""
    persons: int = 8
    """How many, beyond the base's span, for transfer; as many others for own-skin."""
    skins: int = 24
    """How many persons for skin and photo-skin."""
    frames: int = 100
    """To learn from, of each person; for transfer a fourth of them in each of four clips."""
    steps: int = 300
    """Of a person's learning for transfer, at most."""
    gap: Annotated[tuple[float, float], arg(metavar="MM MM")] = (1.0, 2.5)
    """How far persons are from what the base can give: the least and the greatest RMS over the front of the face."""
    jaw: Literal["silhouette", "fixed"] = "silhouette"
    """What the jaw line is drawn to: the silhouette loss, or fixed points of the head, which it is compared with."""
    full: FlagCreatePairsOff[bool] = False
    """Also learn all parameters of the network, beside the adapters."""
    runs: Annotated[Path | None, arg(metavar="RUNS")] = None
    """Folder of runs that holds what the student is compared with: detail-alone, detail-resnet."""


@dataclass(frozen=True, kw_only=True)
class OnNetworks(Protocol):
    """What protocols take that measure teacher and students of the Occlusion Resistant Network."""

    runs: Annotated[Path | None, arg(metavar="RUNS")] = None
    """Folder that `manyfaces train --out` wrote: all networks in it, by the names of their parts."""
    networks: Annotated[tuple[str, ...], arg(metavar="NAME=FILE ...")] = ()
    """Further networks, or others: weight files, run folders or models; the open ones when neither is given."""
    head: str = "openhead"
    """Whose people are drawn, and whose coefficients the networks predict."""
    seed: int = 0
    """Of people, occluders and intervals."""


@dataclass(frozen=True, kw_only=True)
class Distill(OnFolder, OnNetworks):
    """Occlusion Resistant Network: teacher, SOPI and MOPI on held-out people and on annotated photos; Tables 1 to 7."""

    parts: tuple[Literal["people", "photos", "speed"], ...] = ()
    """What is measured; people, and photos where DIR is given, when not said."""
    people: int = 1000
    """How many held-out people."""
    layout: Landmarks = "annotated"
    """How DIR is laid out: landmarks.json with occluders.json, or a landmark benchmark."""
    limit: int | None = None
    """Only the first so many photographed faces, for a quick look."""
    workers: int | None = None
    """Processes; one for each core when not given."""


@dataclass(frozen=True, kw_only=True)
class DistillFigures(OnNetworks):
    """The Occlusion Resistant Network's figures, of synthetic people or of photos."""

    photos: Annotated[Positional[tuple[str, ...]], arg(metavar="PHOTO ...")] = ()
    """Photos, folders or patterns; synthetic people when there are none."""


@dataclass(frozen=True, kw_only=True)
class Compare(Protocol):
    """How the figures of reports differ, item by item, and how surely."""

    first: Annotated[Positional[Path], arg(metavar="A.json")]
    """Report of one method."""
    others: Annotated[Positional[tuple[Path, ...]], arg(metavar="B.json ...")]
    """Reports of others, by the same protocol on the same data."""


@dataclass(frozen=True)
class Bench:
    """Measure by a fixed protocol: tables with intervals as Markdown, LaTeX, CSV and JSON, and plots."""

    protocol: Annotated[
        Annotated[Now, subcommand("now", prefix_name=False)]
        | Annotated[Co545, subcommand("co545", prefix_name=False)]
        | Annotated[Rof, subcommand("rof", prefix_name=False)]
        | Annotated[Annotated68, subcommand("annotated", prefix_name=False)]
        | Annotated[W300, subcommand("300w", prefix_name=False)]
        | Annotated[Vw300, subcommand("300vw", prefix_name=False)]
        | Annotated[FaceScape, subcommand("facescape", prefix_name=False)]
        | Annotated[Aflw2000, subcommand("aflw2000", prefix_name=False)]
        | Annotated[Cofw, subcommand("cofw", prefix_name=False)]
        | Annotated[Helen, subcommand("helen", prefix_name=False)]
        | Annotated[Afw, subcommand("afw", prefix_name=False)]
        | Annotated[Photos, subcommand("photos", prefix_name=False)]
        | Annotated[Synthetic, subcommand("synthetic", prefix_name=False)]
        | Annotated[Ablation, subcommand("ablation", prefix_name=False)]
        | Annotated[Speed, subcommand("speed", prefix_name=False)]
        | Annotated[Vectors, subcommand("vectors", prefix_name=False)]
        | Annotated[Figures, subcommand("figures", prefix_name=False)]
        | Annotated[Distill, subcommand("distill", prefix_name=False)]
        | Annotated[DistillFigures, subcommand("distill-figures", prefix_name=False)]
        | Annotated[Personal, subcommand("personal", prefix_name=False)]
        | Annotated[PersonalFigures, subcommand("personal-figures", prefix_name=False)]
        | Annotated[Compare, subcommand("compare", prefix_name=False)],
        arg(name=""),
    ]

    def run(self) -> int:
        """Do it; returns the exit code."""
        return self.protocol.run()
