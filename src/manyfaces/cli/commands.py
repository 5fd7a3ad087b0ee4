"""The commands as data: what the command line accepts, with nothing that is slow to import.

Each command's work lies in a module of its own, imported when the command runs, so that `--help` answers at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import FlagCreatePairsOff, Positional, arg, subcommand

from manyfaces.cli.bench_commands import Bench
from manyfaces.cli.data_commands import Data
from manyfaces.cli.model_commands import Models


@dataclass(frozen=True)
class Reconstruct:
    """Turn photos into sets of plausible 3D faces.

    Every photo gets a folder of its own below --out, named after it; of several faces on a photo, each gets a folder
    face_0, face_1, ... in there. A photo that fails does not stop the others.
    """

    photos: Annotated[Positional[tuple[str, ...]], arg(metavar="PHOTO|FOLDER|GLOB ...")]
    """Picture files, folders of pictures, or patterns such as 'holiday/*.jpg'; with --layout official, a list."""
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
    """Many expressions of the best identity, or a different identity each."""
    n_identities: int = 100
    """How many identities are sampled and ranked."""
    n_expressions: int = 15
    """How many faces come out."""
    seed: int = 0
    """Same seed, same faces."""
    face: Annotated[str, arg(metavar="all|largest|INDEX")] = "all"
    """Which faces of a photo; INDEX counts from 0, as the folders do."""
    one_person: FlagCreatePairsOff[bool] = False
    """All photos show the same person: one identity for all. Takes the largest face of each."""
    sampler: Literal["fast", "sde", "ddim", "ddpm"] = "fast"
    """How the diffusion models are sampled; sde equals ddpm, which is the reference, and slow."""
    settle: Literal["auto", "yes", "no"] = "auto"
    """Move the faces onto the visible points; auto does so for the open model alone."""
    layout: Literal["folders", "official"] = "folders"
    """official: a list of prepared crops in, bare PLY meshes out, as the authors' test script."""
    image_root: Annotated[Path | None, arg(metavar="DIR")] = None
    """With --layout official: the folder that the list's entries are relative to."""
    resume: FlagCreatePairsOff[bool] = False
    """Skip photos that were finished before with the same settings."""
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
class ImportFlame:
    """Convert a FLAME head model, once: it can be loaded by its name from then on."""

    files: Annotated[Positional[tuple[Path, ...]], arg(metavar="FILE ...")]
    """The model's .pkl or .npz and, with it, any of landmark embeddings, masks and texture space; docs/flame.md."""
    name: Literal["auto", "flame20", "flame23", "flame23-no-jaw", "flame23-open"] = "auto"
    """Which version it is; auto takes it from the name of the model's file."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.imports import import_flame

        return import_flame(self)


@dataclass(frozen=True)
class ImportOfer:
    """Convert the published weights of OFER, once: they can be used as a model from then on."""

    idgen: Annotated[Path, arg(metavar="FILE")]
    """Weights of the identity generator."""
    idrank: Annotated[Path, arg(metavar="FILE")]
    """Weights of the ranker."""
    expgen: Annotated[Path, arg(metavar="FILE")]
    """Weights of the expression generator."""
    front_indices: Annotated[Path, arg(metavar="FILE")]
    """The vertices that the ranker looks at, `frontindices.npy`."""
    head: Literal["auto", "flame20", "flame23"] = "auto"
    """Which FLAME the weights were trained on; auto takes it from the files' names."""
    attention: Literal["replay", "zero", "random"] = "replay"
    """Where the attention projections come from, which the files do not hold; docs/published-weights.md."""
    name: str = ""
    """Name of the model; by default ofer-flame20 or ofer-flame23. One of that name is replaced."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.imports import import_ofer

        return import_ofer(self)


@dataclass(frozen=True)
class Import:
    """Convert files that you have got from their makers."""

    what: Annotated[
        Annotated[ImportFlame, subcommand("flame", prefix_name=False)]
        | Annotated[ImportOfer, subcommand("ofer", prefix_name=False)],
        arg(name=""),
    ]

    def run(self) -> int:
        """Do it; returns the exit code."""
        return self.what.run()


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


@dataclass(frozen=True)
class Train:
    """Train one part of a model by a named recipe; goes on where it was stopped."""

    part: Positional[Literal["points", "idgen", "idrank", "expgen"]]
    """Which network, in the order they build on each other (expgen needs points alone)."""
    out: Annotated[Path, arg(metavar="RUNS", aliases=("-o",))]
    """Folder for checkpoints and logs."""
    recipe: str = "open"
    """open, open-tiny; of the paper: idgen-flame20, idgen-flame23, idrank, expgen (docs/training.md)."""
    seed: int = 0
    """Of the data, the initial weights and the order."""
    steps: int | None = None
    """Stop after so many steps; the recipe's own number when not given."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""
    data: Annotated[Path | None, arg(metavar="ROOT")] = None
    """Paper recipes: the folder that holds a folder for each data set."""
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

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.research import train

        return train(self)


Command = (
    Annotated[Reconstruct, subcommand("reconstruct")]
    | Annotated[Assets, subcommand("assets")]
    | Annotated[Models, subcommand("models")]
    | Annotated[Data, subcommand("data")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Bench, subcommand("bench")]
)

COMMAND_NAMES = ("reconstruct", "assets", "models", "data", "train", "bench")
