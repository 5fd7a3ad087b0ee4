"""`manyfaces data prepare ...` as data; see `commands`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from tyro.conf import FlagCreatePairsOff, Positional, arg, subcommand


@dataclass(frozen=True)
class PrepareRecordings:
    """What both sets of registered recordings take; see its subclasses."""

    kind: ClassVar[Literal["famos", "coma"]]

    meshes: Annotated[Positional[Path], arg(metavar="MESHES")]
    """Folder of the registrations: MESHES/SUBJECT/SEQUENCE/SEQUENCE.FRAME.ply."""
    head: Annotated[str, arg(metavar="NAME|FILE")]
    """The head model that they are registrations of, such as flame2023.pkl."""
    out: Annotated[Path, arg(metavar="ROOT/NAME", aliases=("-o",))]
    """Folder of the new set; its list goes to ROOT/image_paths."""
    photos: Annotated[Path | None, arg(metavar="DIR")] = None
    """famos: folder of the pictures."""
    frames: Annotated[Path | None, arg(metavar="LIST.json")] = None
    """famos: [[subject, sequence, frame], ...]; all meshes when not given."""
    n_identity: int = 300
    """Identity coefficients that are solved for."""
    n_expression: int = 50
    """Expression coefficients that are solved for."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import data

        return data.prepare(self)


@dataclass(frozen=True)
class PrepareFamos(PrepareRecordings):
    """FaMoS: fit the head model to its meshes, cut the faces out of its pictures."""

    kind: ClassVar = "famos"


@dataclass(frozen=True)
class PrepareComa(PrepareRecordings):
    """CoMA: fit the head model to its meshes, cut the faces out of its pictures."""

    kind: ClassVar = "coma"


@dataclass(frozen=True)
class PrepareClips:
    """What all sets of clips take; see its subclasses."""

    kind: ClassVar[Literal["bupt", "celeb-df", "mead", "faceforensics", "any"]]

    root: Annotated[Positional[Path], arg(metavar="ROOT")]
    """Where the set lies."""
    out: Annotated[Path, arg(metavar="DIR", aliases=("-o",))]
    """Folder for the shards and report.json, which lists what was left out and why."""
    every: int = 1
    """Look at each n-th frame."""
    frames_per_clip: int = 32
    """No more of a video, spread evenly over it; 0 for all. Of pictures in a folder, all are taken."""
    size_px: int = 256
    """Side of the crops; the view is the same at any size."""
    min_confidence: float = 0.4
    """Leave out frames whose landmarks are less sure on average, 0 to 1."""
    only: Annotated[str, arg(metavar="PATTERN")] = "*"
    """Clips that are wanted, by name, such as '*/front/*'."""
    facenet: Annotated[Path | None, arg(metavar="FILE")] = None
    """Weights of FaceNet: tells people apart. Without, the largest face counts, and is followed through a video."""
    workers: int | None = None
    """Processes; as many as there are cores when not given."""

    @property
    def takes_fakes(self) -> bool:
        """Forged videos are wanted as well."""
        return False

    def run(self) -> int:
        """Do it; returns the exit code."""
        from manyfaces.cli import data_clips

        return data_clips.prepare(self)


@dataclass(frozen=True)
class PrepareForensics(PrepareClips):
    """What sets with forged videos take; see its subclasses."""

    fakes: FlagCreatePairsOff[bool] = False
    """Take the forged videos, too."""

    @property
    def takes_fakes(self) -> bool:
        """Forged videos are wanted as well."""
        return self.fakes


@dataclass(frozen=True)
class PrepareBupt(PrepareClips):
    """BUPT-Balancedface: ROOT/race_per_7000/{African,Asian,Caucasian,Indian}/PERSON/*.jpg."""

    kind: ClassVar = "bupt"


@dataclass(frozen=True)
class PrepareCelebDf(PrepareForensics):
    """Celeb-DF (v2): ROOT/Celeb-real/id0_0000.mp4, ROOT/YouTube-real/00000.mp4, ROOT/List_of_testing_videos.txt."""

    kind: ClassVar = "celeb-df"


@dataclass(frozen=True)
class PrepareMead(PrepareClips):
    """MEAD: ROOT/M003/video/front/angry/level_1/001.mp4."""

    kind: ClassVar = "mead"


@dataclass(frozen=True)
class PrepareFaceForensics(PrepareForensics):
    """FaceForensics++: ROOT/original_sequences/{youtube,actors}/{raw,c23,c40}/videos/*.mp4, ROOT/splits/train.json."""

    kind: ClassVar = "faceforensics"


@dataclass(frozen=True)
class PrepareAny(PrepareClips):
    """Any footage: one video, or a folder of videos and pictures; each folder in it is a person."""

    kind: ClassVar = "any"


@dataclass(frozen=True)
class PrepareData:
    """Make a set to learn from: of registered recordings, or of photos and videos of people."""

    work: Annotated[
        Annotated[PrepareFamos, subcommand("famos", prefix_name=False)]
        | Annotated[PrepareComa, subcommand("coma", prefix_name=False)]
        | Annotated[PrepareBupt, subcommand("bupt", prefix_name=False)]
        | Annotated[PrepareCelebDf, subcommand("celeb-df", prefix_name=False)]
        | Annotated[PrepareMead, subcommand("mead", prefix_name=False)]
        | Annotated[PrepareFaceForensics, subcommand("faceforensics", prefix_name=False)]
        | Annotated[PrepareAny, subcommand("any", prefix_name=False)],
        arg(name=""),
    ]

    def run(self) -> int:
        """Do it; returns the exit code."""
        return self.work.run()
