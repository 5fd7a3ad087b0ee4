"""`manyfaces assets import ...` as data; see `commands`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg, subcommand


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
class ImportBfm:
    """Convert the Basel Face Model of 2009, once: `bfm` can be loaded by its name from then on."""

    path: Annotated[Positional[Path], arg(metavar="FOLDER|FILE")]
    """The folder with the makers' files, or an assembled BFM_model_front.mat; docs/bfm.md."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.imports import import_bfm

        return import_bfm(self)


@dataclass(frozen=True)
class ImportDeep3d:
    """Convert the published weights of R-Net, once: they can be used as a model from then on."""

    file: Annotated[Positional[Path], arg(metavar="FILE")]
    """The authors' checkpoint, `epoch_20.pth`."""
    name: str = "rnet-bfm"
    """Name of the model; one of that name is replaced."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.imports import import_deep3d

        return import_deep3d(self)


@dataclass(frozen=True)
class Import:
    """Convert files that you have got from their makers."""

    what: Annotated[
        Annotated[ImportFlame, subcommand("flame", prefix_name=False)]
        | Annotated[ImportBfm, subcommand("bfm", prefix_name=False)]
        | Annotated[ImportOfer, subcommand("ofer", prefix_name=False)]
        | Annotated[ImportDeep3d, subcommand("deep3d", prefix_name=False)],
        arg(name=""),
    ]

    def run(self) -> int:
        """Do it; returns the exit code."""
        return self.what.run()
