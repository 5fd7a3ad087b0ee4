"""Pages of person-specific models' figures: what is on them, and what is left out."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from manyfaces.bench.figures.grid import TILE_PX
from manyfaces.bench.figures.personal import run_personal_figures
from manyfaces.bench.figures.personal_pages import Sitting, alignment_rows, coarse_rows, detail_rows
from manyfaces.core.errors import NoFaceError
from manyfaces.geometry import OrthographicCamera
from manyfaces.heads import HeadModel
from manyfaces.heads.outline import turned_camera
from manyfaces.io.head_files import load_head
from manyfaces.io.image import write_image
from manyfaces.pipeline import Predictor, Reconstruction


@pytest.fixture(scope="module")
def result(synthetic: ModuleType) -> Reconstruction:
    """A mean head, frontal and in the middle of its photo."""
    head = HeadModel(load_head("openhead"))
    ahead = turned_camera(torch.zeros(1))
    one = torch.zeros(1).long()
    return synthetic.ball_reconstruction(
        1,
        head=head,
        identities=torch.zeros(1, 5),
        scores=torch.ones(1),
        order=one,
        identity_index=one,
        expressions=torch.zeros(1, 3),
        cameras=OrthographicCamera(torch.full((1,), 400.0), ahead.rotation, torch.tensor([[80.0, 60.0]])),
    )


class Mean(Predictor):
    """Sees the same face in every photo that is not black."""

    def __init__(self, result: Reconstruction):
        self.result = result

    def __call__(self, photo, **options) -> Reconstruction:
        if "black" in str(photo):
            raise NoFaceError("no face was found")
        return self.result


def test_rows(result: Reconstruction) -> None:
    sitting = Sitting("a.png", {"one": result, "two": result})
    [aligned] = alignment_rows(sitting)
    assert [tile.name for tile in aligned] == ["a.png", "detector", "one", "two"]
    assert (aligned[1].picture != aligned[0].picture).any()
    assert (aligned[2].picture != aligned[1].picture).any()
    [coarse] = coarse_rows(sitting)
    assert [tile.name for tile in coarse] == ["a.png", "one", "", "two", ""]
    assert all(tile.picture.shape == (TILE_PX, TILE_PX, 3) for tile in coarse)
    assert detail_rows(sitting) == []  # neither predicts it


def test_pages(result: Reconstruction, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = [tmp_path / f"{name}.png" for name in ("a", "black", "b")]
    for photo in photos:
        write_image(photo, np.zeros((8, 8, 3), np.uint8))
    written = run_personal_figures(photos, tmp_path / "out", (), predictors={"mean": Mean(result)})
    assert [path.name for path in written] == ["alignment.png", "coarse.png", "animation.png"]
    assert all(path.is_file() for path in written)
    assert "black.png: no face" in capsys.readouterr().err
    alone = run_personal_figures(photos[:1], tmp_path / "alone", (), predictors={"mean": Mean(result)})
    assert [path.name for path in alone] == ["alignment.png", "coarse.png"]
    with pytest.raises(NoFaceError, match="none of 1 photos"):
        run_personal_figures(photos[1:2], tmp_path / "out", (), predictors={"mean": Mean(result)})


def test_a_model_with_detail(personal_stand_in: ModuleType, tmp_path: Path) -> None:
    predictor = Predictor.from_pretrained(personal_stand_in.write_base(tmp_path / "base"))
    result = predictor(Path("examples") / "astronaut.jpg")
    [tiles] = detail_rows(Sitting("a.png", {"base": result}))
    assert [tile.detail for tile in tiles] == ["", "coarse", "with detail"]
    assert (tiles[2].picture != tiles[1].picture).any()
