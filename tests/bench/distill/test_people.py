import json
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces.bench.distill import people as people_module
from manyfaces.bench.distill.conditions import COLOURS, CONDITIONS, behind_colours, covered, kind_before, seven_views
from manyfaces.bench.distill.networks import check_alike, load_network, networks_of_runs
from manyfaces.bench.distill.people import FIGURES, MEAN_FACE, PeopleBench, PeopleScores, measure_people
from manyfaces.bench.distill.people_report import PeopleReport
from manyfaces.bench.distill.people_tables import PeopleTables
from manyfaces.core.errors import ConfigError, InputError, WeightError
from manyfaces.data.hiding import NATURAL
from manyfaces.io.checkpoints import save_weights
from manyfaces.methods.distill import Mopi, RNet, Sopi


@pytest.fixture(scope="module")
def scores(bench: PeopleBench, tmp_path_factory: pytest.TempPathFactory) -> PeopleScores:
    """Two people in a chunk, and the third."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people_module, "CHUNK", 2)
        return measure_people(bench, tmp_path_factory.mktemp("kept"), lambda: None)


def test_networks_are_told_apart_by_their_tensors(runs: Path) -> None:
    assert [type(load_network(runs / name)) for name in ("teacher", "sopi", "mopi")] == [RNet, Sopi, Mopi]
    assert isinstance(load_network(runs / "sopi" / "weights.safetensors"), Sopi)
    assert list(networks_of_runs(runs)) == ["mopi", "mopi-label", "sopi", "teacher"]


def test_what_is_no_network_is_refused(runs: Path, tmp_path: Path) -> None:
    save_weights(tmp_path / "other.safetensors", {"x": torch.zeros(1)}, {})
    with pytest.raises(WeightError, match="no R-Net, SOPI or MOPI"):
        load_network(tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="no trained networks"):
        networks_of_runs(tmp_path)


def test_networks_of_different_sizes_are_not_compared(runs: Path) -> None:
    first = load_network(runs / "sopi")
    other = Sopi(type(first.config)(layout=first.config.layout, backbone=first.config.backbone, picture_px=64))
    with pytest.raises(ConfigError, match="one at a time"):
        check_alike({"a": first, "b": other})


def test_occluders_depend_on_the_number_alone(bench: PeopleBench) -> None:
    drawn = bench.people.batch(0, 0, 2)
    points = bench.face.landmarks_px(bench.face.layout.split(drawn.coefficients))
    for condition in CONDITIONS:
        both = covered(drawn.pictures, points, condition, 3, torch.tensor([7, 8]))
        alone = covered(drawn.pictures[1:], points[1:], condition, 3, torch.tensor([8]))
        assert torch.equal(both[1:], alone)
        assert torch.equal(both, drawn.pictures) == (condition == "unoccluded")
    assert kind_before("natural", 3, 8) in NATURAL
    assert kind_before("unoccluded", 3, 8) == "unoccluded"
    assert (
        len({view.numpy().tobytes() for view in seven_views(drawn.pictures, points, 3, torch.tensor([7, 8]))[0]}) == 7
    )


def test_only_the_colour_of_the_square_changes(bench: PeopleBench) -> None:
    drawn = bench.people.batch(0, 0, 1)
    points = bench.face.landmarks_px(bench.face.layout.split(drawn.coefficients))
    views = behind_colours(drawn.pictures, points, 0, torch.tensor([1]))[0].int()
    changed = [(view != drawn.pictures[0].int()).any(0) for view in views]
    assert len(views) == len(COLOURS)
    everywhere = torch.stack(changed).sum(0)
    # Where all five hide the face they differ from each other; elsewhere they are the photo.
    assert (everywhere == len(COLOURS)).float().mean() > 0.1
    assert torch.equal(views[0][:, everywhere == 0], views[1][:, everywhere == 0])


def test_every_person_has_every_figure(scores: PeopleScores, bench: PeopleBench) -> None:
    assert scores.methods == (MEAN_FACE, "teacher", "sopi", "mopi", "mopi-label")
    for method in scores.methods:
        for condition in CONDITIONS:
            rows = scores.columns[f"{method}/{condition}"]
            assert rows.shape == (3, len(FIGURES))
            assert np.isfinite(rows[:, :4]).all()
    assert np.array_equal(scores.columns[f"{MEAN_FACE}/SHOFI"], scores.columns[f"{MEAN_FACE}/unoccluded"])
    assert not np.array_equal(scores.columns["sopi/SHOFI"], scores.columns["sopi/unoccluded"])


def test_the_truth_has_no_error(bench: PeopleBench) -> None:
    drawn = bench.people.batch(bench.seed, 0, 2)
    truth = people_module._Truth.of(bench.face, drawn, bench.device)
    figures = bench._figures(drawn.coefficients, truth)
    assert np.allclose(figures[:, :4], 0, atol=1e-6)
    assert (figures[:, FIGURES.index("histogram")] > 0).all()  # a render is no photo


def test_a_stopped_run_goes_on(bench: PeopleBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def measure(chunk: int) -> dict[str, np.ndarray]:
        asked.append(chunk)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return {f"{MEAN_FACE}/unoccluded": np.full((2 if chunk == 0 else 1, len(FIGURES)), float(chunk))}

    monkeypatch.setattr(people_module, "CHUNK", 2)
    monkeypatch.setattr(bench, "measure", measure)
    with pytest.raises(KeyboardInterrupt):
        measure_people(bench, tmp_path, lambda: None)
    scores = measure_people(bench, tmp_path, lambda: None)
    assert asked == [0, 1, 1]
    assert scores.figure(MEAN_FACE, "natural", "me").tolist() == [0, 0, 1]


def test_the_report_has_the_papers_tables(scores: PeopleScores, bench: PeopleBench, tmp_path: Path) -> None:
    report = PeopleReport(scores, bench.options)
    report.write(tmp_path)
    text = (tmp_path / "distill.md").read_text()
    for table in ("Table 1", "Table 2", "Tables 3 and 4", "Tables 5 and 6", "Table 7", "Figure 6"):
        assert f"## {table}" in text
    assert "*unoccluded (paper, CelebA)*" in text
    [patterns] = [table for table in report.tables if table.title.startswith("Tables 5 and 6")]
    printed = {row[0]: [cell.text for cell in row[1:]] for row in patterns.published}
    assert printed["mopi (paper, CelebA)"] == ["1.24", "3.21", "1.67", "-", "-", "-", "4.76"]
    assert printed["mopi (paper, AFLW2000-3D)"] == ["-", "-", "-", "0.68", "0.26", "0.44", "3.82"]
    plain = json.loads((tmp_path / "distill.json").read_text())
    assert {bar["name"]: bar["met"] for bar in plain["bars"]}["mopi / control, patterns"] is None
    assert len(plain["items"]["names"]) == 3


def known(me: dict[str, list[float]]) -> PeopleScores:
    """Scores whose ME is known, the same under all conditions, with nothing else in them."""
    columns = {}
    for name, values in me.items():
        rows = np.zeros((len(values), len(FIGURES)))
        rows[:, FIGURES.index("me")] = values
        columns |= {f"{name}/{condition}": rows for condition in CONDITIONS}
    said = {"sopi": np.array([[0.0], [2.0]]), "mopi": np.array([[0.0], [1.0]])}
    columns |= {f"{name}/said": values for name, values in said.items() if name in me}
    return PeopleScores(tuple(me), columns, {}, slice(0, 1))


def test_ratios_are_of_means() -> None:
    tables = PeopleTables(known({"teacher": [2.0, 6.0], "sopi": [1.0, 1.0]}), 0)
    cell = tables.ratio("teacher", "sopi", "SHOFI")
    assert cell.value == pytest.approx(4)
    assert cell.interval is not None
    assert (cell.interval.low, cell.interval.high) == pytest.approx((2, 6))
    assert tables.ratio("teacher", "control", "SHOFI").value is None


def test_a_network_that_says_the_same_of_everyone_does_not_vary() -> None:
    tables = PeopleTables(known({"sopi": [1.0, 1.0], "mopi": [1.0, 1.0]}), 0)
    assert tables.varies("sopi") == pytest.approx(1)
    assert tables.varies("mopi") == pytest.approx(0.25)
    assert tables.varies("control") is None
