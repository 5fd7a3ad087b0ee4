from pathlib import Path

import pytest

from manyfaces.cli import app


@pytest.fixture(autouse=True)
def few_people_in_the_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manyfaces.data.co545.rendered.N_POPULATION", 60)


def test_a_benchmark_is_built_and_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["data", "build", "co545", "--source", "openhead", "--out", str(tmp_path), "--items", "2", "--workers", "1"]
    assert app.run(asked) == 0
    printed = capsys.readouterr()
    assert printed.out == f"2 items of 1 people -> {tmp_path}\n"
    assert "no manifest ships" in printed.err
    (tmp_path / "items" / "001" / "item.json").unlink()
    assert app.run(asked) == 0
    assert (tmp_path / "items" / "001" / "item.json").is_file()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--source", "coma"], "--data DIR --head flame20"),
        (["--data", "."], "openhead is drawn, not read"),
        (["--workers", "0"], "--workers is 0"),
        (["--source", "nothead"], "nothead"),
        (["--items", "0"], "0 items"),
    ],
)
def test_what_cannot_be_built(given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["data", "build", "co545", "--out", str(tmp_path), *given]) != 0
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
