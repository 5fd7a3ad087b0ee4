"""Errors of displacement maps, on maps whose errors are known."""

import json
from pathlib import Path

import numpy as np
import pytest

from manyfaces.bench.personal import DetailCase, measure_detail
from manyfaces.bench.personal.detail import (
    NO_TENSION,
    OTHER,
    OWN,
    PHOTO_NAME,
    STUDENT,
    TEACHER,
    DetailMaps,
    correlation,
)
from manyfaces.core.errors import InputError

SIZE = (8, 8)
LEFT = np.arange(8)[None].repeat(8, 0) < 4


def waves(amplitude_m: float) -> np.ndarray:
    return amplitude_m * np.where(np.arange(8) % 2, 1.0, -1.0)[:, None] * np.ones(SIZE)


def case(subject: str = "ann", teacher_hidden_m: float = 2e-3, student_hidden_m: float = 1e-3) -> DetailCase:
    """The left half is visible: the teacher is 0.5 mm off there, the student 0.6 mm."""
    truth = waves(1e-3)

    def off(visible_m: float, hidden_m: float) -> np.ndarray:
        return truth + np.where(LEFT, visible_m, hidden_m)

    return DetailCase(
        subject,
        DetailMaps(truth, waves(2e-3)),
        visible=LEFT,
        hidden=~LEFT,
        said={
            TEACHER: DetailMaps(off(5e-4, teacher_hidden_m)),
            STUDENT: DetailMaps(off(6e-4, student_hidden_m), waves(1e-3) + 1e-4),
            NO_TENSION: DetailMaps(off(6e-4, student_hidden_m), np.zeros(SIZE)),
            "mine": DetailMaps(truth, -waves(1e-3)),
        },
    )


def test_known_errors_come_out() -> None:
    assert case().measured(TEACHER)[:2] == pytest.approx((0.5, 2.0))
    assert np.isnan(case().measured(TEACHER)[2])
    assert case().measured(STUDENT) == pytest.approx((0.6, 1.0, 1.0))
    assert case().measured(NO_TENSION)[2] == 0
    assert case().measured("mine") == pytest.approx((0, 0, -1.0))


def test_correlation() -> None:
    assert correlation(np.array([1.0, 2, 3]), np.array([5.0, 7, 9])) == pytest.approx(1)
    assert correlation(np.array([1.0, 0, -1, 0]), np.array([0.0, 1, 0, -1])) == pytest.approx(0)
    assert correlation(np.zeros(3), np.arange(3.0)) == 0


def test_the_table_and_the_bars() -> None:
    report = measure_detail([case(), case("ben", teacher_hidden_m=4e-3)])
    assert report.methods == (TEACHER, STUDENT, NO_TENSION, "mine")
    rows = {str(row[0]): row[1:] for row in report.tables[1].rows}
    assert [str(cell) for cell in rows["U-Net teacher"]] == ["0.500 (0.500 to 0.500)", "3.000 (2.000 to 4.000)", "-"]
    assert str(rows["mine"][2]) == "-1.00 (-1.00 to -1.00)"
    assert [bar.met for bar in report.bars] == [True] * 4
    assert report.bars[1].measured == pytest.approx(100 * (1 - 1 / 3))
    assert not measure_detail([case(teacher_hidden_m=1.1e-3)]).bars[1].met


def test_a_photo_without_hidden_skin() -> None:
    whole = DetailCase("ann", case().truth, np.ones(SIZE, bool), np.zeros(SIZE, bool), case().said)
    report = measure_detail([whole])
    assert report.bars[1].met is None
    assert report.mean(STUDENT, 0) == pytest.approx(np.sqrt((0.36 + 1.0) / 2))


def test_what_cannot_be_measured() -> None:
    with pytest.raises(InputError, match="no photos"):
        measure_detail([])
    fewer = DetailCase("ben", case().truth, LEFT, ~LEFT, {TEACHER: case().said[TEACHER]})
    with pytest.raises(InputError, match="not all methods"):
        measure_detail([case(), fewer])


def test_written(tmp_path: Path) -> None:
    measure_detail([case()]).write(tmp_path)
    written = json.loads((tmp_path / "personal_detail.json").read_text())
    assert written["items"]["values"]["student visible"] == pytest.approx([0.6])
    assert written["items"]["values"]["teacher wrinkles"] == [None]


def test_the_bars_of_persons_own_networks(tmp_path: Path) -> None:
    one = case()
    own, other = DetailMaps(one.truth.shown + 4e-4, waves(1e-3)), DetailMaps(one.truth.shown - 9e-4)
    said = {TEACHER: one.said[TEACHER], STUDENT: one.said[STUDENT], OWN: own, OTHER: other}
    report = measure_detail([DetailCase("ann", one.truth, LEFT, ~LEFT, said)])
    assert report.methods == (TEACHER, STUDENT, OWN, OTHER)
    assert [bar.measured for bar in report.bars] == pytest.approx([80, 4 / 6, 9 / 6, 1])
    assert [bar.met for bar in report.bars] == [True] * 4
    report.write(tmp_path)
    assert (tmp_path / "personal_own_detail.md").is_file()


def test_photos_have_errors_and_no_bars(tmp_path: Path) -> None:
    report = measure_detail([case()], name=PHOTO_NAME)
    assert not report.bars
    report.write(tmp_path)
    text = (tmp_path / f"{PHOTO_NAME}.md").read_text()
    assert text.count("U-Net teacher") == 1
    assert "rinkles" not in text
