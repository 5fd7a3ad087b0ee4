"""A small world for tracking: people are discs on a dark picture, found by a detector and a mesh that know no more."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from manyfaces.detect import FaceBox, FaceDetector, FaceMesh, FacePoints, crop_from_points
from manyfaces.heads import HeadModel
from manyfaces.io.frames import Frame
from manyfaces.methods.ofer.point_encoder import PointEncoder, PointEstimate
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.options import LookOptions
from manyfaces.pipeline.predictor import Predictor

SIDE = 96
TURN = np.linspace(0, 2 * np.pi, 468, endpoint=False)
RING = np.stack([np.cos(TURN), np.sin(TURN)], 1)
# Eye corners on one line, so that crops stay level.
RING[33], RING[263] = (-0.5, 0), (0.5, 0)


def frame(number, *discs, time_s=None):
    """A picture of discs, each (x, y, radius) and as bright as it has a fourth number."""
    y, x = np.mgrid[:SIDE, :SIDE]
    picture = np.zeros((SIDE, SIDE), np.uint8)
    for cx, cy, radius, *shade in discs:
        picture[(x - cx) ** 2 + (y - cy) ** 2 <= radius**2] = shade[0] if shade else 200
    return Frame(number, number / 25 if time_s is None else time_s, np.repeat(picture[..., None], 3, 2))


class DiscDetector(FaceDetector):
    """Sees a face wherever it is bright."""

    def __init__(self):
        self.asked = 0

    def __call__(self, image, min_score=0.5):
        self.asked += 1
        found = []
        _, _, parts, _ = cv2.connectedComponentsWithStats((image[..., 0] > 50).astype(np.uint8))
        for left, top, width, height, area in parts[1:]:
            if area < 50:  # what compression leaves
                continue
            box = np.array([left, top, left + width - 1, top + height - 1], float)
            middle, half = (box[:2] + box[2:]) / 2, (box[2] - box[0]) / 4
            eyes = np.array([[-half, 0], [half, 0], [0, 0], [0, 0], [0, 0], [0, 0]])
            found.append(FaceBox(box, middle + eyes, 0.9))
        return found


class DiscMesh(FaceMesh):
    """Puts a ring of points around what is bright in the crop."""

    def __init__(self):
        self.asked = 0

    def __call__(self, image, crop):
        self.asked += 1
        reach = crop.size_px / 2
        y, x = np.nonzero(image[..., 0] > 50)
        near = (abs(x - crop.centre_px[0]) < reach) & (abs(y - crop.centre_px[1]) < reach)
        x, y = x[near], y[near]
        if len(x) < 9:
            return FacePoints(np.zeros((468, 2), np.float32), np.zeros(468, np.float32), 0.0, crop)
        points = RING * np.sqrt(len(x) / np.pi) + (x.mean(), y.mean())
        return FacePoints(points.astype(np.float32), np.zeros(468, np.float32), 0.9, crop)


class Believing(PointEncoder):
    """Takes the points as they are."""

    def __init__(self):
        torch.nn.Module.__init__(self)

    def forward(self, seen):
        n = len(seen)
        scale = torch.full(seen.depth.shape, 0.01)
        return PointEstimate(
            torch.zeros(n, 2), seen.points, scale, torch.zeros(n, 4), torch.zeros(n, 3), torch.zeros(n, 3)
        )


class DiscMethod:
    """Says that a face's identity is how bright it is, and its place where the points are."""

    name, options = "discs", LookOptions

    def __init__(self, synthetic):
        self.eyes = Eyes(DiscDetector(), DiscMesh(), Believing())
        self.base = synthetic.ball_reconstruction(1, False, with_mask=False, head=HeadModel(synthetic.ball_head()))
        self.told = []

    def reconstruct(self, faces, options):
        return self.reconstruct_as(0.0, faces, options)

    def tell(self, face, options):
        middle = face.view.points_px.mean(0).round().astype(int)
        self.told.append(float(face.image[middle[1], middle[0], 0]))
        return self.told[-1]

    def identify(self, told, options):
        return float(np.mean(told))

    def reconstruct_as(self, person, faces, options):
        identities = self.base.identities.clone()
        identities[:, 0] = person
        results = []
        for face in faces:
            middle = torch.from_numpy(face.view.points_px.mean(0))[None]
            cameras = replace(self.base.cameras, translation_px=middle)
            points = face.view.points_px
            results.append(
                replace(self.base, identities=identities, cameras=cameras, points_px=points, photo=face.image)
            )
        return results


@pytest.fixture
def discs(synthetic):
    """A predictor in the world of discs."""
    return Predictor(DiscMethod(synthetic))


@pytest.fixture
def eyes(discs):
    return discs.method.eyes


@pytest.fixture(scope="session")
def picture():
    """Makes frames."""
    return frame


@pytest.fixture(scope="session")
def level_crop():
    """The crop around a ring."""
    return lambda x, y, radius: crop_from_points(RING * radius + (x, y))
