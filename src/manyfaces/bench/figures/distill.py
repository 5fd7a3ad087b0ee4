"""`manyfaces bench distill-figures`: the figures of the Occlusion Resistant Network (Tiwari et al., WACV 2022)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.bench.distill.conditions import CONDITIONS, LEVELS, NATURALLY, UNOCCLUDED, behind_colours
from manyfaces.bench.distill.networks import CONTROL, MOPI, SOPI, TEACHER, Network
from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.distill.people import GREY_LEVELS, PeopleBench
from manyfaces.bench.figures.distill_faces import FigureFace, photographed_faces, synthetic_faces
from manyfaces.bench.figures.grid import TILE_PX, Tile, draw_grid
from manyfaces.core.errors import InputError
from manyfaces.core.seeds import stream_seed
from manyfaces.data.hiding import HidingLaw, hide
from manyfaces.heads import HeadModel
from manyfaces.io.image import write_image
from manyfaces.metrics import frame_errors
from manyfaces.render import interpolate
from manyfaces.render.sampling import shrunk

N_FACES = 7
"""Columns of a page, as in the paper."""
N_COLOURED = 3
"""Faces on the page of colours."""
FADED = 0.25
"""How much of the picture is left around a face that is drawn over it."""
SMOOTHING = 2
NAMES = {TEACHER: "Teacher", SOPI: "SOPI", MOPI: "MOPI", CONTROL: "SOPI, trained on"}
PATTERN_KINDS = ("stars", "crown", "blob", "patch")


def run_distill_figures(out: Path, photos: Sequence[Path] = (), options: DistillOptions | None = None) -> list[Path]:
    """Draw the levels of occlusion, the colours, real things, patterns, and what losses make of them.

    Args:
        out: folder for `levels.png`, `colours.png`, `natural.png`, `patterns.png` and, where runs of ablations are
            among the networks, `losses.png`.
        photos: of each the largest face; synthetic people where there are none.
        options: the networks, the head and the seed.

    Returns:
        The files.

    Raises:
        NoFaceError: a photo shows no face.
        ConfigError, WeightError, AssetError, ChoiceError: the networks cannot be loaded, or not be compared.
        OutputError: `out` cannot be written.
    """
    options = options or DistillOptions()
    bench = PeopleBench(options)
    faces = photographed_faces(photos[:N_FACES]) if photos else synthetic_faces(bench, N_FACES)
    artist = Artist(bench, faces)
    written = []
    for name, page in artist.pages():
        path = out / f"{name}.png"
        write_image(path, page)
        written.append(path)
    return written


@dataclass(frozen=True)
class Artist:
    """Draws pages of some faces.

    Attributes:
        bench: the networks.
        faces: one for each column.
    """

    bench: PeopleBench
    faces: Sequence[FigureFace]

    def pages(self) -> Iterator[tuple[str, UInt8[np.ndarray, "H W 3"]]]:
        """All pages, by the names of their files."""
        both, three = self._given(TEACHER, SOPI), self._given(TEACHER, SOPI, MOPI, CONTROL)
        levels = [row for level in LEVELS[1:] for row in self._rows(level, self._hidden(CONDITIONS[level]), both)]
        yield "levels", self._page("How much is hidden", [self._inputs(), *levels])
        yield "colours", self._page("The colour of what hides the face", self._colours(both))
        yield (
            "natural",
            self._page("Things that really hide faces", self._rows("", self._hidden(CONDITIONS[NATURALLY]), three)),
        )
        yield "patterns", self._page("Patterns", self._rows("", self._hidden(PATTERN_KINDS), three))
        losses = {name: name for name in self.bench.networks if name.startswith((SOPI, MOPI))}
        if len(losses) > 2:
            shown = [self._inputs(), *self._rows("SHOFI", self._hidden(CONDITIONS["SHOFI"]), losses)]
            yield "losses", self._page("What students learnt by other losses", shown)

    def _given(self, *names: str) -> dict[str, str]:
        """Those of some networks that were given, with their titles."""
        found = {name: NAMES[name] for name in names if name in self.bench.networks}
        if not found:
            raise InputError("neither teacher nor students are among the networks", f"name them: {', '.join(names)}")
        return found

    def _page(self, title: str, rows: Sequence[Sequence[Tile]]) -> UInt8[np.ndarray, "H W 3"]:
        known = self.faces[0].coefficients is not None
        where = "synthetic people; numbers: mean distance of the 68 points to the truth, pixels of 224"
        return draw_grid(title, where if known else "the largest face of each photo", rows)

    def _inputs(self) -> list[Tile]:
        return [Tile(_tile(face.picture), "" if k else UNOCCLUDED) for k, face in enumerate(self.faces)]

    def _rows(self, name: str, hidden: Tensor, networks: Mapping[str, str]) -> list[list[Tile]]:
        """What is seen, then what each network makes of it."""
        seen = [Tile(_tile(picture), "" if k else name) for k, picture in enumerate(hidden)]
        return [seen, *(self._drawn(title, self.bench.networks[n], hidden) for n, title in networks.items())]

    @torch.no_grad()
    def _drawn(self, title: str, network: Network, hidden: UInt8[Tensor, "B 3 S S"]) -> list[Tile]:
        bench = self.bench
        small = shrunk(hidden.float(), network.config.picture_px).to(bench.device)
        said = network(small / GREY_LEVELS).float()
        pictures = self._over(said, hidden)
        points = bench.face.landmarks_px(bench.face.layout.split(said)).cpu()
        tiles = []
        for k, face in enumerate(self.faces):
            known = face.coefficients is not None
            error = float(frame_errors(points[k], face.landmarks_px).me_px)
            tiles.append(Tile(pictures[k], "" if k else title, f"{error:.1f}" if known else ""))
        return tiles

    def _over(self, said: Float[Tensor, "B K"], hidden: UInt8[Tensor, "B 3 S S"]) -> list[np.ndarray]:
        """Predicted faces over what was seen, which is faded."""
        face, size = self.bench.face, TILE_PX * SMOOTHING
        drawn = face.render(face.layout.split(said), size)
        shown = _shown(face.head).to(said).expand(len(said), -1)[..., None]
        share = interpolate(drawn.fragments, face.head.faces, shown)[..., 0] * drawn.mask
        share, rgb = share[:, None].cpu(), drawn.rgb.permute(0, 3, 1, 2).clamp(0, 1).cpu()
        share = torch.nn.functional.avg_pool2d(share, SMOOTHING)
        rgb = torch.nn.functional.avg_pool2d(rgb, SMOOTHING)
        below = torch.stack([torch.from_numpy(_tile(picture)).permute(2, 0, 1) for picture in hidden]) / GREY_LEVELS
        below = 1 - FADED * (1 - below)
        pages = (rgb * share + below * (1 - share)).permute(0, 2, 3, 1)
        return list((pages * GREY_LEVELS).round().to(torch.uint8).numpy())

    @property
    def _pictures(self) -> UInt8[Tensor, "B 3 S S"]:
        return torch.stack([face.picture for face in self.faces])

    @property
    def _points(self) -> Float[Tensor, "B 68 2"]:
        return torch.stack([face.landmarks_px for face in self.faces])

    def _hidden(self, kinds: Sequence[str]) -> UInt8[Tensor, "B 3 S S"]:
        """A face behind each kind in turn."""
        return torch.cat([self._one(k, kinds[k % len(kinds)]) for k in range(len(self.faces))])

    def _one(self, k: int, kind: str) -> UInt8[Tensor, "1 3 S S"]:
        row = slice(k, k + 1)
        seed = stream_seed(self.bench.seed, "figures", kind)
        return hide(self._pictures[row], self._points[row], HidingLaw(1.0, (kind,)), seed, torch.tensor([k]))

    def _colours(self, networks: Mapping[str, str]) -> list[list[Tile]]:
        """The first faces, each behind the same square in every colour."""
        views = behind_colours(self._pictures, self._points, self.bench.seed, torch.arange(len(self.faces)))
        rows: list[list[Tile]] = []
        for face, seen in list(zip(self.faces, views, strict=True))[:N_COLOURED]:
            rows += replace(self, faces=[face] * len(seen))._rows("", seen, networks)
        return rows


def _shown(head: HeadModel) -> Float[Tensor, " V"]:
    """One where a head is drawn over the picture: all of it but the neck, whose end would show."""
    neck = head.data.masks.get("neck")
    return torch.ones(head.n_vertices) if neck is None else torch.from_numpy(~neck).float()


def _tile(picture: UInt8[Tensor, "3 S S"]) -> UInt8[np.ndarray, "T T 3"]:
    larger = torch.nn.functional.interpolate(
        picture[None].float(), (TILE_PX, TILE_PX), mode="bicubic", antialias=True, align_corners=False
    )
    return larger[0].permute(1, 2, 0).round().clamp(0, GREY_LEVELS).to(torch.uint8).numpy()
