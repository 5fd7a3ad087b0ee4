"""The result of a reconstruction: its vertices, its spread, and what it writes."""

import errno
import json
import math

import numpy as np
import pygltflib
import pytest
import torch
import trimesh
from PIL import Image

from manyfaces.core.errors import OutputError
from manyfaces.geometry.rotation import matrix_from_axis_angle
from manyfaces.heads import HeadModel
from manyfaces.io import atomic
from manyfaces.pipeline.export import RESULT_FILES, npz_arrays, save_photo


@pytest.fixture
def small_page(monkeypatch):
    """Drawing the page takes most of the time of saving; tests of other things do without."""
    monkeypatch.setattr("manyfaces.pipeline.export.draw_overview", lambda result: np.zeros((8, 8, 3), np.uint8))


@pytest.fixture(scope="module")
def saved(synthetic, tmp_path_factory):
    result = synthetic.ball_reconstruction(source="somebody.jpg")
    return result, result.save(tmp_path_factory.mktemp("saved") / "new" / "folder", {"seed": 7})


def test_vertices_are_those_of_the_head(synthetic):
    result = synthetic.ball_reconstruction()
    expected = result.head.data.template * 1.05
    expected = np.repeat(expected[None], 3, axis=0)
    expected[:, np.arange(3), 0] += 0.01 * result.expressions.numpy()
    np.testing.assert_allclose(result.vertices.numpy(), expected, atol=1e-7)
    assert result.vertices is result.vertices, "computed once"


def test_ranks_follow_the_order(synthetic):
    result = synthetic.ball_reconstruction(identity_index=torch.tensor([5, 4, 0]))
    assert result.identity_rank.tolist() == [0, 1, 5]
    assert len(result) == 3
    assert result.n_identities == 6
    second = result.hypothesis(1)
    assert (second.rank, second.identity_rank) == (1, 1)
    torch.testing.assert_close(second.identity, result.identities[4])
    torch.testing.assert_close(second.vertices, result.vertices[1])
    assert second.camera.focal_px.shape == ()
    torch.testing.assert_close(result.best.vertices, result.vertices[0])
    with pytest.raises(IndexError, match="0 to 2"):
        result.hypothesis(3)


def test_same_faces_do_not_disagree(synthetic):
    result = synthetic.ball_reconstruction(expressions=torch.zeros(3, synthetic.N_EXPRESSION))
    assert result.disagreement_mm.max() < 1e-4


def test_a_scaled_ball_disagrees_by_the_known_amount(synthetic):
    # Radii 100 mm and 105 mm, aligned at their centres: each is 2.5 mm from the mean everywhere. The front alone, a
    # half ball, would slide to align; with no region named, all of the ball counts and the centres stay.
    result = synthetic.ball_reconstruction(
        2,
        head=HeadModel(synthetic.ball_head(with_extras=False)),
        identity_index=torch.tensor([0, 5]),
        expressions=torch.zeros(2, synthetic.N_EXPRESSION),
    )
    torch.testing.assert_close(result.disagreement_mm, torch.full((162,), 2.5), atol=1e-3, rtol=0)
    torch.testing.assert_close(result.distance_to_best_mm, torch.tensor([0.0, 5.0]), atol=1e-3, rtol=0)


def test_alignment_undoes_rigid_motion(synthetic):
    result = synthetic.ball_reconstruction(expressions=torch.zeros(3, synthetic.N_EXPRESSION))
    turns = matrix_from_axis_angle(torch.tensor([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, -0.2, 0.1]]))
    moved = result.vertices @ turns.mT + torch.tensor([[[0.0, 0, 0]], [[0.01, 0, 0]], [[0, 0.02, -0.01]]])
    result.__dict__["vertices"] = moved
    assert result.disagreement_mm.max() < 1e-3


def test_all_files_are_written_and_listed(saved):
    _, folder = saved
    assert sorted(path.name for path in folder.iterdir()) == sorted(RESULT_FILES)
    report = json.loads((folder / "report.json").read_text())
    assert report["complete"] is True
    assert sorted([*report["files"], "report.json"]) == sorted(RESULT_FILES)
    assert report["photo"] == {"name": "somebody.jpg", "width": 160, "height": 120}
    assert report["points"] == {"visible": 300, "of": 468}
    assert report["run"] == {"seed": 7}
    assert [h["identity_rank"] for h in report["hypotheses"]] == [1, 1, 1]
    assert report["hypotheses"][0]["distance_to_best_mm"] == 0.0


def test_glb_holds_one_mesh_whose_targets_are_the_hypotheses(saved):
    result, folder = saved
    document = pygltflib.GLTF2().load(str(folder / "faces.glb"))
    (mesh,) = document.meshes
    assert mesh.extras["targetNames"] == ["face 01 identity 1", "face 02 identity 1", "face 03 identity 1"]
    blob = document.binary_blob()

    def read(accessor_id):
        accessor = document.accessors[accessor_id]
        view = document.bufferViews[accessor.bufferView]
        return np.frombuffer(blob, np.float32, accessor.count * 3, view.byteOffset).reshape(-1, 3)

    base = read(mesh.primitives[0].attributes.POSITION)
    shapes = [base + read(t["POSITION"] if isinstance(t, dict) else t.POSITION) for t in mesh.primitives[0].targets]
    np.testing.assert_allclose(base, result.vertices[0].numpy(), atol=1e-8)
    np.testing.assert_allclose(np.stack(shapes), result.vertices.numpy(), atol=1e-7)


@pytest.mark.parametrize("name", ["best.ply", "best.obj"])
def test_mesh_files_hold_the_best_face(saved, name):
    result, folder = saved
    mesh = trimesh.load(folder / name, process=False, maintain_order=True)
    np.testing.assert_allclose(mesh.vertices, result.vertices[0].numpy(), atol=1e-6)
    np.testing.assert_array_equal(mesh.faces, result.head.data.faces)


def test_npz_keys_are_documented_and_of_the_promised_types(saved):
    result, folder = saved
    with np.load(folder / "faces.npz") as arrays:
        assert all(f"`{key}`" in npz_arrays.__doc__ for key in arrays)
        assert {array.dtype.name for array in arrays.values()} == {"float32", "int32", "bool"}
        np.testing.assert_array_equal(arrays["vertices"], result.vertices.numpy())
        assert arrays["camera_focal_px"].shape == (3,)


def test_npz_of_orthographic_cameras(synthetic):
    arrays = npz_arrays(synthetic.ball_reconstruction(perspective=False))
    assert arrays["camera_scale_px"].shape == (3,)
    assert "camera_focal_px" not in arrays
    assert all(f"`{key}`" in npz_arrays.__doc__ for key in arrays)


def test_overview_is_a_page_with_the_photo_on_it(saved):
    _, folder = saved
    with Image.open(folder / "overview.png") as page:
        assert page.width == 1600
        assert page.height > 1000
        assert len(page.convert("RGB").getcolors(page.width * page.height)) > 5000


@pytest.mark.parametrize("n_hypotheses", [1, 7])
def test_other_numbers_of_hypotheses(synthetic, tmp_path, n_hypotheses):
    head = HeadModel(synthetic.ball_head(with_extras=False))
    result = synthetic.ball_reconstruction(n_hypotheses, perspective=False, with_mask=False, head=head)
    folder = result.save(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == sorted(RESULT_FILES)


def test_a_face_beyond_the_edge_and_points_that_are_not_numbers_can_still_be_drawn(synthetic, tmp_path):
    result = synthetic.ball_reconstruction(2)
    wild = result.points_px.copy() - 60
    wild[:20] = math.nan
    synthetic.ball_reconstruction(2, points_px=wild).save(tmp_path / "out")
    assert (tmp_path / "out" / "report.json").exists()


def test_two_saves_are_equal(saved, synthetic, tmp_path):
    _, folder = saved
    again = synthetic.ball_reconstruction(source="somebody.jpg").save(tmp_path / "again", {"seed": 7})
    for name in ("faces.glb", "best.obj", "best.ply", "overview.png", "report.json"):
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name


def test_a_full_disk_leaves_the_earlier_results(synthetic, small_page, tmp_path, monkeypatch):
    folder = synthetic.ball_reconstruction().save(tmp_path / "out")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    flushed = []

    def full(path):
        flushed.append(path)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic, "_flush", full)
    with pytest.raises(OutputError, match="No space left"):
        synthetic.ball_reconstruction(seed=8).save(folder)
    assert flushed
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_failing_computation_writes_nothing(synthetic, tmp_path, monkeypatch):
    def broken(result):
        raise RuntimeError("no picture")

    monkeypatch.setattr("manyfaces.pipeline.export.draw_overview", broken)
    with pytest.raises(RuntimeError):
        synthetic.ball_reconstruction().save(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_where_the_folder_should_be(synthetic, small_page, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        synthetic.ball_reconstruction().save(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_several_faces_get_folders_and_one_report(synthetic, small_page, tmp_path):
    results = [synthetic.ball_reconstruction(1), synthetic.ball_reconstruction(2)]
    save_photo(results, tmp_path / "photo", {"seed": 1})
    report = json.loads((tmp_path / "photo" / "report.json").read_text())
    assert report["faces"] == ["face_0", "face_1"]
    assert report["complete"] is True
    counts = [json.loads((tmp_path / "photo" / n / "report.json").read_text())["n_hypotheses"] for n in report["faces"]]
    assert counts == [1, 2]
