"""The protocol on a benchmark of seven items, with methods whose figures are known."""

import dataclasses
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from manyfaces.bench.co545 import Co545Options, Co545Report, bench_co545
from manyfaces.bench.co545.figures import Ruler, identity_figures
from manyfaces.bench.co545.measuring import IDEAL, MEAN, RANKED, Bench, Setting, by_choice, measure_scenes
from manyfaces.bench.co545.methods import MeanHead, MeshFolder, face_box
from manyfaces.bench.co545.views import Drawn, views_of_scene
from manyfaces.core.errors import DataError, InputError
from manyfaces.data.co545 import Co545Config, Co545Set, build_co545
from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.mesh_files import obj_text, ply_bytes

SMALL = Co545Config(n_items=7, n_subjects=2, neutral_every=2)


@pytest.fixture(scope="session")
def head() -> HeadModel:
    return HeadModel(load_head("openhead"))


@pytest.fixture(scope="session")
def items(tmp_path_factory: pytest.TempPathFactory) -> Co545Set:
    patch = pytest.MonkeyPatch()
    patch.setattr("manyfaces.data.co545.rendered.N_POPULATION", 80)
    with patch.context():
        return build_co545(SMALL, tmp_path_factory.mktemp("bench"), n_workers=1).items


def run(items: Co545Set, out: Path, options: Co545Options, **more) -> Co545Report:
    return bench_co545(items.folder, out, options=options, console=Console(file=io.StringIO()), **more)


def write_truth(folder: Path, items: Co545Set, head: HeadModel, noise_mm: tuple[float, ...] = (0.0,)) -> Path:
    """The truth, turned and moved, with noise; one mesh for each deviation of the noise."""
    turn = matrix_from_axis_angle(torch.tensor([0.2, -0.1, 0.3]))
    generator = torch.Generator().manual_seed(0)
    for scene in range(items.config.n_scenes):
        for view in views_of_scene(items, scene, True, len(items)):
            for k, deviation in enumerate(noise_mm):
                noise = torch.randn(view.item.truth.shape, generator=generator)
                vertices = 1000 * (view.item.truth @ turn.mT + 0.3) + deviation * noise
                path = folder / view.name / f"{k:02d}.ply"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(ply_bytes(vertices.numpy(), head.data.faces, unit="millimetres"))
    return folder


def figures(report: Co545Report, method: str) -> dict[str, float | None]:
    return report.plain()["figures"][method]


@pytest.fixture(scope="session")
def folders(items: Co545Set, head: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("meshes")
    noisy = write_truth(root / "noisy", items, head, (1.0, 1.0, 2.0))
    return write_truth(root / "truth", items, head, (0.0, 0.0)), noisy


@pytest.fixture(scope="session")
def report(items: Co545Set, folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Co545Report:
    options = Co545Options(predictions=folders, model=False, n_random=(5, 40), workers=1)
    return run(items, tmp_path_factory.mktemp("report"), options)


def test_the_truth_has_no_error_wherever_it_lies(report: Co545Report) -> None:
    found = figures(report, "truth")
    for name in ("se", "cse", "se_hidden", "se_landmarks", "min_asd_v", "max_asd_v"):
        assert found[name] == pytest.approx(0, abs=0.01), name
    assert found["asd_o"] == pytest.approx(0, abs=0.01)  # no diversity
    baseline = figures(report, "mean head")["se"]
    assert baseline is not None
    assert baseline > 1


def test_noise_is_measured_as_what_it_is(report: Co545Report) -> None:
    found = figures(report, "noisy")
    # Three coordinates of deviation d are sqrt(3) d long; two such vertices are sqrt(2) times that apart.
    assert found["se"] == pytest.approx(3**0.5 * 4 / 3, rel=0.05)
    assert found["cse"] == pytest.approx(3**0.5, rel=0.05)
    nearest, farthest = (6**0.5, 6**0.5, 15**0.5), (15**0.5,) * 3
    assert found["min_asd_v"] == pytest.approx(np.mean(nearest), rel=0.05)
    assert found["max_asd_v"] == pytest.approx(np.mean(farthest), rel=0.05)
    assert found["asd_hidden"] == pytest.approx(np.mean(nearest), rel=0.05)


def test_a_spike_is_implausible(items: Co545Set, head: HeadModel) -> None:
    ruler = Ruler(head, items.law())
    view = next(v for v in views_of_scene(items, 0, False, 7) if v.picture == "occluded")
    plain, spiked = (view.item.truth.repeat(3, 1, 1) for _ in range(2))
    anchor = np.zeros(head.n_vertices, bool)
    anchor[head.data.masks["front"]] = items.law().anchor.numpy()  # by these faces are aligned: leave them be
    hidden = int(np.flatnonzero(view.item.front.occluded & ~anchor)[5])
    spiked[:, hidden, 2] += 0.1
    method = MeanHead(head)
    before, after = (ruler.figures(method, Drawn(v), view) for v in (plain, spiked))
    assert after["ode"] > before["ode"]
    assert after["ode_o"] > after["ode"]
    assert after["ode_v"] == before["ode_v"]


def test_meshes_without_a_size_are_scaled(items: Co545Set, head: HeadModel, folders: tuple[Path, Path]) -> None:
    view = next(views_of_scene(items, 0, False, 7))
    sized, free = (MeshFolder(folders[0], head.n_vertices, unit) for unit in ("cm", "none"))
    ruler = Ruler(head, items.law())
    errors = [ruler.figures(m, drawn, view)["se"] for m in (sized, free) if (drawn := m(view))]
    assert errors[0] > 100
    assert errors[1] == pytest.approx(0, abs=0.01)


def test_meshes_that_are_missing_are_told_of(items: Co545Set, folders: tuple[Path, Path], tmp_path: Path) -> None:
    folder = tmp_path / "few"
    shutil.copytree(folders[0] / "occluded" / "000", folder / "occluded" / "000")
    options = Co545Options(predictions=(folder,), model=False, clean=False, limit=2, n_random=(5,), workers=1)
    with pytest.raises(DataError, match="few has no meshes for 1 pictures: occluded/001"):
        run(items, tmp_path / "out", options)
    report = run(items, tmp_path / "out", dataclasses.replace(options, allow_missing=True))
    assert report.missing == {"few": ("occluded/001",)}
    assert json.loads((tmp_path / "out" / "co545.json").read_text())["missing"] == {"few": ["occluded/001"]}
    assert "few has no hypotheses for 1 pictures" in (tmp_path / "out" / "co545.md").read_text()


def test_meshes_that_cannot_be_compared(items: Co545Set, head: HeadModel, tmp_path: Path) -> None:
    view = next(views_of_scene(items, 0, False, 7))
    folder = tmp_path / "other"
    (folder / view.name).parent.mkdir(parents=True)
    path = folder / f"{view.name}.obj"
    path.write_text(obj_text(np.zeros((5, 3)), np.array([[0, 1, 2]])))
    with pytest.raises(DataError, match=r"000\.obj has 5 vertices"):
        MeshFolder(folder, head.n_vertices)(view)
    path.write_text("v 0 0 nan\n")
    with pytest.raises(DataError, match=r"000\.obj"):
        MeshFolder(folder, head.n_vertices)(view)
    assert MeshFolder(tmp_path / "none", head.n_vertices)(view) is None


def test_the_tables_and_files(report: Co545Report, tmp_path: Path) -> None:
    report.write(tmp_path, "cpu")
    assert report.methods == ("truth", "noisy", "random heads", "mean head")
    tables = {table.title.split(": ")[1]: table for table in report.tables()}
    errors = tables["SE, mm (Table 3)"]
    assert [str(row[0]) for row in errors.lines][-2:] == ["Diverse3D (paper)", "OFER (paper)"]
    counts = dict(zip(errors.columns[1:], (str(cell) for cell in errors.rows[-1][1:]), strict=True))
    assert counts == {"N unocc": "2", "N occ": "6", "E unocc": "1", "E occ": "1"}
    assert {f"co545.{ending}" for ending in ("md", "tex", "csv", "json")} == {p.name for p in tmp_path.iterdir()}
    values = json.loads((tmp_path / "co545.json").read_text())
    assert len(values["items"]["names"]) == 7
    assert values["figures"]["random heads"]["se"] > values["figures"]["random heads"]["cse"]
    identities = {str(row[0]): float(str(row[1]).split()[0]) for row in tables["identities, mm (Table 1)"].rows}
    assert identities["best of 40 random heads"] < identities["best of 5 random heads"]
    assert identities["best of 5 random heads"] < identities["average of 5 random heads"]


def test_processes_give_what_one_gives(items: Co545Set) -> None:
    options = Co545Options(model=False, clean=False, limit=4)
    setting = Setting(items.folder, options, "ofer-open", "cpu", 0)
    done: list[int] = []
    one, two = (measure_scenes(Bench(setting), setting, n, done.append) for n in (1, 2))
    assert one == two
    assert {score.name for score in one} == {f"occluded/{n:03d}" for n in range(4)}
    assert sum(done) == 8


def test_a_released_model(items: Co545Set, tmp_path: Path) -> None:
    options = Co545Options(limit=1, n_hypotheses=3, n_identities=4, n_random=(5,), workers=1)
    report = run(items, tmp_path, options)
    assert report.methods == (
        "ofer-open (known)",
        "average of samples",
        "ofer-open (auto)",
        "regressor (known)",
        "random heads",
        "mean head",
    )
    [known] = [s for s in report.scores if s.method == "ofer-open (known)" and s.picture == "occluded"]
    assert known.figures is not None
    assert 0 < known.figures["cse"] <= known.figures["se"] < 8
    assert known.identities is not None
    assert known.identities[IDEAL][0] <= known.identities[RANKED][0]
    clean = [s.method for s in report.scores if s.picture == "clean"]
    assert "ofer-open (auto)" not in clean


def test_a_model_of_another_head_is_refused(items: Co545Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = load_head("openhead")
    object.__setattr__(other, "faces", other.faces[:-1])
    monkeypatch.setattr("manyfaces.bench.co545.measuring.load_head", lambda name: other)
    with pytest.raises(InputError, match="build the benchmark with --head openhead"):
        run(items, tmp_path, Co545Options(limit=1))


def test_choices_of_identities_by_hand() -> None:
    found = by_choice(torch.tensor([[3.0, 4.0, 1.0], [1.0, 6.0, 2.0], [2.0, 2.0, 6.0]]))
    assert found == {RANKED: (3.0, 4.0, 1.0), IDEAL: (1.0, 6.0, 2.0), MEAN: (2.0, 4.0, 3.0)}


def test_distances_of_identities_by_hand() -> None:
    # Pairs that move against each other do not move the alignment: eight vertices by 10 mm, sixteen not at all.
    corners = torch.tensor([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * 0.1
    truth = torch.cat([corners, 2 * corners, 3 * corners]).float()
    other = truth.clone()
    other[:8] += 0.01 * torch.tensor([0.0, 0.0, 1.0]) * corners.prod(-1, keepdim=True).sign()
    moved, still = identity_figures(torch.stack([other, truth]) + 0.2, truth).tolist()
    assert moved == pytest.approx([0, 10 / 3, 10 * (1 / 3 * 2 / 3) ** 0.5], abs=0.01)
    assert still == pytest.approx([0, 0, 0], abs=0.01)


def test_the_known_face_is_where_the_face_is(items: Co545Set) -> None:
    for view in views_of_scene(items, 1, True, 7):
        box, points = face_box(view), view.item.points_68_px
        middle = (box.box_px[:2] + box.box_px[2:]) / 2
        size = np.ptp(points, axis=0).max()
        assert np.abs(middle - (points.min(0) + points.max(0)) / 2).max() < 0.25 * size
        assert box.keypoints_px[0, 0] < box.keypoints_px[1, 0]  # the right eye is on the picture's left
        assert np.array_equal(face_box(view).box_px, box.box_px)


def test_options_that_cannot_be() -> None:
    with pytest.raises(InputError, match="one name"):
        Co545Options(predictions=(Path("a/x"), Path("b/x")))
    with pytest.raises(InputError, match="limit"):
        Co545Options(limit=0)
