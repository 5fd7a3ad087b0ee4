"""A benchmark of seven items, built as the real one is."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces.core.errors import DataError, InputError
from manyfaces.data.co545 import COVER_KINDS, Co545Config, Co545Set, build_co545, make_item, open_co545, open_source
from manyfaces.data.co545.build import manifest_differences, shipped_manifest
from manyfaces.data.co545.cover import cover_scene
from manyfaces.data.co545.manifest import Manifest, read_manifest, this_machine
from manyfaces.data.co545.rendered import RenderedScenes
from manyfaces.data.co545.scenes import front_of, steady_of
from manyfaces.io.head_files import load_head

SMALL = Co545Config(n_items=7, n_subjects=2, neutral_every=2)


@pytest.fixture(scope="session")
def source() -> RenderedScenes:
    return RenderedScenes(SMALL)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Co545Set:
    patch = pytest.MonkeyPatch()
    patch.setattr("manyfaces.data.co545.rendered.N_POPULATION", 60)
    ticks: list[int] = []
    with patch.context():
        build = build_co545(SMALL, tmp_path_factory.mktemp("co545"), n_workers=1, tick=ticks.append)
    assert sum(ticks) == 7
    assert build.differing is None
    return build.items


def test_the_plan() -> None:
    config = Co545Config()
    assert (len(range(config.n_items)), config.n_scenes) == (545, 182)
    assert {config.subject_of(s) for s in range(config.n_scenes)} == set(range(11))
    kinds = [config.kind_of(n) for n in range(545)]
    assert {kind: kinds.count(kind) for kind in COVER_KINDS} == {"hand": 182, "face": 182, "random": 181}
    assert [n for s in range(config.n_scenes) for n in config.items_of(s)] == list(range(545))
    neutral = [s for s in range(config.n_scenes) if config.is_neutral(s)]
    assert {config.subject_of(s) for s in neutral} == set(range(11))
    assert len(neutral) == 44


@pytest.mark.parametrize("sizes", [{"n_items": 0}, {"n_items": 3, "n_subjects": 2}, {"n_subjects": 0}])
def test_sizes_that_make_no_benchmark(sizes: dict) -> None:
    with pytest.raises(InputError):
        Co545Config(**sizes)


def test_an_item_depends_on_the_settings_and_its_number_alone(source: RenderedScenes, built: Co545Set) -> None:
    for number in (5, 0):
        made, read = make_item(source, SMALL, number), built.read(number)
        assert made.row == read.row
        assert np.array_equal(made.image, read.image)
        assert np.array_equal(made.mask, read.mask)
        assert torch.allclose(made.truth.float(), read.truth, atol=1e-7)
        for name in ("visible", "occluded", "self_occluded"):
            assert np.array_equal(getattr(made.front, name), getattr(read.front, name))
    other = dataclasses.replace(SMALL, seed=1)
    assert make_item(RenderedScenes(other), other, 0).row.sha256 != built.rows[0].sha256


def test_the_classes_of_vertices(source: RenderedScenes, built: Co545Set) -> None:
    front = front_of(source.head).numpy()
    for row in built.rows:
        classes = built.read(row.number).front
        assert np.array_equal(classes.visible.astype(int) + classes.occluded + classes.self_occluded, front)
        assert 0.15 <= row.hidden_share <= 0.7
        assert classes.occluded.sum() / front.sum() == pytest.approx(row.hidden_share, abs=1e-4)
        assert classes.self_occluded.sum() / front.sum() < 0.2  # frontal


def test_the_mask_is_where_the_picture_changes(built: Co545Set) -> None:
    for row in built.rows:
        item, clean = built.read(row.number), built.clean(row.scene)
        changed = (item.image != clean).any(-1)
        assert changed[item.mask].mean() > 0.8
        assert changed[~item.mask].mean() < 0.1


def test_the_points_are_where_the_truth_projects(source: RenderedScenes, built: Co545Set) -> None:
    item, scene = built.read(4), source.scene(1)
    assert torch.allclose(item.projected, scene.projected.float(), atol=1e-4)
    assert torch.allclose(item.truth, scene.vertices.float(), atol=1e-7)
    x, y = item.projected[item.front.occluded, :2].round().long().T.numpy()
    assert item.mask[y, x].mean() > 0.85  # but for the two pixels of margin


def test_people_and_neutral_scenes(source: RenderedScenes, built: Co545Set) -> None:
    assert [row.subject for row in built.rows] == ["person00"] * 3 + ["person01"] * 3 + ["person00"]
    assert [row.expression for row in built.rows] == ["neutral"] * 6 + ["drawn002"]
    neutral = built.neutral()
    assert torch.allclose(neutral[0], built.read(0).truth, atol=1e-6)
    assert float((neutral[0] - built.read(6).truth).norm(dim=-1).max()) > 1e-3  # metres


def test_the_law_comes_from_faces_of_this_kind(source: RenderedScenes, built: Co545Set) -> None:
    front, law = front_of(source.head), built.law()
    assert len(law.mean) == int(front.sum())
    faces = law.aligned(source.population(front)[:40].float())
    assert float((law.distances(faces) > law.limit).float().mean()) < 0.05
    assert int(law.anchor.sum()) == int(steady_of(source.head).sum())


def test_an_interrupted_run_is_picked_up(built: Co545Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manyfaces.data.co545.rendered.N_POPULATION", 60)
    kept, lost = built.folder / "items" / "001", built.folder / "items" / "003" / "item.json"
    before, again = kept.stat().st_mtime_ns, built.read(3).row
    lost.unlink()
    with pytest.raises(DataError, match="lacks items 3"):
        open_co545(built.folder)
    assert build_co545(SMALL, built.folder, n_workers=1).items.rows == built.rows
    assert kept.stat().st_mtime_ns == before
    assert built.read(3).row == again


def test_another_benchmark_is_not_taken_for_this_one(built: Co545Set, tmp_path: Path) -> None:
    values = json.loads((built.folder / "items" / "000" / "item.json").read_text())
    from manyfaces.data.co545.items import kept_row

    assert kept_row(built.folder, 0, values["settings"]) == built.rows[0]
    assert kept_row(built.folder, 0, "another") is None
    assert kept_row(tmp_path, 0, values["settings"]) is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("co545.json", b"{", "co545.json is damaged"),
        ("co545.json", b'{"format": 9}', "format 9"),
        ("items/002/item.npz", b"zip", "item.npz is damaged"),
        ("items/002/image.png", None, "image.png is missing"),
        ("items/002/mask.png", None, "mask.png is missing"),
    ],
)
def test_damage_is_told_by_the_name_of_its_file(built: Co545Set, name: str, content: bytes | None, said: str) -> None:
    path = built.folder / name
    whole = path.read_bytes()
    try:
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DataError, match=said):
            open_co545(built.folder).read(2)
    finally:
        path.write_bytes(whole)


def test_a_folder_without_a_benchmark(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data build co545"):
        open_co545(tmp_path)


def test_recordings_must_be_named() -> None:
    with pytest.raises(DataError, match="--data"):
        open_source(Co545Config(source="coma"))


def test_the_manifest_is_read_as_it_was_written(built: Co545Set) -> None:
    found = read_manifest(built.folder / "co545.json")
    assert found == Manifest(SMALL, built.subjects, built.rows, this_machine())
    changed = dataclasses.replace(found.rows[2], sha256="0")
    assert manifest_differences(
        found, Manifest(SMALL, built.subjects, (*found.rows[:2], changed, *found.rows[3:]), {})
    ) == (2,)


def test_no_manifest_ships_of_other_settings() -> None:
    assert shipped_manifest(SMALL) is None


def test_the_shipped_manifest_is_the_whole_benchmark() -> None:
    manifest = shipped_manifest(Co545Config())
    assert manifest is not None
    assert [row.number for row in manifest.rows] == list(range(545))
    assert len({row.subject for row in manifest.rows}) == 11
    assert all(0.15 <= row.hidden_share <= 0.7 for row in manifest.rows)
    assert len({row.sha256 for row in manifest.rows}) == 545


@pytest.mark.parametrize("number", [0, 271, 544])
def test_shipped_items_are_made_again(number: int) -> None:
    config = Co545Config()
    manifest = shipped_manifest(config)
    assert manifest is not None
    made, shipped = make_item(RenderedScenes(config), config, number).row, manifest.rows[number]
    assert made.hidden_share == pytest.approx(shipped.hidden_share, abs=2e-3)
    if manifest.made_with != this_machine():
        pytest.skip(f"made with {manifest.made_with}: the last bits may differ here")
    assert made == shipped


def test_a_head_without_colours_and_expressions_is_drawn_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = dataclasses.replace(load_head("openhead"), albedo=None, expression_samples=None, jaw_samples=None)
    monkeypatch.setattr("manyfaces.data.co545.rendered.load_head", lambda name: bare)
    source = RenderedScenes(SMALL)
    made = make_item(source, SMALL, 6)
    assert made.row.expression == "drawn002"
    assert float((made.truth - source.neutral(0)).norm(dim=-1).max()) > 1e-3
    assert made.image[~made.mask].std() > 5  # lit, before a backdrop


def test_a_face_outside_the_picture_cannot_be_covered(source: RenderedScenes) -> None:
    scene = source.scene(0)
    away = dataclasses.replace(scene, projected=scene.projected + 1000, points_68_px=scene.points_68_px + 1000)
    with pytest.raises(DataError, match="no hand of 300 hides 15% to 70% of the face in scene 0"):
        cover_scene(away, source.head, SMALL, 0)
