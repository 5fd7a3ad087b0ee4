"""The NoW metric on faces that are made of a formula."""

import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.geometry import Similarity, SurfaceTree, matrix_from_axis_angle
from manyfaces.metrics.now import align_landmarks, face_crop, scan_distances

LANDMARKS_XY = [[-45.0, 35], [-16, 35], [16, 35], [45, 35], [0, -8], [-25, -35], [25, -35]]


def depth(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """A face: an egg, a nose, and one cheek fuller than the other."""
    nose = 22 * torch.exp(-((x / 12) ** 2) - ((y - 2) / 18) ** 2)
    cheek = 4 * torch.exp(-(((x - 40) / 20) ** 2) - ((y + 10) / 25) ** 2)
    return 60 - x * x / 110 - y * y / 190 + nose + cheek


def face(n: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = torch.meshgrid(*[torch.linspace(-e, e, n, dtype=torch.float64) for e in (80, 110)], indexing="ij")
    ids = torch.arange(n * n).reshape(n, n)
    a, b, c, d = ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]
    faces = torch.cat([torch.stack([a, b, c], -1).flatten(0, 1), torch.stack([a, c, d], -1).flatten(0, 1)])
    return torch.stack([x, y, depth(x, y)], -1).flatten(0, 1), faces


def landmarks() -> torch.Tensor:
    x, y = torch.tensor(LANDMARKS_XY, dtype=torch.float64).unbind(-1)
    return torch.stack([x, y, depth(x, y)], -1)


def motion(scale: float) -> Similarity:
    turn = matrix_from_axis_angle(torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64))
    return Similarity(torch.tensor(scale, dtype=torch.float64), turn, torch.tensor([5.0, -70, 300]).double())


def test_the_crop_is_a_ball() -> None:
    # Between the eyes: (0, 30, 0). Centre: 0.3 of the way up from (0, 0, 0). Radius: 1.4 (90 + 30) / 2 = 84.
    x, y = [-45.0, -15, 15, 45, 0, -20, 20], [30.0, 30, 30, 30, 0, -30, -30]
    marks = torch.tensor([x, y, [0.0] * 7]).mT
    scan = torch.tensor([[0.0, 9 + 83.9, 0], [0, 9 + 84.1, 0], [0, 9, -83.9], [84.1, 9, 0], [0, 9 - 83.9, 0]])
    assert face_crop(scan, marks).tolist() == [True, False, True, False, True]


@pytest.mark.parametrize("scale", [0.001, 1.0, 7.0])
def test_the_truth_has_no_error_wherever_it_lies(scale: float) -> None:
    vertices, faces = face()
    moved = motion(scale).inverse()
    surface = SurfaceTree(moved.apply(vertices), faces)
    crop = vertices[face_crop(vertices, landmarks())]
    for unit_mm in (None, scale):
        assert scan_distances(crop, landmarks(), surface, moved.apply(landmarks()), unit_mm).max() < 1e-3


def test_only_the_metrical_figures_see_the_size() -> None:
    vertices, faces = face()
    crop = vertices[face_crop(vertices, landmarks())]
    larger = SurfaceTree(1.1 * vertices, faces)
    fitted = scan_distances(crop, landmarks(), larger, 1.1 * landmarks())
    kept = scan_distances(crop, landmarks(), larger, 1.1 * landmarks(), unit_mm=1.0)
    assert fitted.max() < 1e-3
    assert kept.mean() > 0.3


def test_the_refinement_mends_landmarks_that_are_off() -> None:
    vertices, faces = face()
    crop = vertices[face_crop(vertices, landmarks())]
    off = landmarks() + 4 * torch.randn(7, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    started = align_landmarks(off, landmarks()).inverse().apply(crop)
    before = SurfaceTree(vertices, faces).closest(started).distances.mean()
    after = scan_distances(crop, landmarks(), SurfaceTree(vertices, faces), off).mean()
    assert before > 1
    assert after < before / 10


@pytest.mark.parametrize("how", ["axis", "sides swapped", "flat"])
def test_mirrored_landmarks_are_refused(how: str) -> None:
    if how == "axis":
        predicted = landmarks() * torch.tensor([-1.0, 1, 1])
    elif how == "flat":
        predicted = landmarks() * torch.tensor([1.0, 1, 0])
    else:
        predicted = landmarks()[[3, 2, 1, 0, 4, 6, 5]]
    with pytest.raises(InputError, match="mirror image"):
        align_landmarks(predicted, landmarks())


def test_a_wrong_unit_is_refused() -> None:
    vertices, faces = face()
    surface, crop = SurfaceTree(vertices / 1000, faces), vertices[::9]
    with pytest.raises(InputError, match="at 1e\\+03 mm a unit, not 1"):
        scan_distances(crop, landmarks(), surface, landmarks() / 1000, unit_mm=1.0)
    assert scan_distances(crop, landmarks(), surface, landmarks() / 1000, unit_mm=1000.0).max() < 1e-3
