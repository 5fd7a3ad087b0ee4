"""`manyfaces models ...` as data; see `commands`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg, subcommand


@dataclass(frozen=True)
class ListModels:
    """List the models that `reconstruct --model` takes."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import listings

        return listings.list_models()


@dataclass(frozen=True)
class AddModel:
    """Make a model of networks that `train` has trained: they can be used by its name from then on."""

    runs: Annotated[Positional[Path], arg(metavar="RUNS")]
    """Folder that `train --out` wrote to."""
    name: str
    """Name of the model; one of that name is replaced."""
    part: Literal["auto", "ofer", "teacher", "sopi", "mopi", "personal"] = "auto"
    """The networks of OFER make one model together, those of person-specific models too, teacher and students one each;
    auto takes what goes furthest."""
    head: Literal["auto", "flame20", "flame23", "openhead", "bfm"] = "auto"
    """Which head the weights are for. OFER on the paper's recipes knows; a teacher or student of R-Net's own 257
    coefficients is for bfm, others for openhead."""
    front_indices: Annotated[Path | None, arg(metavar="FILE")] = None
    """The vertices that the paper's ranker looks at; by default those that its training kept."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.imports import add_model

        return add_model(self)


@dataclass(frozen=True)
class Models:
    """The models that `reconstruct --model` takes: list them, add those that you have trained."""

    work: Annotated[
        Annotated[ListModels, subcommand("list", prefix_name=False)]
        | Annotated[AddModel, subcommand("add", prefix_name=False)],
        arg(name=""),
    ] = field(default_factory=ListModels)

    def run(self) -> int:
        """Do it; returns the exit code."""
        return self.work.run()
