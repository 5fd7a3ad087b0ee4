"""The faces of the Occlusion Resistant Network's figures: synthetic people, or the largest face of each photo."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.bench.distill.people import PeopleBench
from manyfaces.bench.face_points import FindPoints, default_detector, default_point_finder
from manyfaces.core.errors import NoFaceError
from manyfaces.core.seeds import stream_seed
from manyfaces.data.people import People
from manyfaces.detect import POINTS_68_FROM_468, rnet_crop, rnet_five
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.io.image import read_image


@dataclass(frozen=True)
class FigureFace:
    """A face in R-Net's frame.

    Attributes:
        picture: RGB, 224 pixels a side, nothing before the face.
        landmarks_px: where the 68 points are.
        coefficients: what it shows; None for photos.
    """

    picture: UInt8[Tensor, "3 S S"]
    landmarks_px: Float[Tensor, "68 2"]
    coefficients: Float[Tensor, " K"] | None = None


def synthetic_faces(bench: PeopleBench, n: int) -> list[FigureFace]:
    """People that no one has learnt from, drawn at 224 pixels, so that there is something to look at."""
    config = replace(bench.people.config, size_px=RNET_PX)
    drawn = People(bench.people.face, config).batch(stream_seed(bench.seed, "figures"), 0, n)
    points = bench.people.face.landmarks_px(bench.people.face.layout.split(drawn.coefficients)).detach()
    rows = zip(drawn.pictures, points, drawn.coefficients, strict=True)
    return [FigureFace(picture, own, coefficients) for picture, own, coefficients in rows]


def photographed_faces(photos: Sequence[Path], find: FindPoints | None = None) -> list[FigureFace]:
    """The largest face of each photo.

    Raises:
        ImageError: a photo cannot be read.
        NoFaceError: it shows no face.
    """
    find = find or default_point_finder(default_detector())
    faces = []
    for path in photos:
        image = read_image(path)
        dense = find(image, _largest)
        if dense is None:
            raise NoFaceError(f"{path} shows no face", "leave it out")
        points = POINTS_68_FROM_468.astype(float) @ dense
        crop = rnet_crop(image, rnet_five(points))
        picture = torch.from_numpy(np.ascontiguousarray(crop.image)).permute(2, 0, 1)
        faces.append(FigureFace(picture, torch.from_numpy(crop.to_crop(points)).float()))
    return faces


def _largest(boxes_px: Float[np.ndarray, "D 4"]) -> int | None:
    areas = np.prod(boxes_px[:, 2:] - boxes_px[:, :2], axis=1)
    return int(areas.argmax()) if len(areas) else None
