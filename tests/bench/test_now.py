"""The NoW protocol on a miniature of it: published figures met, nothing left out in silence, nothing done twice."""

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from manyfaces.bench.now import NowImage, NowReport, open_now, photos, run_now, seven_landmarks, write_prediction
from manyfaces.bench.now.measuring import Measurement
from manyfaces.bench.now.report import make_report
from manyfaces.bench.now.summary import group_of, pool
from manyfaces.core.errors import ChoiceError, DataError, InputError, NoFaceError
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.image import write_image
from manyfaces.io.landmark_files import read_landmarks
from manyfaces.io.mesh_reading import read_mesh
from manyfaces.pipeline import Predictor

PUBLISHED = {"nonmetrical": (1.17257, 1.33655, 0.98659), "metrical": (1.23976, 1.46175, 1.12410)}
"""What the published evaluation gives on this very folder, mm, pooled: median, mean, std."""

FIRST = Path("FaMoS_SYN_00001_TA", "multiview_neutral", "IMG_0000")
SUBJECT = "FaMoS_SYN_00001_TA"


@pytest.fixture(scope="module")
def miniature(repository: Path) -> Path:
    return repository / "tests" / "data" / "now"


@pytest.fixture(scope="module")
def scored(miniature: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[NowReport, Path]:
    out = tmp_path_factory.mktemp("out")
    return score(miniature, out), out


@pytest.fixture
def copy(miniature: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(miniature, tmp_path / "now"))


def score(data: Path, out: Path, **options) -> NowReport:
    return run_now(data, data / "preds", out, workers=1, console=Console(file=StringIO()), **options)


@pytest.mark.parametrize("mode", ["nonmetrical", "metrical"])
def test_the_published_figures_are_met(scored: tuple[NowReport, Path], mode: str) -> None:
    figures = scored[0].modes[mode].figures["all"]
    np.testing.assert_allclose((figures.median, figures.mean, figures.std), PUBLISHED[mode], atol=0.003)


def test_what_is_written(scored: tuple[NowReport, Path]) -> None:
    report, out = scored
    values = json.loads((out / "now.json").read_text())
    for mode in ("nonmetrical", "metrical"):
        assert values[mode] == report.modes[mode].figures["all"].plain()
        assert set(values[mode]) == {"median", "mean", "std"}
    assert values["missing"] == []
    assert [row["image"] for row in values["images"]] == [str(image) for image in report.images]
    assert values["images"][0]["nonmetrical"]["mean"] == pytest.approx(report.modes["nonmetrical"].distances[0].mean())
    assert values["groups"]["metrical"]["occluded"]["images"] == 2
    assert max(values["curves"]["nonmetrical"]["all"]["percent"]) == 100
    assert {path.name for path in out.iterdir()} == {
        *(f"now.{ending}" for ending in ("json", "md", "tex", "csv")),
        *("now_nonmetrical.png", "now_metrical.png", "distances"),
    }


def test_what_was_measured_is_measured_again_only_if_a_file_changed(copy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = score(copy, out)
    kept = sorted((out / "distances").rglob("*.npz"))
    written = [path.stat().st_mtime_ns for path in kept]
    (kept[-1]).write_bytes(b"cut off")
    marks = copy / "preds" / FIRST.with_suffix(".npy")
    np.save(marks, np.load(marks) * [1.01, 1, 1])
    again = score(copy, out)
    changed = [path.stat().st_mtime_ns != before for path, before in zip(kept, written, strict=True)]
    assert changed == [True, False, False, True]
    distances = [report.modes["nonmetrical"].distances for report in (first, again)]
    assert [np.array_equal(a, b) for a, b in zip(*distances, strict=True)] == [False, True, True, True]
    # Another unit is another measurement, and none at all leaves out the metrical figures.
    without = score(copy, out, unit="none")
    assert set(without.modes) == {"nonmetrical"}
    assert json.loads((out / "now.json").read_text())["metrical"] is None


def test_processes_say_the_same(copy: Path, tmp_path: Path, scored: tuple[NowReport, Path]) -> None:
    lines = []
    for image in scored[0].images:
        for k in range(3):  # enough images that a second process is worth it
            lines.append(str(image).replace(".jpg", f"{k}.jpg"))
            for path in (copy / "preds").glob(f"{image.stem}.*"):
                shutil.copy(path, path.with_name(f"{path.stem}{k}{path.suffix}"))
    (copy / "imagepathsvalidation.txt").write_text("\n".join(lines))
    report = run_now(copy, copy / "preds", tmp_path / "out", workers=2, console=Console(file=StringIO()))
    assert [str(image) for image in report.images] == lines
    for mode in ("nonmetrical", "metrical"):
        once = scored[0].modes[mode].distances
        for k, distances in enumerate(report.modes[mode].distances):
            np.testing.assert_array_equal(distances, once[k // 3])


def test_missing_predictions_are_an_error_or_listed(copy: Path, tmp_path: Path) -> None:
    (copy / "preds" / FIRST.with_suffix(".obj")).unlink()
    with pytest.raises(DataError, match=f"1 of 4 images: {FIRST}.jpg") as caught:
        score(copy, tmp_path / "out")
    assert "--allow-missing" in caught.value.fix
    report = score(copy, tmp_path / "out", allow_missing=True)
    assert json.loads((tmp_path / "out" / "now.json").read_text())["missing"] == [f"{FIRST}.jpg"]
    assert report.modes["nonmetrical"].figures["all"].n_images == 3
    assert "1 of 4 images have no prediction" in (tmp_path / "out" / "now.md").read_text()
    with pytest.raises(DataError, match="no mesh for 4 of 4"):
        run_now(copy, copy / "scans", tmp_path / "out", allow_missing=True)


def replaced(old: str, new: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text().replace(old, new, 1))


def mirrored(path: Path) -> None:
    np.save(path, np.load(path) * [-1, 1, 1])


def not_a_number(path: Path) -> None:
    np.save(path, np.where(np.arange(21).reshape(7, 3) == 4, np.nan, np.load(path)))


SCAN = f"scans/{SUBJECT}/scan.obj"
PICKED = f"scans_lmks_onlypp/{SUBJECT}/lm.pp"
MESH, MARKS = f"preds/{FIRST}.obj", f"preds/{FIRST}.npy"
LIST = "imagepathsvalidation.txt"


@pytest.mark.parametrize(
    ("path", "change", "named", "says"),
    [
        (SCAN, Path.unlink, f"scans/{SUBJECT}", "holds no .obj"),
        (SCAN, lambda p: p.write_text(""), SCAN, "no vertices"),
        (SCAN, replaced("v ", "v nan "), SCAN, "not finite"),
        (SCAN, lambda p: p.write_text("v 0 0 9000\nv 1 0 9000\nv 0 1 9000\nf 1 2 3\n"), SCAN, "no vertex near"),
        (PICKED, Path.unlink, f"scans_lmks_onlypp/{SUBJECT}", "holds no .pp"),
        (PICKED, replaced('x="', 'x="nan" was="'), PICKED, "not finite"),
        (PICKED, replaced("<point ", "<dot "), PICKED, "6 picked points"),
        (MESH, lambda p: p.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n"), MESH, "without triangles"),
        (MESH, lambda p: p.write_text(""), MESH, "no vertices"),
        (MESH, replaced("f 1 ", "f 999999 "), MESH, "not there"),
        (MESH, replaced("f 1 ", "f 1 1 "), MESH, "three corners"),
        (MARKS, Path.unlink, MESH, "no landmarks beside it"),
        (MARKS, mirrored, MARKS, "mirror image"),
        (MARKS, not_a_number, MARKS, "not finite"),
        (MARKS, lambda p: np.save(p, np.load(p)[:5]), MARKS, "(5, 3)"),
        (LIST, Path.unlink, "", "holds no imagepathsvalidation.txt"),
        (LIST, lambda p: p.write_text("\n"), LIST, "lists no image"),
        (LIST, lambda p: p.write_text("../selfie/x.jpg\n"), LIST, "line 1"),
        (LIST, replaced("multiview_neutral", "neutral"), LIST, "unknown challenge 'neutral'"),
        (LIST, lambda p: p.write_text(p.read_text() * 2), LIST, "listed before, in line 1"),
    ],
)
def test_malformed_data_is_refused_with_the_name_of_the_file(
    copy: Path, tmp_path: Path, path: str, change: Callable[[Path], object], named: str, says: str
) -> None:
    change(copy / path)
    with pytest.raises(DataError) as caught:
        score(copy, tmp_path / "out", allow_missing=True)
    assert str(copy / named) in caught.value.message
    assert says in caught.value.message
    assert not (tmp_path / "out" / "now.json").exists()


def test_another_header_of_the_picked_points_changes_nothing(
    copy: Path, tmp_path: Path, scored: tuple[NowReport, Path]
) -> None:
    replaced("<PickedPoints>\n", "<PickedPoints>\n <!-- a longer header -->\n\n\n")(copy / PICKED)
    report = score(copy, tmp_path / "out")
    assert report.modes["metrical"].figures["all"] == scored[0].modes["metrical"].figures["all"]


def test_a_wrong_unit_is_refused_and_a_right_one_makes_no_difference(
    copy: Path, tmp_path: Path, scored: tuple[NowReport, Path]
) -> None:
    with pytest.raises(DataError, match=r"IMG_0000\.npy: the landmarks fit the scan at .* not 1000"):
        score(copy, tmp_path / "out", unit="m")
    with pytest.raises(ChoiceError, match="mm, cm, m, none"):
        score(copy, tmp_path / "out", unit="feet")
    image = scored[0].images[0]
    (copy / LIST).write_text(str(image))
    mesh = read_mesh(copy / MESH)
    text = "".join("v {} {} {}\n".format(*v) for v in mesh.vertices / 1000)
    (copy / MESH).write_text(text + "".join("f {} {} {}\n".format(*f) for f in mesh.faces + 1))
    np.save(copy / MARKS, np.load(copy / MARKS) / 1000)
    report = score(copy, tmp_path / "out", unit="m")
    for mode in ("nonmetrical", "metrical"):
        np.testing.assert_allclose(report.modes[mode].distances[0], scored[0].modes[mode].distances[0], atol=1e-2)


def images(*challenges: str) -> list[NowImage]:
    return [NowImage(f"subject {k}", challenge, "x.jpg") for k, challenge in enumerate(challenges)]


def test_groups() -> None:
    listed = images("selfie", "multiview_occlusions", "multiview_neutral", "multiview_occlusions")
    assert group_of(listed, "all") == [0, 1, 2, 3]
    assert group_of(listed, "occluded") == [1, 3]
    assert group_of(listed, "unoccluded") == [0, 2]
    assert group_of(listed, "selfie") == [0]


def test_pooled_figures_weigh_every_vertex_alike() -> None:
    figures = pool([np.array([1.0, 2, 3]), np.array([10.0])], ["a", "a"])
    assert (figures.median, figures.mean, figures.std) == (2.5, 4.0, 12.5**0.5)
    assert (figures.n_images, figures.n_vertices, dict(figures.intervals)) == (2, 4, {})


def test_intervals_are_those_of_pooled_resamples() -> None:
    generator = np.random.default_rng(0)
    values = [generator.gamma(2, 0.5 + 0.1 * k, size=200 + 40 * k) for k in range(8)]
    figures = pool(values, [f"s{k}" for k in range(8)], seed=3)
    drawn = [np.concatenate([values[k] for k in generator.integers(0, 8, 8)]) for _ in range(2000)]
    for name, statistic in (("median", np.median), ("mean", np.mean), ("std", np.std)):
        low, high = np.quantile([statistic(each) for each in drawn], [0.025, 0.975])
        interval = figures.intervals[name]
        assert interval.low == pytest.approx(low, abs=0.1 * (high - low))
        assert interval.high == pytest.approx(high, abs=0.1 * (high - low))


def test_a_curve_says_how_many_are_no_further() -> None:
    distances = np.array([0.5, 1.0, 2.0, 9.0], np.float32)
    report = make_report("test", "none", images("selfie"), [Measurement(distances, None)], [], seed=0)
    curve = report.modes["nonmetrical"].curves[0]
    assert np.interp([0.4, 0.6, 1.1, 8.0], curve.x, curve.y).tolist() == [0, 25, 50, 75]
    assert not report.tables()[0].published  # figures of the validation set do not belong here


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return HeadModel(load_head("openhead"))


def test_predictions_are_written_as_they_are_read(head: HeadModel, tmp_path: Path) -> None:
    vertices = head.neutral(torch.zeros(head.n_identity))
    image = images("selfie")[0]
    files = write_prediction(tmp_path, image, head, vertices)
    np.testing.assert_allclose(read_mesh(files.mesh).vertices, 1000 * vertices.numpy(), atol=1e-3)
    marks = read_landmarks(files.landmarks, 7)
    np.testing.assert_allclose(marks, 1000 * seven_landmarks(head, vertices).numpy(), atol=1e-3)
    # The subject's right first, and that is where x is least; eyes above, then the nose, then the mouth.
    assert np.all(np.diff(marks[:4, 0]) > 20)
    assert marks[5, 0] < marks[4, 0] < marks[6, 0]
    assert marks[:4, 1].min() > marks[4, 1] > marks[5:, 1].max()


class FakePredictor(Predictor):
    """Gives the mean head; finds no face on black pictures."""

    def __init__(self, head: HeadModel):
        self.head, self.asked = head, []

    def detect(self, picture: np.ndarray) -> list:
        boxes = ([0, 0, 8, 8], [20, 20, 30, 30])
        return [type("Box", (), {"box_px": np.array(box, float)})() for box in boxes]

    def reconstruct(self, picture: np.ndarray, face: str | int, seed: int) -> list:
        if not picture.any():
            raise NoFaceError("no face was found")
        self.asked.append((face, seed))
        best = type("Hypothesis", (), {"identity": torch.zeros(self.head.n_identity)})
        return [type("Result", (), {"head": self.head, "best": best})]


def test_a_model_predicts_what_the_benchmark_lists(
    copy: Path, tmp_path: Path, head: HeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = open_now(copy), tmp_path / "predictions"
    with pytest.raises(DataError, match="holds no photos"):
        photos.predict_now(data, out)
    pictures = copy / "iphone_pictures"
    for k, image in enumerate(data.images):
        (pictures / str(image)).parent.mkdir(parents=True, exist_ok=True)
        write_image(pictures / str(image), np.full((40, 40, 3), 50 * k, np.uint8))
    box = copy / "detected_face" / data.images[1].stem.with_suffix(".npy")
    box.parent.mkdir(parents=True)
    np.save(box, np.array({"left": 22, "top": 22, "right": 30, "bottom": 31}, object))
    predictor = FakePredictor(head)
    monkeypatch.setattr(photos.Predictor, "from_pretrained", lambda *_: predictor)
    assert photos.predict_now(data, out, seed=5) == data.images[:1]
    assert predictor.asked == [(1, 5), ("largest", 5), ("largest", 5)]
    assert (out / "no_face.txt").read_text() == f"{data.images[0]}\n"
    report = run_now(copy, out, tmp_path / "out", allow_missing=True, workers=1, console=Console(file=StringIO()))
    assert report.missing == data.images[:1]
    # It goes on: only what has no prediction is asked for again; and never with another seed.
    photos.predict_now(data, out, seed=5)
    assert len(predictor.asked) == 3
    with pytest.raises(InputError, match="another model or seed"):
        photos.predict_now(data, out, seed=6)


@pytest.mark.parametrize("identity", photos.IDENTITIES)
def test_the_identity_that_is_scored(identity: str, head: HeadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = torch.randn(5, head.n_identity, generator=torch.Generator().manual_seed(0))
    best = type("Hypothesis", (), {"identity": samples[2]})
    result = type("Result", (), {"best": best, "identities": samples, "photo": None})()
    answer = type("Coefficients", (), {"identity": samples[3:4]})
    stand_ins = {"load_ofer": None, "has_regressor": True, "_box_of": None, "regress": answer}
    for name, value in stand_ins.items():
        monkeypatch.setattr(photos, name, lambda *_, value=value: value)
    choose, image = photos._chooser(identity, "ofer-open", "cpu", 0), NowImage("a", "selfie", "b.jpg")
    known = {
        "ranked": samples[2],
        "average": samples.mean(0),
        "regressor": samples[3],
        "mean_head": torch.zeros(head.n_identity),
        "random": choose(image, result),
    }
    assert torch.equal(choose(image, result), known[identity])
    assert choose(image, result).shape == (head.n_identity,)


def test_an_unknown_identity_lists_the_known_ones() -> None:
    with pytest.raises(ChoiceError, match="ranked, average, regressor"):
        photos._chooser("best", "ofer-open", "cpu", 0)
