"""Sheets of single faces: where a method does best and worst, its points over the annotated ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from manyfaces.bench.figures.grid import TILE_PX, Tile, draw_grid
from manyfaces.bench.landmarks.figures import ErrorTable
from manyfaces.bench.landmarks.methods import Predicted
from manyfaces.data.landmarks import pictures
from manyfaces.metrics.points import Normalisation
from manyfaces.pipeline.poster import PANEL
from manyfaces.pipeline.views import HIDDEN, SEEN, frame_face, mark_points

COLUMNS = 6
NOTE = "green: annotated; red: found; numbers: NME of all points, %"


@dataclass(frozen=True)
class _Shown:
    """A face of a sheet: who found it where, and its error."""

    face: Predicted
    points_px: Float[np.ndarray, "68 2"]
    nme: float


def draw_sheets(
    predicted: Sequence[Predicted], errors: ErrorTable, methods: Sequence[str], normalisation: Normalisation
) -> Mapping[str, UInt8[np.ndarray, "H W 3"]]:
    """One sheet for each method: a row of the faces with the least errors, and one of those with the largest.

    Args:
        predicted: the points of all faces.
        errors: what they come to.
        methods: which of them get a sheet.
        normalisation: of the errors.
    """
    return {method: _sheet(predicted, errors, method, normalisation) for method in methods}


def _sheet(
    predicted: Sequence[Predicted], errors: ErrorTable, method: str, normalisation: Normalisation
) -> UInt8[np.ndarray, "H W 3"]:
    nme = errors.nme(method, "overall", normalisation)
    order = np.argsort(nme, kind="stable")
    rows = [order[:COLUMNS], order[COLUMNS:][::-1][:COLUMNS]]
    shown = [[_Shown(predicted[k], predicted[k].points_px[method][0], float(nme[k])) for k in row] for row in rows]
    tiles = [[_tile(one) for one in row] for row in shown if row]
    return draw_grid(f"{method}: least and largest errors", NOTE, tiles)


def _tile(one: _Shown) -> Tile:
    sample = one.face.sample
    [(_, image)] = pictures([sample])
    frame = frame_face(sample.points_px, image.shape[:2])
    picture = frame.crop(image, TILE_PX, PANEL)
    for points_px, colour in ((sample.points_px, SEEN), (one.points_px, HIDDEN)):
        picture = mark_points(picture, frame.points(points_px, TILE_PX), colour)
    return Tile(picture, sample.name, f"{one.nme:.1f}")
