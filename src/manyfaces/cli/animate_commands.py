"""`manyfaces animate` as data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import FlagCreatePairsOff, Positional, arg


@dataclass(frozen=True)
class Animate:
    """Let a face do what somebody does in a video: an animated .glb, its numbers, and a video of both side by side.

    Expression, jaw and the head's turns are the driver's, the face is the person's. What was done before a fault in the
    video, or before Ctrl-C, is kept.
    """

    person: Annotated[Positional[str], arg(metavar="PHOTO|FOLDER")]
    """Who: a photo; the folder that `manyfaces reconstruct` wrote of one; or a person's model, by `personalize`."""
    drive: Annotated[str, arg(metavar="VIDEO|FOLDER|CAMERA")]
    """Who drives: a video, a folder of pictures, or the number of a camera, which runs until Ctrl-C."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder for the results."""
    model: str | None = None
    """The model that looks at the photo and the driver; by default the one that made the folder, else ofer-open."""
    head: str | None = None
    """For models on FLAME: head in place of the imported one: flame20, flame23, ... or its file."""
    hypothesis: int = 1
    """Which of the faces that it could be, 1 the best: for models that give many."""
    face: Annotated[str, arg(metavar="largest|INDEX")] = "largest"
    """Which face of the photo; INDEX counts from 0, the largest."""
    driver_face: int = 0
    """Which face of the first frame that shows any drives; 0 the largest."""
    neutral: Literal["none", "first"] = "none"
    """first: the driver's first frame counts as a resting face, and all else as the change from it."""
    seconds: float | None = None
    """Stop after so much of the video."""
    every: int = 1
    """Take each n-th frame of the video."""
    vertices: FlagCreatePairsOff[bool] = False
    """Put the vertices of all frames into the .npz file, 60 KB a frame."""
    smooth: FlagCreatePairsOff[bool] = False
    """Leave wrinkles out, where the model has any: several times as fast, and a .glb a third as large."""
    seed: int = 0
    """Of the person's hypotheses and the driver's."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import animate

        return animate.animate(self)
