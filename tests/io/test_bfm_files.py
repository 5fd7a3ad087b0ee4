"""BFM in its published files becomes a head: the numbers follow from the files, and damaged files are named."""

import struct
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.io import loadmat, savemat

from manyfaces.core.errors import HeadFileError
from manyfaces.faces import BFM_LAYOUT
from manyfaces.geometry.mesh import face_normals
from manyfaces.heads import HeadModel
from manyfaces.io.bfm_files import read_bfm
from manyfaces.io.head_files import import_bfm, load_head


@pytest.fixture
def folder(bfm_stand_in: ModuleType, tmp_path: Path) -> Path:
    return bfm_stand_in.write_makers_files(tmp_path)


def change(path: Path, **changes: object) -> None:
    """Write a .mat again with other arrays; None leaves one out."""
    arrays = {key: value for key, value in loadmat(path).items() if not key.startswith("_")} | changes
    savemat(path, {key: value for key, value in arrays.items() if value is not None})


def test_the_assembled_head_follows_the_published_rule(bfm_stand_in: ModuleType, folder: Path) -> None:
    head, files = read_bfm(folder), bfm_stand_in.model()
    in_model, in_expressions = bfm_stand_in.indices()
    components, deviations = bfm_stand_in.expressions()
    for vertex in (0, 17, 98):
        rows = 3 * in_model[in_expressions[vertex]] + np.arange(3)
        # Micrometres over 1e5 are decimetres, and a tenth of those metres.
        for k in (0, 79):
            wanted = files["shapePC"][rows, k].astype(float) * files["shapeEV"][k, 0] / 1e5 / 10
            np.testing.assert_allclose(head.identity_basis[k, vertex], wanted, rtol=1e-6)
            wanted = files["texPC"][rows, k].astype(float) * files["texEV"][k, 0] / 255
            np.testing.assert_allclose(head.albedo_basis[k, vertex], wanted, rtol=1e-6)
        for k in (0, 63):
            wanted = components[k, in_expressions[vertex]].astype(float) * deviations[k] / 1e5 / 10
            np.testing.assert_allclose(head.expression_basis[k, vertex], wanted, rtol=1e-6)
        np.testing.assert_allclose(head.albedo[vertex], files["texMU"][rows, 0] / 255, rtol=1e-6)
    sheet = bfm_stand_in.sheet_um() / 1e6
    np.testing.assert_allclose(head.template, sheet - sheet.mean(0), atol=1e-8)


def test_the_assembled_and_the_ready_head_are_one(bfm_stand_in: ModuleType, folder: Path) -> None:
    assembled, ready = read_bfm(folder), load_head(bfm_stand_in.write_ready(folder))
    for name in ("template", "identity_basis", "expression_basis", "albedo", "albedo_basis"):
        np.testing.assert_allclose(getattr(assembled, name), getattr(ready, name), rtol=1e-5, atol=1e-9)
    for name in ("faces", "skinning_weights", "joint_template"):
        np.testing.assert_array_equal(getattr(assembled, name), getattr(ready, name))
    assert read_bfm(folder).name == "bfm"  # the folder holds both now


def test_sizes_are_those_of_the_coefficients(folder: Path) -> None:
    model = HeadModel(read_bfm(folder))
    assert (model.n_identity, model.n_expression, model.n_albedo) == tuple(BFM_LAYOUT.sizes.values())[:3]
    assert model.n_joints == 1


def test_indices_are_counted_from_one(bfm_stand_in: ModuleType, folder: Path) -> None:
    head, info = read_bfm(folder), bfm_stand_in.info()
    assert np.flatnonzero(head.masks["front"]).tolist() == (info["frontmask2_idx"][:, 0] - 1).tolist()
    assert head.masks["skin"].tolist() == (info["skinmask"][0] == 1).tolist()
    model = HeadModel(head)
    landmarks = model.landmarks(model.template).numpy()
    np.testing.assert_array_equal(landmarks, head.template[info["keypoints"][0].astype(int) - 1])


@pytest.mark.parametrize("turned", [False, True])
def test_triangles_look_out_of_the_face(bfm_stand_in: ModuleType, tmp_path: Path, turned: bool) -> None:
    tri = bfm_stand_in.info()["tri"]
    path = bfm_stand_in.write_ready(tmp_path, tri=tri[:, [0, 2, 1]] if turned else tri)
    head = read_bfm(path)
    normals = face_normals(torch.from_numpy(head.template), torch.from_numpy(head.faces))
    assert (normals[:, 2] > 0).all()
    v1, v2, v3 = (head.template[head.faces[:, k]] for k in range(3))
    published = np.cross(v1 - v2, v2 - v3)
    assert (np.einsum("fk,fk->f", published, normals.numpy()) > 0).all()


def test_the_head_has_one_joint_at_its_origin(folder: Path) -> None:
    model = HeadModel(read_bfm(folder))
    quarter = torch.tensor([[0.0, torch.pi / 2, 0.0]])
    turned = model(torch.zeros(80), torch.zeros(64), quarter)
    x, y, z = model.template.unbind(-1)
    torch.testing.assert_close(turned, torch.stack([z, y, -x], -1), atol=1e-7, rtol=0)


def test_an_imported_head_is_known_by_its_name(folder: Path, empty_cache: Path) -> None:
    with pytest.raises(HeadFileError, match="manyfaces assets import bfm"):
        load_head("bfm")
    head, path = import_bfm(folder)
    assert path == empty_cache / "heads" / "bfm.npz"
    kept = load_head("bfm")
    assert kept.name == "bfm"
    np.testing.assert_array_equal(kept.albedo_basis, head.albedo_basis)
    np.testing.assert_array_equal(kept.landmarks["68"].face_ids, head.landmarks["68"].face_ids)


def test_files_can_be_doubles_and_rows_columns(bfm_stand_in: ModuleType, tmp_path: Path) -> None:
    arrays = bfm_stand_in.ready()
    changes = {key: arrays[key].T.astype(float) for key in ("meanshape", "meantex", "keypoints", "skinmask")}
    changed = read_bfm(bfm_stand_in.write_ready(tmp_path, **changes))
    np.testing.assert_array_equal(changed.template, read_bfm(bfm_stand_in.write_ready(tmp_path)).template)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("01_MorphableModel.mat", {"texPC": None}, "holds no texPC"),
        ("01_MorphableModel.mat", {"shapePC": np.ones((330, 79))}, r"shapePC is of shape \(330, 79\), not \(330, 80"),
        ("01_MorphableModel.mat", {"shapePC": np.ones((327, 83))}, r"shapePC is of shape \(327, 83\)"),
        ("01_MorphableModel.mat", {"shapeEV": np.ones((79, 1))}, "shapeEV is of shape"),
        ("01_MorphableModel.mat", {"shapeMU": np.ones((331, 1))}, "shapeMU is of shape"),
        ("01_MorphableModel.mat", {"shapeMU": "text"}, "shapeMU is no array of numbers"),
        ("01_MorphableModel.mat", {"texMU": np.ones((327, 1))}, "texMU is of shape"),
        ("01_MorphableModel.mat", {"texEV": np.full((82, 1), np.nan)}, "texEV holds numbers that are not finite"),
        ("BFM_exp_idx.mat", {"trimIndex": np.arange(105)[:, None]}, "trimIndex holds numbers from 0 to 104"),
        ("BFM_exp_idx.mat", {"trimIndex": np.arange(7, 112)[:, None]}, "from 7 to 111, not whole ones from 1 to 110"),
        ("BFM_front_idx.mat", {"idx": np.ones((99, 2))}, "idx is of shape"),
        ("BFM_front_idx.mat", {"idx": np.arange(1, 100)[:, None] + 0.5}, "not whole ones from 1 to 105"),
        ("BFM_front_idx.mat", {"idx": np.arange(1, 91)[:, None]}, "facemodel_info.mat: tri holds numbers from 1 to 99"),
        ("facemodel_info.mat", {"keypoints": np.arange(1, 68)}, "keypoints is of shape"),
        ("facemodel_info.mat", {"keypoints": None}, "holds no keypoints"),
        ("facemodel_info.mat", {"tri": np.ones((50, 4))}, "tri is of shape"),
        ("facemodel_info.mat", {"tri": np.ones((50, 3))}, "keypoints has vertex 2, which is in no triangle"),
        ("facemodel_info.mat", {"frontmask2_idx": np.array([[100.0]])}, "frontmask2_idx holds numbers from 100"),
        ("facemodel_info.mat", {"skinmask": np.ones((1, 98))}, "skinmask is of shape"),
    ],
)
def test_files_that_do_not_fit_are_named(folder: Path, name: str, changes: dict, said: str) -> None:
    change(folder / name, **changes)
    with pytest.raises(HeadFileError, match=said) as error:
        read_bfm(folder)
    assert str(folder) in error.value.message
    assert error.value.fix
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["meanshape", "texBase", "tri", "skinmask"])
def test_a_ready_file_that_lacks_an_array_is_named(bfm_stand_in: ModuleType, tmp_path: Path, key: str) -> None:
    path = bfm_stand_in.write_ready(tmp_path, **{key: None})
    with pytest.raises(HeadFileError, match=f"BFM_model_front.mat holds no {key}. get the file anew"):
        load_head(path)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x4f\x00", struct.pack("<i", 66) + bytes(100), struct.pack("<i", 63) + bytes(4 * 3 * 105 * 64)],
    ids=["empty", "two bytes", "short", "63 components"],
)
def test_other_expression_files_are_refused(folder: Path, raw: bytes) -> None:
    (folder / "Exp_Pca.bin").write_bytes(raw)
    with pytest.raises(HeadFileError, match=r"Exp_Pca.bin is truncated or of another model"):
        read_bfm(folder)


def test_a_truncated_expression_file_is_refused(folder: Path) -> None:
    raw = (folder / "Exp_Pca.bin").read_bytes()
    for cut in (raw[:-1], raw[: len(raw) // 2], raw + b"\0" * 4):
        (folder / "Exp_Pca.bin").write_bytes(cut)
        with pytest.raises(HeadFileError, match=rf"{len(cut)} bytes, where 66 components .* take {len(raw)}"):
            read_bfm(folder)


@pytest.mark.parametrize(
    ("text", "said"), [("1 2 3", "holds 3 numbers"), ("a b", "no list of numbers"), ("nan " * 66, "66")]
)
def test_other_deviations_are_refused(folder: Path, text: str, said: str) -> None:
    (folder / "std_exp.txt").write_text(text)
    with pytest.raises(HeadFileError, match=rf"std_exp.txt.*{said}"):
        read_bfm(folder)


def test_missing_files_are_all_named(folder: Path) -> None:
    (folder / "std_exp.txt").unlink()
    (folder / "facemodel_info.mat").unlink()
    with pytest.raises(HeadFileError, match=r"holds no std_exp.txt, facemodel_info.mat. docs/bfm.md"):
        read_bfm(folder)
    with pytest.raises(HeadFileError, match="does not exist"):
        read_bfm(folder / "nowhere.mat")


def test_damaged_and_newer_mat_files_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "01_MorphableModel.mat"
    whole = path.read_bytes()
    for raw in (b"", b"no mat", whole[: len(whole) // 2]):
        path.write_bytes(raw)
        with pytest.raises(HeadFileError, match=r"01_MorphableModel\.mat"):
            read_bfm(folder)
    # The header of version 7.3; what follows is HDF5.
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + struct.pack("<H", 0x0200) + b"IM" + bytes(384))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(HeadFileError, match=r"01_MorphableModel.mat is a MATLAB 7.3 file.*save it with -v7"):
        read_bfm(folder)
