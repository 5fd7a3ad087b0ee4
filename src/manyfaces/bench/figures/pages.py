"""The pages: best and worst ranked side by side, one person masked and unmasked, many expressions front and side."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.bench.figures.grid import TILE_PX, Tile, draw_grid
from manyfaces.bench.figures.studies import FaceStudy
from manyfaces.geometry import fit_rigid
from manyfaces.geometry.camera import Camera
from manyfaces.metrics.vertices import MM_PER_M
from manyfaces.pipeline import Reconstruction
from manyfaces.pipeline.page import face_weights
from manyfaces.pipeline.poster import PANEL
from manyfaces.pipeline.views import frame_face, head_views, overlay_view, studio_camera
from manyfaces.render import heat_colours

SIDE_YAW = -0.9
"""Of side views, radians; the face is turned to its right."""
FRONT_MARGIN, SIDE_MARGIN = 1.4, 1.75
"""Room around the face; from the side the back of the head needs more."""
PLASTER = (0.80, 0.78, 0.75)
HIGH_MM = 10.0
"""Where the colours of distances end: the same on all pages, so that they can be compared."""
N_EXPRESSIONS = 6


@dataclass(frozen=True)
class Page:
    """One kind of page.

    Attributes:
        name: of its file.
        title: above.
        note: below the title.
        rows: what it shows of a face.
        n_faces: how many fit.
    """

    name: str
    title: str
    note: str
    rows: Callable[[FaceStudy], list[list[Tile]]]
    n_faces: int


def draw_pages(studies: Sequence[FaceStudy]) -> Iterator[tuple[str, UInt8[np.ndarray, "H W 3"]]]:
    """Draw everything; gives the name of each picture, and the picture."""
    for page in PAGES:
        starts = range(0, len(studies), page.n_faces)
        for number, start in enumerate(starts, 1):
            rows = [row for study in studies[start : start + page.n_faces] for row in page.rows(study)]
            if rows:
                name = page.name if len(starts) == 1 else f"{page.name}_{number}"
                yield name, draw_grid(page.title, page.note, rows)


def ranked_rows(study: FaceStudy) -> list[list[Tile]]:
    """The photo; the best identity, front and side; the worst; how far apart they are."""
    ranked, result = study.ranked, study.result
    tiles = [photo_tile(study.name, result)]
    for face, name in ((ranked.best, "Ranked first"), (ranked.worst, f"Ranked last of {ranked.n}")):
        for yaw, side in ((0.0, "front"), (SIDE_YAW, "side")):
            tiles.append(Tile(head_picture(face, result, yaw), name if not yaw else "", side))
    heat = _difference(ranked.best, ranked.worst, result)
    return [[*tiles, Tile(heat, "First to last", f"{ranked.apart_mm:.1f} mm")]]


def masked_rows(study: FaceStudy) -> list[list[Tile]]:
    """The photo and its best face; the same behind a mask, best and worst; how far the best one has moved."""
    if study.masked is None:
        return []
    bare, masked = study.result, study.masked
    moved = _difference(study.ranked.best, masked.ranked.best, bare)
    return [
        [
            photo_tile(study.name, bare),
            Tile(head_picture(study.ranked.best, bare), "Ranked first"),
            photo_tile("with a mask", masked.result),
            Tile(head_picture(masked.ranked.best, bare), "Ranked first"),
            Tile(head_picture(masked.ranked.worst, bare), f"Ranked last of {masked.ranked.n}"),
            Tile(moved, "First to first", f"{masked.moved_mm:.1f} mm"),
        ]
    ]


def expression_rows(study: FaceStudy) -> list[list[Tile]]:
    """The photo over the best face on it; the first expressions, front over side."""
    result = study.result
    shown = range(min(N_EXPRESSIONS, len(result)))
    rows = [[photo_tile(study.name, result)], [overlay_tile("best, on the photo", result, result.albedo)]]
    for row, yaw in zip(rows, (0.0, SIDE_YAW), strict=True):
        for k in shown:
            detail = "" if yaw or not k else f"{float(result.distance_to_best_mm[k]):.1f} mm"
            row.append(
                Tile(head_picture(result.vertices[k], result, yaw, result.albedo), "" if yaw else f"{k + 1}", detail)
            )
    return rows


PAGES = (
    Page(
        "ranked",
        "Best and worst ranked",
        f"neutral faces of the sampled identities; colours: distance of first and last, dark 0 to light {HIGH_MM:g} mm",
        ranked_rows,
        6,
    ),
    Page(
        "masked",
        "One person, masked and unmasked",
        f"the mask is painted; colours: how far the face that is ranked first moves, dark 0 to light {HIGH_MM:g} mm",
        masked_rows,
        6,
    ),
    Page(
        "expressions",
        "Many expressions, front and side",
        "of the identity that is ranked first; mm: mean distance to the first expression",
        expression_rows,
        3,
    ),
)


def photo_tile(name: str, result: Reconstruction) -> Tile:
    """The photo around the face."""
    frame = frame_face(result.points_px, result.photo.shape[:2])
    return Tile(frame.crop(result.photo, TILE_PX, PANEL), name)


def overlay_tile(name: str, result: Reconstruction, albedo: Float[Tensor, "V 3"] | None = None) -> Tile:
    """The best hypothesis on the photo, clay where no colours are given."""
    frame = frame_face(result.points_px, result.photo.shape[:2])
    picture = frame.crop(result.photo, TILE_PX, PANEL)
    best, weights = result.best.vertices, face_weights(result, "inside")
    camera = result.camera_batch(0)
    return Tile(overlay_view(picture, frame, best, result.head.faces, camera, albedo, weights), name)


def head_picture(
    vertices: Float[Tensor, "V 3"], result: Reconstruction, yaw: float = 0.0, albedo: Float[Tensor, "V 3"] | None = None
) -> UInt8[np.ndarray, "S S 3"]:
    """A head by itself, from in front or from the side."""
    size, camera = (TILE_PX, TILE_PX), portrait_camera(vertices, result, yaw)
    return head_views(vertices[None], result.head.faces, camera, size, albedo)[0]


def portrait_camera(vertices: Float[Tensor, "V 3"], result: Reconstruction, yaw: float = 0.0) -> Camera:
    """Looks at the face in a tile."""
    margin = SIDE_MARGIN if yaw else FRONT_MARGIN
    return studio_camera(vertices[result.front], (TILE_PX, TILE_PX), yaw, margin)


def _difference(
    first: Float[Tensor, "V 3"], second: Float[Tensor, "V 3"], result: Reconstruction
) -> UInt8[np.ndarray, "S S 3"]:
    """How far the second face is from the first, on the first; outside the face nothing is said."""
    moved = fit_rigid(second[None], first[None], result.front.to(first)[None]).apply(second[None])[0]
    distance_mm = (moved - first).norm(dim=-1) * MM_PER_M
    weights = face_weights(result, "outside")[:, None]
    heat = heat_colours(distance_mm, 0.0, HIGH_MM)
    plaster = torch.tensor(PLASTER).to(weights)
    return head_picture(first, result, albedo=heat * weights + plaster * (1 - weights))
