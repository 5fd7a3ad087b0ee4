"""Figure 9 of Mao et al. (CVPR 2025) on drawn persons: networks that animate detail, side by side, and the truth."""

from collections.abc import Mapping

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.bench.figures.grid import TILE_PX, Tile, draw_grid
from manyfaces.bench.personal.detail import NO_TEACHER, NO_TENSION, RESNET, STUDENT, TEACHER
from manyfaces.bench.personal.skin import Displace, Persons
from manyfaces.methods.personal.detail import SkinView
from manyfaces.pipeline.detailed_mesh import detailed_mesh
from manyfaces.pipeline.views import detailed_view, studio_camera
from manyfaces.render import to_bytes

SKIN_PAGE, N_PICTURED = "personal_detail", 4
CAPTIONS: Mapping[str, str] = {
    TEACHER: "teacher",
    STUDENT: "student",
    NO_TENSION: "student, no tension",
    RESNET: "ResNet",
    NO_TEACHER: "student, no teacher",
}
"""Of networks, in the order of the page; of others nothing is shown: a single frame has no other's tension."""
_MARGIN = 1.02


@torch.no_grad()
def draw_skin_page(
    persons: Persons, networks: Mapping[str, Displace], n_persons: int = N_PICTURED
) -> UInt8[np.ndarray, "H W 3"]:
    """A row for each person: a photo at rest on the texture map; true and predicted skin under another expression.

    Args:
        persons: of whom the first are shown.
        networks: by name.
        n_persons: how many.
    """
    rows = [_row(persons, number, networks) for number in range(n_persons)]
    note = "what networks see of a photo at rest, and the face that they make of it for another expression"
    return draw_grid("Wrinkles of an expression that was not seen", note, rows)


def _row(persons: Persons, number: int, networks: Mapping[str, Displace]) -> list[Tile]:
    seen = persons.seen(number)
    clearest = int(seen.at_rest.visible.mean((1, 2)).argmax())
    liveliest = int(seen.moved.tension.clamp(min=0).mean((1, 2)).argmax())
    photo, moved = (
        frames.mapped(lambda values, row=row: values[row : row + 1])
        for frames, row in ((seen.at_rest, clearest), (seen.moved, liveliest))
    )
    view = SkinView(photo.texture, photo.visible, moved.tension)
    expression = persons.face.layout.split(moved.coefficients).expression
    faces = {"true": seen.subject.displacement_m(moved.tension)}
    faces |= {CAPTIONS[name]: networks[name](view, expression) for name in CAPTIONS if name in networks}
    texture = to_bytes(photo.texture[0].movedim(0, -1))
    seen_tile = Tile(cv2.resize(texture, (TILE_PX, TILE_PX)), f"person {number}, at rest")
    return [seen_tile, *(Tile(_face(persons, moved.vertices, map_m[0]), name) for name, map_m in faces.items())]


def _face(
    persons: Persons, vertices: Float[Tensor, "1 V 3"], displacement_m: Float[Tensor, "S S"]
) -> UInt8[np.ndarray, "P P 3"]:
    """In clay, from before."""
    size = (TILE_PX, TILE_PX)
    camera = studio_camera(vertices[0, persons.face.head.region("front", "face")], size, 0.0, _MARGIN)
    surface = persons.surface
    mesh = detailed_mesh(vertices, None, displacement_m.to(surface.skin) * surface.skin, surface.grid)
    return detailed_view(mesh, camera, size)
