"""The pages of a ball with two hypotheses, and which photos get onto them."""

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from manyfaces.bench.figures import FaceStudy, run_figures, study_photo
from manyfaces.bench.figures.grid import CAPTION_PX, GAP_PX, HEAD_PX, MARGIN_PX, TILE_PX, Tile, draw_grid
from manyfaces.bench.figures.pages import draw_pages
from manyfaces.bench.figures.studies import painted_mask, rank_faces
from manyfaces.core.errors import NoFaceError
from manyfaces.detect import FaceBox
from manyfaces.io.image import write_image
from manyfaces.pipeline import Predictor, Reconstruction


@pytest.fixture(scope="module")
def result(synthetic) -> Reconstruction:
    return synthetic.ball_reconstruction(n_hypotheses=3)


class Ball(Predictor):
    """Sees the same ball in every picture, but none behind a mask."""

    def __init__(self, result: Reconstruction, finds_masked: bool = True):
        self.result, self.finds_masked = result, finds_masked
        self.asked: list[dict] = []

    def __call__(self, photo, **options) -> Reconstruction:
        if photo.max() == 0:
            raise NoFaceError("no face was found")
        return self.result

    def reconstruct(self, photo, **options) -> list[Reconstruction]:
        self.asked.append(options)
        return [self.result]

    def detect(self, image: np.ndarray) -> list[FaceBox]:
        far = FaceBox(np.array([0.0, 0, 1, 1]), np.zeros((6, 2)), 0.9)
        own = FaceBox(self.result.face_box.astype(float), np.zeros((6, 2)), 0.9)
        return [far, own] if self.finds_masked else [far]


@pytest.fixture
def photo(result: Reconstruction, tmp_path: Path) -> Path:
    write_image(tmp_path / "ball.png", result.photo)
    return tmp_path / "ball.png"


def test_ends_of_the_ranking(result: Reconstruction) -> None:
    ranked = rank_faces(result, result)
    first, last = result.identities[result.order[0]], result.identities[result.order[-1]]
    assert torch.equal(ranked.best, result.head.neutral(first))
    assert torch.equal(ranked.worst, result.head.neutral(last))
    # An identity scales the ball of 100 mm by a tenth of its coefficient.
    assert ranked.apart_mm == pytest.approx(float((first - last)[0].abs()) * 10, rel=0.25)


def test_the_mask_hides_the_lower_face_and_what_was_hidden(result: Reconstruction) -> None:
    points = np.random.default_rng(0).uniform([40, 30], [110, 100], (468, 2)).astype(np.float32)
    before = np.zeros(result.photo.shape[:2], bool)
    before[:5] = True
    picture, hidden = painted_mask(dataclasses.replace(result, points_px=points, hidden_mask=before))
    assert hidden[:5].all()
    changed = (picture != result.photo).any(-1)
    assert changed.any()
    assert hidden[5:].any()
    # Soft edges and the shadow change more than is hidden.
    assert (changed | before)[hidden].mean() > 0.95


def test_a_study_looks_at_the_same_face_behind_the_mask(result: Reconstruction, photo: Path) -> None:
    ball = Ball(result)
    study = study_photo(ball, photo)
    assert study.name == "ball.png"
    assert study.masked is not None
    assert study.masked.moved_mm == pytest.approx(0, abs=1e-3)
    assert {options["face"] for options in ball.asked} == {1}
    assert ball.asked[0]["occlusion"].any()
    assert study_photo(Ball(result, finds_masked=False), photo).masked is None


def test_pages(result: Reconstruction, photo: Path) -> None:
    study = study_photo(Ball(result), photo)
    alone = dict(draw_pages([study]))
    assert set(alone) == {"ranked", "masked", "expressions"}
    assert alone["ranked"].shape[1] == 2 * MARGIN_PX + 6 * TILE_PX + 5 * GAP_PX
    assert alone["expressions"].shape[0] - alone["ranked"].shape[0] == TILE_PX + CAPTION_PX
    without = dataclasses.replace(study, masked=None)
    assert "masked" not in dict(draw_pages([without]))
    assert {"ranked_1", "ranked_2", "expressions_3"} <= set(dict(draw_pages([study] * 7)))


def test_tiles_lie_in_rows() -> None:
    red, blue = (np.full((TILE_PX, TILE_PX, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200)))
    page = draw_grid("title", "note", [[Tile(red, "a"), Tile(blue, "b", "1 mm")], [Tile(blue, "c")]])
    middle = TILE_PX // 2
    assert page[HEAD_PX + middle, MARGIN_PX + middle].tolist() == [200, 0, 0]
    assert page[HEAD_PX + middle, MARGIN_PX + TILE_PX + GAP_PX + middle].tolist() == [0, 0, 200]
    assert page[HEAD_PX + TILE_PX + CAPTION_PX + middle, MARGIN_PX + middle].tolist() == [0, 0, 200]


def test_a_photo_without_a_face_does_not_stop_the_others(
    result: Reconstruction, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_image(tmp_path / "black.png", np.zeros((40, 40, 3), np.uint8))
    photos = [tmp_path / "black.png", photo]
    console = Console(file=io.StringIO())
    studies = run_figures(photos, tmp_path / "out", predictor=Ball(result), console=console)
    assert [study.name for study in studies] == ["ball.png"]
    assert isinstance(studies[0], FaceStudy)
    assert "black.png" in capsys.readouterr().err
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"ranked.png", "masked.png", "expressions.png", "figures.md", "figures.json"} <= written
    assert json.loads((tmp_path / "out" / "figures.json").read_text())["tables"][0]["rows"][0][0] == "ball.png"
    with pytest.raises(NoFaceError, match="none of 1"):
        run_figures(photos[:1], tmp_path / "none", predictor=Ball(result))
