"""`manyfaces personalize` as data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg


@dataclass(frozen=True)
class Personalize:
    """Make one person's own model out of a few photos or a video.

    The folder that it writes is a model: `manyfaces reconstruct --model DIR`, `manyfaces animate DIR`. Stopped by
    Ctrl-C, the same command goes on where it was. Frames that are blurred, show no face or somebody else are set aside
    and listed in DIR/report.json.
    """

    sources: Annotated[Positional[tuple[Path, ...]], arg(metavar="PHOTO|FOLDER|VIDEO ...")]
    """Photos, folders of photos, videos: all of one person."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder of the person's model; its name is the model's."""
    base: str = "personal-open"
    """The model that is made the person's."""
    frames: int = 120
    """Learn from so many frames at most, spread evenly."""
    coarse_steps: int = 300
    """Steps for shape, expression and colours, at most; fewer when held-out frames get no better."""
    detail_steps: int = 150
    """Steps for wrinkles and folds, likewise."""
    width: int = 48
    """Of the adapters for shape, expression and colours: more learns more, from more frames."""
    skin_width: int = 16
    """Of those for wrinkles and folds, likewise."""
    facenet: Annotated[Path | None, arg(metavar="FILE")] = None
    """A face recogniser, to tell the person from others; without it, the largest face is followed."""
    seed: int = 0
    """Of the order of frames."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli.personalize import personalize

        return personalize(self)
