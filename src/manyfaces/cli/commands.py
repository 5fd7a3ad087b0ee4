"""The commands as data: what the command line accepts, with nothing that is slow to import.

Each command's work lies in a module of its own, imported when the command runs, so that `--help` answers at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import FlagCreatePairsOff, Positional, arg, subcommand

from manyfaces.cli.animate_commands import Animate
from manyfaces.cli.bench_commands import Bench
from manyfaces.cli.data_commands import Data
from manyfaces.cli.import_commands import Import
from manyfaces.cli.model_commands import Models
from manyfaces.cli.personalize_commands import Personalize


@dataclass(frozen=True)
class Reconstruct:
    """Turn photos into sets of plausible 3D faces, and videos into one face that moves.

    Every photo or video gets a folder of its own below --out, named after it; of several faces on a photo, each gets a
    folder face_0, face_1, ... in there. One that fails does not stop the others. docs/video.md says more of videos.
    """

    photos: Annotated[Positional[tuple[str, ...]], arg(metavar="PHOTO|VIDEO|FOLDER|GLOB ...")]
    """Pictures, videos, folders of pictures, or patterns such as 'holiday/*.jpg'; with --layout official, a list."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder for the results."""
    model: str = "ofer-open"
    """Name of the model, `manyfaces models` lists them; or the folder of one."""
    head: str | None = None
    """For models on FLAME: head in place of the imported one: flame20, flame23, ... or its file."""
    compat: Annotated[str, arg(metavar="none|official|QUIRK,QUIRK")] = "none"
    """Quirks of the authors' code to repeat, for imported models; docs/published-weights.md."""
    occlusion: Annotated[str, arg(metavar="auto|none|MASK.png")] = "auto"
    """What hides the face: find it, take nothing as hidden, or a picture of the photo's size that is white there."""
    identities: Literal["best", "varied"] = "best"
    """Of photos: many expressions of the best identity, or a different identity each."""
    n_identities: int = 100
    """How many identities are sampled and ranked."""
    n_expressions: int = 15
    """How many faces come out of a photo; a frame of a video has one."""
    seed: int = 0
    """Same seed, same faces."""
    face: Annotated[str, arg(metavar="all|largest|INDEX")] = "all"
    """Which faces of a photo; INDEX counts from 0, as the folders do. Of a video one is followed: the largest,
    unless INDEX says another."""
    one_person: FlagCreatePairsOff[bool] = False
    """All photos show the same person: one identity for all. Takes the largest face of each."""
    sampler: Literal["fast", "sde", "ddim", "ddpm"] = "fast"
    """How the diffusion models are sampled; sde equals ddpm, which is the reference, and slow."""
    settle: Literal["auto", "yes", "no"] = "auto"
    """Move the faces onto the visible points, and fit colours and light, where the model knows them, to the visible
    skin; auto does so for the open models alone."""
    layout: Literal["folders", "official"] = "folders"
    """official: a list of prepared crops in, bare PLY meshes out, as the authors' test script."""
    image_root: Annotated[Path | None, arg(metavar="DIR")] = None
    """With --layout official: the folder that the list's entries are relative to."""
    resume: FlagCreatePairsOff[bool] = False
    """Skip photos and videos that were finished before with the same settings."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import official, reconstruct

        return official.reconstruct_list(self) if self.layout == "official" else reconstruct.reconstruct(self)


@dataclass(frozen=True)
class ListAssets:
    """Show which third-party model files there are, and which of them are here."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import listings

        return listings.list_assets()


@dataclass(frozen=True)
class FetchAssets:
    """Get third-party model files that are not here yet."""

    names: Annotated[Positional[tuple[str, ...]], arg(metavar="NAME ...")] = ()
    """Which ones to fetch; when none is named, those that the program itself needs."""
    accept_terms: FlagCreatePairsOff[bool] = False
    """Accept the terms of those that have some; without it, each is shown and asked about."""
    source: Annotated[str, arg(name="from", metavar="FILE|ADDRESS")] = ""
    """Take the one that is named from here, such as a file downloaded with a browser."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import downloads

        return downloads.fetch_assets(self)


@dataclass(frozen=True)
class Assets:
    """Third-party model files: list them, fetch them, import those that you have."""

    work: Annotated[
        Annotated[ListAssets, subcommand("list", prefix_name=False)]
        | Annotated[FetchAssets, subcommand("fetch", prefix_name=False)]
        | Annotated[Import, subcommand("import", prefix_name=False)],
        arg(name=""),
    ]

    def run(self) -> int:
        """Do it; returns the exit code."""
        return self.work.run()


OferPart = Literal["points", "idgen", "idrank", "expgen"]
PersonalPart = Literal["coarse", "detail-teacher", "detail", "detail-alone", "detail-resnet"]
DistillPart = Literal[
    "teacher", "sopi", "identity", "mopi", "control", "sopi-printed", "sopi-l1", "mopi-label", "mopi-perceptual"
]


@dataclass(frozen=True)
class Train:
    """Train one part of a model by a named recipe; goes on where it was stopped."""

    part: Positional[OferPart | DistillPart | PersonalPart]
    """Which network. Of OFER, in the order they build on each other: points, idgen, idrank, expgen (which needs points
    alone). Of the Occlusion Resistant Network: teacher, sopi, identity, mopi; the rest are what these are compared
    with. Of person-specific models: coarse, detail-teacher, detail; the rest likewise."""
    out: Annotated[Path, arg(metavar="RUNS", aliases=("-o",))]
    """Folder for checkpoints and logs."""
    recipe: str = "open"
    """open, open-tiny; of OFER's paper: idgen-flame20, idgen-flame23, idrank, expgen; of the Occlusion Resistant
    Network's: paper; of person-specific models: photos, paper (docs/training.md)."""
    seed: int = 0
    """Of the data, the initial weights and the order."""
    steps: int | None = None
    """Stop after so many steps; the recipe's own number when not given."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""
    data: Annotated[Path | None, arg(metavar="ROOT")] = None
    """Paper recipes: the folder that holds a folder for each data set; for teacher, sopi and mopi, what `data align`
    wrote."""
    sets: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Paper recipes: the data sets to train on, in place of the paper's."""
    lists: Annotated[str, arg(metavar="FOLDER")] = ""
    """Paper recipes: the folder of ROOT/image_paths to take lists from, such as arcface23, where several hold them."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """Paper recipes: order of the planes in the 112 pixel crops; the published script writes bgr."""
    missing: Literal["error", "skip"] = "error"
    """Paper recipes: what to do about photos whose files are not there."""
    values: Literal["paper", "code"] = "paper"
    """Paper recipes: epochs and batches of the paper, with our extras, or of the published code, bare."""
    arcface: Annotated[Path | None, arg(metavar="FILE")] = None
    """Paper recipes: pretrained ArcFace (backbone.pth); the fetched one when not given."""
    farl: Annotated[Path | None, arg(metavar="FILE")] = None
    """Paper recipes: pretrained FaRL; the fetched one when not given."""
    from_scratch_encoder: FlagCreatePairsOff[bool] = False
    """Paper recipes: start from random encoders, on purpose."""
    idgen: Annotated[Path | None, arg(metavar="FILE")] = None
    """Recipe idrank: weights that draw what is ranked; RUNS/idgen's when not given."""
    front_indices: Annotated[Path | None, arg(metavar="FILE")] = None
    """Recipe idrank: the vertices it looks at, `frontindices.npy` of the authors."""
    teacher: Annotated[Path | None, arg(metavar="FILE")] = None
    """Recipe paper: weights of the teacher; RUNS/teacher's when not given."""
    resnet: Annotated[Path | None, arg(metavar="FILE")] = None
    """Recipe paper: ResNet-50 from ImageNet; the fetched one when not given."""
    facenet: Annotated[Path | None, arg(metavar="FILE")] = None
    """Recipe paper: the recogniser of mopi; the fetched one when not given."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.research import train

        return train(self)


Command = (
    Annotated[Reconstruct, subcommand("reconstruct")]
    | Annotated[Personalize, subcommand("personalize")]
    | Annotated[Animate, subcommand("animate")]
    | Annotated[Assets, subcommand("assets")]
    | Annotated[Models, subcommand("models")]
    | Annotated[Data, subcommand("data")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Bench, subcommand("bench")]
)

COMMAND_NAMES = ("reconstruct", "personalize", "animate", "assets", "models", "data", "train", "bench")
