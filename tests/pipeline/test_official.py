"""The authors' test script over again: a list in, meshes in millimetres out."""

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

from manyfaces.core.errors import InputError
from manyfaces.io.face_crops import read_face_crops
from manyfaces.pipeline.official import (
    find_prepared,
    reconstruct_crops,
    reconstruct_prepared,
    write_official,
)
from manyfaces.pipeline.options import Options

QUICK = Options(n_identities=6, n_expressions=3, seed=4)


@pytest.fixture(scope="module")
def model(load_published):
    return load_published("bgr_input")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two prepared faces, and a picture without its array."""
    folder = tmp_path_factory.mktemp("root") / "arcface_input"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("one", "two", "bare"):
        Image.fromarray(rng.integers(0, 255, (224, 224, 3), dtype=np.uint8)).save(folder / f"{name}.jpg")
        np.save(folder / f"{name}.npy", rng.uniform(-1, 1, (3, 112, 112)).astype(np.float32))
    (folder / "bare.npy").unlink()
    return folder.parent


def test_a_list_leads_to_faces_and_dead_ends(root, tmp_path):
    (root / "again").mkdir()
    for suffix in ("jpg", "npy"):
        (root / f"again/one.{suffix}").write_bytes((root / f"arcface_input/one.{suffix}").read_bytes())
    names = [
        "arcface_input/one.jpg",
        "",
        "arcface_input/absent.jpg",
        " arcface_input/two.jpg ",
        "arcface_input/bare.jpg",
    ]
    (tmp_path / "4.txt").write_text("\n".join([*names, "again/one.jpg"]))
    found = find_prepared(tmp_path / "4.txt", root)
    assert found.portraits == [root / "arcface_input/one.jpg", root / "arcface_input/two.jpg"]
    said = [str(error) for error in found.dead_ends]
    assert len(said) == 3
    assert "line 3: arcface_input/absent.jpg is not in" in said[0]
    assert "line 5: arcface_input/bare.jpg has no bare.npy beside it" in said[1]
    assert "line 6: again/one.jpg has the name of arcface_input/one.jpg" in said[2]


def test_lists_that_are_none(root, tmp_path):
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\xff")
    for name, said in (("empty.txt", "is empty"), ("binary.txt", "it is no text"), ("absent.txt", "No such file")):
        with pytest.raises(InputError, match=said):
            find_prepared(tmp_path / name, root)
    with pytest.raises(InputError, match="is not a folder"):
        find_prepared(tmp_path / "empty.txt", root / "nowhere")


def test_a_seed_reproduces_and_a_batch_changes_nothing(model, root):
    portraits = [root / "arcface_input/one.jpg", root / "arcface_input/two.jpg"]
    first, again = (reconstruct_prepared(model, portraits[1], QUICK) for _ in range(2))
    assert torch.equal(first.vertices, again.vertices)
    other = reconstruct_prepared(model, portraits[1], Options(n_identities=6, n_expressions=3, seed=5))
    assert not torch.allclose(first.vertices, other.vertices, atol=1e-4)
    one, two = (read_face_crops(portrait) for portrait in portraits)
    batch = type(one)(torch.cat([one.aligned, two.aligned]), torch.cat([one.portrait, two.portrait]))
    torch.testing.assert_close(reconstruct_crops(model, batch, QUICK)[1].vertices, first.vertices, atol=1e-4, rtol=1e-3)


def test_arrays_are_taken_as_they_are_whatever_the_quirks(model, load_published, root):
    # The published arrays are BGR already: what is swapped are crops that are cut here.
    portrait = root / "arcface_input/one.jpg"
    plain, swapped = (reconstruct_prepared(one, portrait, QUICK) for one in (load_published("none"), model))
    assert torch.equal(plain.vertices, swapped.vertices)


def test_files_are_those_of_the_authors(model, root, tmp_path):
    result = reconstruct_prepared(model, root / "arcface_input/one.jpg", QUICK)
    write_official(result, "one", tmp_path)
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.ply"))
    assert names == [*(f"flamesample/one_0_{k}.ply" for k in range(3)), "shapesample/one_0.ply"]
    for name, vertices in zip(names, [*result.vertices, result.neutral], strict=True):
        mesh = trimesh.load(tmp_path / name, process=False, maintain_order=True)
        np.testing.assert_allclose(mesh.vertices, 1000 * vertices.numpy(), rtol=1e-5, atol=1e-3)
        np.testing.assert_array_equal(mesh.faces, result.faces.numpy())
    assert (tmp_path / names[0]).read_bytes().startswith(b"ply\nformat binary_little_endian 1.0\n")
    # The neutral mesh is the first identity without expression: a head some 25 cm high.
    assert 150 < np.ptp(1000 * result.neutral[:, 1].numpy()) < 500


def test_a_model_that_sees_points_takes_no_crops(predictor, root):
    with pytest.raises(InputError, match="ofer-open sees points"):
        reconstruct_prepared(predictor._method._model, root / "arcface_input/one.jpg", QUICK)
