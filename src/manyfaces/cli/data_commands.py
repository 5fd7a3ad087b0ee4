"""`manyfaces data ...` as data; see `commands`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg, subcommand

from manyfaces.cli.prepare_commands import PrepareData

Channels = Literal["rgb", "bgr"]
Missing = Literal["error", "skip"]


@dataclass(frozen=True)
class CheckData:
    """Look whether sets of photos are whole: lists, crops, parameters, order of channels; shards by their checksums."""

    sources: Annotated[Positional[tuple[Path, ...]], arg(metavar="SET ...")]
    """Folders ROOT/NAME of sets in files (the list lies in ROOT/image_paths), or folders of shards."""
    channels: Channels = "rgb"
    """Order of the planes in the 112 pixel crops."""
    missing: Missing = "error"
    """Photos whose files are not there: stop, or list them."""
    lists: Annotated[str, arg(metavar="FOLDER")] = ""
    """The folder of ROOT/image_paths to take lists from, such as arcface23, where several hold them."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import data

        return data.check(self)


@dataclass(frozen=True)
class PackData:
    """Write sets of photos as tar shards, for WebDataset and for `train`; goes on where it was stopped."""

    sources: Annotated[Positional[tuple[Path, ...]], arg(metavar="SET ...")]
    """Folders ROOT/NAME of sets in files, or folders of shards."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder for the shards."""
    photos_per_shard: int = 1000
    """About 40 MB."""
    shuffle: Literal["mixed", "as-listed"] = "mixed"
    """Mix sets and people over the shards, or keep the order of the lists."""
    channels: Channels = "rgb"
    """Order of the planes in the 112 pixel crops; shards always hold RGB."""
    missing: Missing = "error"
    """Photos whose files are not there: stop, or leave them out."""
    lists: Annotated[str, arg(metavar="FOLDER")] = ""
    """The folder of ROOT/image_paths to take lists from, such as arcface23, where several hold them."""
    head: Literal["auto", "flame20", "flame23"] = "auto"
    """Whose coefficients to pack; auto takes those that are there, FLAME 2023's first."""
    n_identity: int = 300
    """Identity coefficients that are kept."""
    n_expression: int = 50
    """Expression coefficients that are kept."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import data

        return data.pack(self)


@dataclass(frozen=True)
class AlignData:
    """Cut the faces of photos into R-Net's frame, with their 68 points, as shards; goes on where it was stopped."""

    kind: Positional[Literal["celeba", "aflw2000", "photos"]]
    """celeba: pictures with lists, or records of TensorFlow Datasets; aflw2000; photos: a folder of any pictures."""
    source: Annotated[Positional[Path], arg(metavar="FOLDER")]
    """Where the photos lie."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder for the shards."""
    splits: Annotated[tuple[Literal["train", "validation", "test"], ...], arg(metavar="PART ...")] = ()
    """celeba: parts that are wanted, all when not given. The paper learns from train and test, measures validation."""
    names: Annotated[Path | None, arg(metavar="LIST.txt")] = None
    """Names of the photos that are wanted, one on a line."""
    missing: Missing = "error"
    """celeba: photos that are listed and not there: stop, or leave them out."""
    size_px: int = 224
    """Side of the crops; the view is the same at any size."""
    photos_per_shard: int = 1000
    """About 30 MB at 224 pixels."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import data_faces

        return data_faces.align(self)


@dataclass(frozen=True)
class OccludeData:
    """Put something before the faces of photos: picture, mask and a record of each go to --out."""

    photos: Annotated[Positional[tuple[str, ...]], arg(metavar="PHOTO|FOLDER|GLOB ...")]
    """Picture files, folders of pictures, or patterns; of several faces on a photo, the largest is meant."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder for the results: NAME_KIND.png, NAME_KIND_mask.png, NAME_KIND.json."""
    kind: Annotated[str, arg(metavar="KIND|random")] = "random"
    """hand, mask, sunglasses, ...; a name that is unknown lists them all (docs/occluders.md shows them)."""
    donor: Annotated[Path | None, arg(metavar="PHOTO")] = None
    """Where face patches are cut from; the face itself when not given."""
    seed: int = 0
    """Same seed, same occluders."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import occlude

        return occlude.occlude(self)


@dataclass(frozen=True)
class BuildData:
    """Make a benchmark: faces with known vertices behind occluders; goes on where it was stopped."""

    kind: Positional[Literal["co545"]]
    """co545: 545 pictures of 11 people, after OFER's CO-545; docs/co545.md."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder for the benchmark."""
    source: Annotated[str, arg(metavar="openhead|flame20|flame23|...|coma")] = "openhead"
    """Head model by which people are drawn, a name or a file; or coma: recordings in CoMA's published layout."""
    data: Annotated[Path | None, arg(metavar="DIR")] = None
    """coma: folder of the recordings, SUBJECT/EXPRESSION/EXPRESSION.FRAME.ply with pictures beside."""
    head: Annotated[str | None, arg(metavar="NAME|FILE")] = None
    """coma: the head model that the meshes are registrations of, such as flame20."""
    items: int = 545
    """How many pictures; any other number is another benchmark."""
    seed: int = 0
    """Same seed, same benchmark."""
    workers: int | None = None
    """Processes; as many as there are cores when not given."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import build

        return build.build(self)


@dataclass(frozen=True)
class Data:
    """Check, pack and make sets of photos; cut faces out; put occluders before them; build benchmarks."""

    work: Annotated[
        Annotated[CheckData, subcommand("check", prefix_name=False)]
        | Annotated[PackData, subcommand("pack", prefix_name=False)]
        | Annotated[PrepareData, subcommand("prepare", prefix_name=False)]
        | Annotated[AlignData, subcommand("align", prefix_name=False)]
        | Annotated[BuildData, subcommand("build", prefix_name=False)]
        | Annotated[OccludeData, subcommand("occlude", prefix_name=False)],
        arg(name=""),
    ]

    def run(self) -> int:
        """Do it; returns the exit code."""
        return self.work.run()
