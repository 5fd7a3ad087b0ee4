"""What adapters gain, on errors that are known."""

import json
from pathlib import Path

import numpy as np
import pytest

from manyfaces.bench.personal import HeldOut, TransferReport, measure_transfer
from manyfaces.bench.personal.transfer import Variant
from manyfaces.core.errors import InputError
from manyfaces.metrics import INNER_51

EYES_PX = 50.0
OFF: dict[Variant, float] = {"base": 4.0, "own": 2.0, "other": 5.0, "full": 1.0}


def faces(n_frames: int, seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).uniform(0, 100, (n_frames, 68, 2))
    points[:, 36], points[:, 45] = (20.0, 40.0), (20.0 + EYES_PX, 40.0)
    return points


def person(name: str, scale: float = 1.0, clips: np.ndarray | None = None, n_frames: int = 6) -> HeldOut:
    """So many percent of the eye distance off on the inner points, twice that on the jaw line."""
    truth = faces(n_frames, len(name))

    def find(variant: Variant) -> np.ndarray:
        off = np.where(INNER_51, 1.0, 2.0) * OFF[variant] * scale
        return truth + off[:, None] * [EYES_PX / 100, 0]

    return HeldOut.of(name, truth, find, clips=clips)


@pytest.fixture
def report() -> TransferReport:
    return measure_transfer([person("ann"), person("ben", 2.0)], {"base": 0.0, "own": 0.02, "full": 1.0})


def test_known_errors_come_out(report: TransferReport) -> None:
    ann, ben = report.people
    assert ann.nme("base", "inner") == pytest.approx(4)
    assert ann.nme("base", "boundary") == pytest.approx(8)
    assert ben.nme("own", "overall") == pytest.approx((17 * 8 + 51 * 4) / 68)
    means, by_person = report.tables[1], report.tables[2]
    cells = {str(row[0]): row for row in means.rows}
    base, own, other = (
        cells[n] for n in ("base model", "with the person's adapters", "with another person's adapters")
    )
    assert [str(cell) for cell in base[1:3]] == ["12.00 (8.00 to 16.00)", "-"]
    assert str(own[2]) == "+50.0 (+50.0 to +50.0)"
    assert str(other[2]) == "-25.0 (-25.0 to -25.0)"
    assert str(own[-1]) == "2.00"
    assert [row[0] for row in by_person.rows] == ["ann", "ben"]
    assert str(by_person.rows[1][3]) == "+50.0 (+50.0 to +50.0)"


def test_bars(report: TransferReport) -> None:
    assert [bar.met for bar in report.bars] == [True] * 5
    assert report.bars[0].measured == pytest.approx(50)
    assert report.bars[3].measured == pytest.approx(-25)
    assert report.bars[4].measured == pytest.approx(2)


def test_people_count_alike_however_many_frames_they_have() -> None:
    report = measure_transfer([person("ann", 1.0, n_frames=30), person("ben", 3.0, n_frames=2)])
    assert report.errors("base", "inner").mean() == pytest.approx(8)


def test_clips_are_resampled_as_a_whole() -> None:
    truth = faces(40, 0)
    base = truth + np.array([2.0, 0])
    own = base.copy()
    own[:20] = truth[:20]  # the first clip is solved, the second is not

    def interval(clips: np.ndarray | None) -> tuple[float, float]:
        report = measure_transfer([HeldOut("ann", truth, {"base": base, "own": own}, clips)])
        cell = report.tables[-1].rows[0][3]
        assert not isinstance(cell, str)
        assert cell.value == pytest.approx(50)
        assert cell.interval is not None
        return cell.interval.low, cell.interval.high

    assert interval(np.repeat([0, 1], 20)) == pytest.approx((0, 100))
    low, high = interval(None)
    assert 25 < low < 45
    assert 55 < high < 75


def test_one_person_has_no_interval_over_people() -> None:
    report = measure_transfer([person("ann")])
    assert str(report.tables[1].rows[0][1]) == "8.00"


def test_what_cannot_be_measured() -> None:
    truth = faces(2, 0)
    with pytest.raises(InputError, match="nobody"):
        measure_transfer([])
    with pytest.raises(InputError, match="no base model"):
        measure_transfer([HeldOut("ann", truth, {"own": truth})])
    with pytest.raises(InputError, match="other frames"):
        measure_transfer([HeldOut("ann", truth, {"base": truth, "own": truth[:1]})])


def test_written(report: TransferReport, tmp_path: Path) -> None:
    report.write(tmp_path, subjects="two of paper")
    written = json.loads((tmp_path / "personal_transfer.json").read_text())
    assert written["items"]["values"]["own inner"][0] == pytest.approx(2)
    assert written["bars"][0]["met"]
    assert "two of paper" in (tmp_path / "personal_transfer.md").read_text()
