"""Parts, speed and figures, as small as they come."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces.bench.distill import DistillOptions, bench_distill
from manyfaces.bench.distill.conditions import COLOURS
from manyfaces.bench.distill.people import PeopleBench
from manyfaces.bench.distill.speed import LEARNT, DistillSpeed, SpeedRow, learning_rate
from manyfaces.bench.figures.distill import Artist
from manyfaces.bench.figures.distill_faces import FigureFace, photographed_faces
from manyfaces.bench.figures.grid import CAPTION_PX, GAP_PX, HEAD_PX, MARGIN_PX, TILE_PX
from manyfaces.core.errors import ChoiceError, InputError, NoFaceError
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.io.image import write_image


def test_mistakes_are_told_before_anything_is_measured(networks: Mapping[str, str], tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match="speed"):
        bench_distill(tmp_path, ("sped",))
    with pytest.raises(InputError, match="--dataset"):
        bench_distill(tmp_path, ("photos",), options=DistillOptions(networks=networks))
    with pytest.raises(InputError, match="interval"):
        DistillOptions(networks=networks, n_people=1)


def test_drawing_is_held_against_learning() -> None:
    rows = (SpeedRow("drawn", 112, 1, 100.0), SpeedRow("drawn", 112, 2, 190.0), SpeedRow("drawn", 128, 2, 160.0))
    speed = DistillSpeed((*rows, SpeedRow("learnt from", 112, 1, 380.0)), "a machine", "cpu")
    drawn, ahead = speed.bars
    assert drawn.met is True
    assert ahead.measured == pytest.approx(0.5)
    assert ahead.met is False
    assert len(speed.tables[0].rows) == 4


def test_learning_has_a_rate(bench: PeopleBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LEARNT, "cpu", 4)
    assert learning_rate(bench.networks["sopi"].config, "cpu") > 0


@pytest.fixture
def faces(bench: PeopleBench) -> list[FigureFace]:
    drawn = bench.people.batch(0, 0, 2)
    points = bench.face.landmarks_px(bench.face.layout.split(drawn.coefficients))
    return [FigureFace(*row) for row in zip(drawn.pictures, points, drawn.coefficients, strict=True)]


def test_pages_have_a_row_for_each_thing(bench: PeopleBench, faces: list[FigureFace]) -> None:
    pages = dict(Artist(bench, faces).pages())
    assert list(pages) == ["levels", "colours", "natural", "patterns", "losses"]
    columns = {name: len(COLOURS) if name == "colours" else 2 for name in pages}
    rows = {"levels": 1 + 3 * 3, "colours": 2 * 3, "natural": 4, "patterns": 4, "losses": 2 + 3}
    for name, page in pages.items():
        n = columns[name]
        assert page.shape[1] == 2 * MARGIN_PX + n * TILE_PX + (n - 1) * GAP_PX
        assert page.shape[0] == HEAD_PX + rows[name] * (TILE_PX + CAPTION_PX) + MARGIN_PX // 2


def test_a_network_is_needed(bench: PeopleBench, faces: list[FigureFace], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "networks", {"other": bench.networks["sopi"]})
    with pytest.raises(InputError, match="teacher"):
        dict(Artist(bench, faces).pages())


def test_faces_of_photos_are_cut_as_the_network_sees_them(bench: PeopleBench, tmp_path: Path) -> None:
    points = bench.face.landmarks_px(bench.face.layout.split(bench.mean_face)).detach().double().numpy()
    write_image(tmp_path / "a.png", np.full((500, 500, 3), 9, np.uint8))
    dense = np.linalg.pinv(POINTS_68_FROM_468.astype(float)) @ (2 * points + 15)
    [face] = photographed_faces([tmp_path / "a.png"], lambda image, choose: dense)
    assert face.coefficients is None
    assert torch.allclose(face.landmarks_px.double(), torch.from_numpy(points), atol=2)
    with pytest.raises(NoFaceError, match=r"a\.png"):
        photographed_faces([tmp_path / "a.png"], lambda image, choose: None)
