import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from manyfaces.bench.rof import RofOptions, RofReport, RofScore, bench_rof, find_by_kind
from manyfaces.core.errors import DataError
from manyfaces.io.image import write_image


@pytest.fixture
def photos(tmp_path: Path, repository: Path) -> Path:
    folder = tmp_path / "photos"
    for kind, names in {"mask": ["astronaut_mask"], "natural": ["astronaut"]}.items():
        (folder / kind).mkdir(parents=True)
        for name in names:
            shutil.copy(repository / "examples" / f"{name}.jpg", folder / kind)
    write_image(folder / "natural" / "empty.png", np.full((64, 64, 3), 90, np.uint8))
    (folder / "natural" / "notes.txt").write_text("no photo")
    return folder


def test_photos_by_kind(photos: Path) -> None:
    assert [p.name for p in find_by_kind(photos, 200)] == ["astronaut_mask.jpg", "astronaut.jpg", "empty.png"]
    assert [p.name for p in find_by_kind(photos, 1)] == ["astronaut_mask.jpg", "astronaut.jpg"]


def test_a_folder_without_photos(tmp_path: Path) -> None:
    (tmp_path / "mask").mkdir()
    with pytest.raises(DataError, match="holds no photos"):
        find_by_kind(tmp_path, 200)


def test_a_model_on_photos(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manyfaces.data.co545.rendered.N_POPULATION", 80)
    options = RofOptions(n_hypotheses=3, workers=1)
    report = bench_rof(photos, tmp_path / "out", options=options, console=Console(file=io.StringIO()))
    assert report.missing == ("natural/empty.png",)
    values = json.loads((tmp_path / "out" / "rof.json").read_text())
    assert values["missing"] == ["natural/empty.png"]
    assert 0 < values["figures"]["mask"]["std_s"] < 10
    assert "No face was found on 1 photos: natural/empty.png" in (tmp_path / "out" / "rof.md").read_text()


def test_means_by_kind() -> None:
    figures = [{"std_s": x, "std_s_shape": 40 * x, "ode": 0.0} for x in (1.0, 3.0, 5.0)]
    scores = (
        RofScore("a", "1", figures[0]),
        RofScore("a", "2", figures[1]),
        RofScore("a", "3", None),
        RofScore("b", "1", figures[2]),
    )
    report = RofReport("some", scores, 0)
    assert report.kinds == ("a", "b")
    assert report.cell("a", "std_s").value == 2
    assert report.cell("b", "std_s_shape").value == 200
    assert report.cell("b", "std_s").interval is None
    assert [str(row[1]) for row in report.table().rows] == ["2", "1"]


def test_a_photo_that_cannot_be_read(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manyfaces.data.co545.rendered.N_POPULATION", 80)
    (photos / "mask" / "aaa.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"aaa\.jpg"):
        bench_rof(photos, tmp_path / "out", options=RofOptions(per_kind=1, workers=1))
