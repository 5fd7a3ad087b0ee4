"""The figures of Mao et al. (CVPR 2025): alignment, coarse shape, detail, animation; models in columns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from manyfaces.bench.annotated_points import annotated_68_px
from manyfaces.bench.figures.grid import TILE_PX, Tile, draw_grid
from manyfaces.bench.figures.pages import head_picture, overlay_tile, photo_tile, portrait_camera
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.pipeline import Reconstruction
from manyfaces.pipeline.animation import Character, Motion
from manyfaces.pipeline.animation.stage import Stage
from manyfaces.pipeline.detailed_mesh import detailed_mesh
from manyfaces.pipeline.poster import PANEL
from manyfaces.pipeline.views import HIDDEN, SEEN, detailed_view, frame_face, mark_points

MOST_DRIVERS = 5


@dataclass(frozen=True)
class Sitting:
    """One photo, and what models make of it.

    Attributes:
        name: of the photo.
        results: by model; at least one.
    """

    name: str
    results: Mapping[str, Reconstruction]

    @property
    def first(self) -> Reconstruction:
        """The first model's."""
        return next(iter(self.results.values()))


@dataclass(frozen=True)
class PersonalPage:
    """One kind of page.

    Attributes:
        name: of its file.
        title: above.
        note: below the title.
        rows: what it shows of a photo; none where no model has that.
        n_faces: how many fit.
    """

    name: str
    title: str
    note: str
    rows: Callable[[Sitting], list[list[Tile]]]
    n_faces: int = 6


def draw_personal_pages(
    sittings: Sequence[Sitting], drivers: Sequence[Sitting]
) -> Iterator[tuple[str, UInt8[np.ndarray, "H W 3"]]]:
    """Draw everything; gives the name of each picture, and the picture.

    Args:
        sittings: the photos.
        drivers: photos whose expressions the faces are given; by the same models.
    """
    pages = (*PAGES, _animation(drivers[:MOST_DRIVERS]))
    for page in pages:
        starts = range(0, len(sittings), page.n_faces)
        for number, start in enumerate(starts, 1):
            rows = [row for sitting in sittings[start : start + page.n_faces] for row in page.rows(sitting)]
            if rows:
                yield page.name if len(starts) == 1 else f"{page.name}_{number}", draw_grid(page.title, page.note, rows)


def alignment_rows(sitting: Sitting) -> list[list[Tile]]:
    """Figure 5: the photo; the 68 points of the detector and of each model on it."""
    result = sitting.first
    frame = frame_face(result.points_px, result.photo.shape[:2])
    photo = frame.crop(result.photo, TILE_PX, PANEL)
    found = {"detector": (POINTS_68_FROM_468.astype(float) @ result.points_px, SEEN)}
    found |= {name: (annotated_68_px(own), HIDDEN) for name, own in sitting.results.items()}
    marked = [
        Tile(mark_points(photo, frame.points(points_px, TILE_PX), colour), name)
        for name, (points_px, colour) in found.items()
    ]
    return [[Tile(photo, sitting.name), *marked]]


def coarse_rows(sitting: Sitting) -> list[list[Tile]]:
    """Figure 6: the photo; the coarse face of each model on it and by itself."""
    tiles = [photo_tile(sitting.name, sitting.first)]
    for name, result in sitting.results.items():
        tiles += [overlay_tile(name, result), Tile(head_picture(result.best.vertices, result), "")]
    return [tiles]


def detail_rows(sitting: Sitting) -> list[list[Tile]]:
    """Figure 7, and 9 where models are ablations: the photo; of models with detail the face without it and with it."""
    tiles = []
    for name, result in sitting.results.items():
        if result.detail is not None:
            tiles.append(Tile(head_picture(result.best.vertices, result), name, "coarse"))
            tiles.append(Tile(detailed_picture(result), "", "with detail"))
    return [[photo_tile(sitting.name, sitting.first), *tiles]] if tiles else []


def detailed_picture(result: Reconstruction) -> UInt8[np.ndarray, "S S 3"]:
    """The best face in clay with its wrinkles; the model must predict them."""
    assert result.detail is not None
    vertices = result.vertices[:1]
    camera = portrait_camera(vertices[0], result)
    mesh = detailed_mesh(vertices, None, result.detail.displacement_m, result.detail.grid)
    return detailed_view(mesh, camera, (TILE_PX, TILE_PX))


def _animation(drivers: Sequence[Sitting]) -> PersonalPage:
    def rows(sitting: Sitting) -> list[list[Tile]]:
        others = [driver for driver in drivers if driver.name != sitting.name]
        if not others:
            return []
        return [
            [photo_tile(sitting.name, sitting.first), *(photo_tile(driver.name, driver.first) for driver in others)],
            *(_driven(name, result, others) for name, result in sitting.results.items()),
        ]

    note = "the face as it is; then with expression, jaw and turn of others"
    return PersonalPage("animation", "One face, other people's expressions", note, rows, n_faces=2)


def _driven(name: str, result: Reconstruction, drivers: Sequence[Sitting]) -> list[Tile]:
    """Figure 8: a row of one model."""
    character = Character.of(result)
    stage = Stage(Character(character.name, character.head, character.identity, None, character.detail), TILE_PX)
    motions = [Motion.of(driver.results[name], 0, 0.0) for driver in drivers if name in driver.results]
    pictures = [stage.view(motion) for motion in (Motion.of(result, 0, 0.0), *motions)]
    return [Tile(picture, "" if k else name) for k, picture in enumerate(pictures)]


PAGES = (
    PersonalPage(
        "alignment",
        "Alignment",
        "68 points; the models' jaw lines follow the outline that their camera sees",
        alignment_rows,
    ),
    PersonalPage("coarse", "Coarse shape", "of each model the best face on the photo, and by itself", coarse_rows),
    PersonalPage(
        "detail", "Detail", "of each model that predicts it: the face without its detail, and with it", detail_rows
    ),
)
