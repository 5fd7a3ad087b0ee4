"""FLAME in full, on stand-ins: versions, landmarks, masks, textures, the imported head, and bad files."""

import contextlib
import dataclasses
import pickle
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manyfaces.assets.manifest import find_asset
from manyfaces.cli import app
from manyfaces.core.errors import ChoiceError, HeadFileError
from manyfaces.heads import HeadData, HeadModel
from manyfaces.io.flame_files import FLAME_VERSIONS, flame_version, read_flame
from manyfaces.io.head_files import import_flame, load_head, save_head

PARTS = ("static", "dynamic", "embeddings", "mediapipe", "masks", "texture", "bfm_texture", "albedo_mm")


def write_all(stand_in: ModuleType, folder: Path, *parts: str) -> list[Path]:
    return [stand_in.write_model(folder), *(getattr(stand_in, f"write_{part}")(folder) for part in parts)]


def same(a: HeadData, b: HeadData) -> None:
    parts_a, parts_b = flat(a), flat(b)
    assert parts_a.keys() == parts_b.keys()
    for key in parts_a:
        np.testing.assert_array_equal(parts_a[key], parts_b[key], err_msg=key)


def flat(value: object, key: str = "") -> dict[str, object]:
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if not isinstance(value, dict):
        return {key: value}
    return {name: leaf for part, inner in value.items() for name, leaf in flat(inner, f"{key}/{part}").items()}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("generic_model.pkl", "flame20"),
        ("FLAME2020/generic_model.pkl", "flame20"),
        ("FLAME2019/generic_model.pkl", None),
        ("FLAME2017/generic_model.pkl", None),
        ("FLAME2023Open/generic_model.pkl", "flame23-open"),
        ("flame2023.pkl", "flame23"),
        ("x/FLAME2023.npz", "flame23"),
        ("flame2023_no_jaw.pkl", "flame23-no-jaw"),
        ("flame2023_Open.pkl", "flame23-open"),
        ("male_model.pkl", None),
        ("flame.pkl", None),
    ],
)
def test_the_version_is_told_by_the_name_of_the_file(path: str, name: str | None) -> None:
    assert flame_version(Path("/models") / path) == name


def test_every_part_finds_its_place(stand_in: ModuleType, tmp_path: Path) -> None:
    head = read_flame(write_all(stand_in, tmp_path, *PARTS))
    assert head.name == "flame20"
    assert set(head.landmarks) == {"51", "68", "mediapipe105"}
    face_ids, weights = stand_in.points(51, seed=1)
    np.testing.assert_array_equal(head.landmarks["51"].face_ids, face_ids)
    np.testing.assert_allclose(head.landmarks["51"].barycentrics, weights, rtol=1e-6)
    np.testing.assert_array_equal(head.landmarks["68"].face_ids[17:], face_ids)
    np.testing.assert_array_equal(head.landmarks["68"].face_ids[:17], stand_in.points(1, 68, seed=3)[0][0, :17])
    indices = head.landmarks["mediapipe105"].indices
    assert indices is not None
    np.testing.assert_array_equal(indices, np.random.default_rng(5).permutation(468)[:105])
    assert head.contour is not None
    np.testing.assert_array_equal(head.contour.face_ids, stand_in.points(79, 17, seed=2)[0])
    assert {key: int(mask.sum()) for key, mask in head.masks.items()} == {
        "face": 15,
        "nose": 2,
        "scalp": 0,
        "front": 15,
    }
    np.testing.assert_array_equal(head.uv_faces, stand_in.texture_points()["ft"])
    assert head.albedo is not None
    assert head.albedo.shape == (stand_in.N_VERTICES, 3)
    vertices = HeadModel(head).neutral(torch.zeros(300))
    assert {key: len(HeadModel(head).landmarks(vertices, key)) for key in head.landmarks} == {
        "51": 51,
        "68": 68,
        "mediapipe105": 105,
    }


def test_68_landmarks_come_from_51_and_the_jaw_line_seen_from_the_front(stand_in: ModuleType, tmp_path: Path) -> None:
    assert set(read_flame(write_all(stand_in, tmp_path, "static")).landmarks) == {"51"}
    head = read_flame(write_all(stand_in, tmp_path, "static", "dynamic"))
    np.testing.assert_array_equal(head.landmarks["68"].face_ids[:17], stand_in.points(79, 17, seed=2)[0][0])
    np.testing.assert_array_equal(head.landmarks["68"].face_ids[17:], head.landmarks["51"].face_ids)


def test_68_static_landmarks_hold_the_51(stand_in: ModuleType, tmp_path: Path) -> None:
    head = read_flame([stand_in.write_model(tmp_path), stand_in.write_static(tmp_path, 68)])
    np.testing.assert_array_equal(head.landmarks["51"].face_ids, head.landmarks["68"].face_ids[17:])


def test_a_list_of_vertices_is_the_front(stand_in: ModuleType, tmp_path: Path) -> None:
    np.save(tmp_path / "frontindices.npy", np.array([3, 5, 9]))
    paths = [*write_all(stand_in, tmp_path, "masks"), tmp_path / "frontindices.npy"]
    assert np.flatnonzero(read_flame(paths).masks["front"]).tolist() == [3, 5, 9]


def test_a_head_survives_saving(stand_in: ModuleType, tmp_path: Path) -> None:
    head = read_flame(write_all(stand_in, tmp_path, *PARTS))
    save_head(tmp_path / "kept.npz", head)
    same(load_head(tmp_path / "kept.npz"), head)
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as file:
        assert all(not file[key].dtype.hasobject for key in file.files)


def test_the_packaged_head_survives_saving(tmp_path: Path) -> None:
    save_head(tmp_path / "again.npz", load_head("openhead"))
    same(load_head(tmp_path / "again.npz"), load_head("openhead"))


def test_npz_made_from_a_pickle_with_objects_in_it(stand_in: ModuleType, tmp_path: Path) -> None:
    # What people write: numpy.savez(path, **pickle.load(file)); the sparse regressor becomes a pickle in an array.
    np.savez(tmp_path / "flame2023.npz", **stand_in.model_arrays())
    head = load_head(tmp_path / "flame2023.npz")
    assert head.name == "flame23"
    model = stand_in.write_model(tmp_path, "flame2023.pkl")
    same(head, load_head(model))


@pytest.mark.parametrize("name", list(FLAME_VERSIONS))
def test_an_imported_head_is_found_by_its_name(
    stand_in: ModuleType, tmp_path: Path, empty_cache: Path, name: str
) -> None:
    with pytest.raises(HeadFileError, match=f"{name!r} was not imported yet") as caught:
        load_head(name)
    assert f"manyfaces assets import flame {FLAME_VERSIONS[name].file_name} --name {name}" in caught.value.fix
    assert find_asset(FLAME_VERSIONS[name].asset).name in caught.value.fix
    head, path = import_flame([stand_in.write_model(tmp_path, FLAME_VERSIONS[name].file_name)])
    assert path == empty_cache / "heads" / f"{name}.npz"
    same(load_head(name), head)
    assert load_head(name).name == name


def test_the_user_has_the_last_word_on_the_version(stand_in: ModuleType, tmp_path: Path, empty_cache: Path) -> None:
    model = stand_in.write_model(tmp_path, "flame2023.pkl")
    assert import_flame([model], "flame20")[0].name == "flame20"
    with pytest.raises(ChoiceError, match="flame19"):
        import_flame([model], "flame19")
    with pytest.raises(HeadFileError, match="cannot be told") as caught:
        import_flame([stand_in.write_model(tmp_path, "mine.pkl")])
    assert "--name flame20|flame23|" in caught.value.fix


def test_a_failed_import_leaves_the_head_that_was_there(
    stand_in: ModuleType, tmp_path: Path, empty_cache: Path
) -> None:
    kept = import_flame(write_all(stand_in, tmp_path, "static"))[0]
    with pytest.raises(HeadFileError):
        import_flame([stand_in.write_model(tmp_path, v_template=np.full((stand_in.N_VERTICES, 3), np.nan))])
    same(load_head("flame20"), kept)
    assert [path.name for path in (empty_cache / "heads").iterdir()] == ["flame20.npz"]


def test_the_command_says_what_it_found(
    stand_in: ModuleType, tmp_path: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = map(str, write_all(stand_in, tmp_path, "embeddings", "masks"))
    assert app.run(["assets", "import", "flame", *paths]) == 0
    out = capsys.readouterr().out
    assert "flame20: 40 vertices, 300 identity and 100 expression components" in out
    assert "landmarks: 51, 68, the jaw line for each turn of the head" in out
    assert "texture points: none given" in out
    assert app.run(["assets", "import", "flame", str(tmp_path / "nowhere.pkl")]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 'nowhere.pkl'} does not exist. fix: check the path\n"


def bad(stand_in: ModuleType, folder: Path, kind: str) -> Path:
    face_ids, weights = stand_in.points(51)
    good = {"lmk_face_idx": face_ids, "lmk_b_coords": weights}
    contents: dict[str, dict] = {
        "another mesh": good | {"lmk_face_idx": face_ids + stand_in.N_FACES},
        "negative": good | {"lmk_face_idx": face_ids - stand_in.N_FACES},
        "not a number": good | {"lmk_b_coords": weights * np.nan},
        "not weights": good | {"lmk_b_coords": weights * 2},
        "too few": {"lmk_face_idx": face_ids[:50], "lmk_b_coords": weights[:50]},
        "uneven": good | {"lmk_b_coords": weights[:50]},
        "fractions": good | {"lmk_face_idx": face_ids + 0.5},
        "half": {"lmk_face_idx": face_ids},
        "vertices": {"face": np.array([0, stand_in.N_VERTICES])},
        "words": {"face": np.array([0.5])},
        "strange": {"cheese": 1},
        "empty": {},
        "even turns": dict(zip(good, stand_in.points(78, 17), strict=True)),
    }
    return stand_in.write_pickle(folder / "part.pkl", contents[kind])


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("another mesh", "triangles that the head does not have"),
        ("negative", "triangles that the head does not have"),
        ("not a number", "do not sum to one"),
        ("not weights", "do not sum to one"),
        ("too few", "50 landmarks"),
        ("uneven", "reshape"),
        ("fractions", "whole numbers"),
        ("half", "lmk_b_coords"),
        ("vertices", "vertices that are not among the model's 40"),
        ("words", "whole numbers"),
        ("strange", "cheese"),
        ("empty", "nothing"),
        ("even turns", "odd number"),
    ],
)
def test_a_part_that_does_not_fit_is_named(stand_in: ModuleType, tmp_path: Path, kind: str, says: str) -> None:
    with pytest.raises(HeadFileError, match=says) as caught:
        read_flame([stand_in.write_model(tmp_path), bad(stand_in, tmp_path, kind)])
    assert caught.value.message.startswith("part.pkl cannot be used: ")
    assert caught.value.fix
    assert "\n" not in str(caught.value)


def test_a_map_without_texture_points_asks_for_them(stand_in: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(HeadFileError, match=r"FLAME_albedo_from_BFM.npz .* no texture points") as caught:
        read_flame(write_all(stand_in, tmp_path, "bfm_texture"))
    assert "FLAME_texture.npz" in caught.value.fix


def test_one_model_and_not_two(stand_in: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(HeadFileError, match=r"one FLAME model is needed, 0 are among flame_static_embedding.pkl"):
        read_flame([stand_in.write_static(tmp_path)])
    with pytest.raises(HeadFileError, match=r"2 are among a.pkl, b.pkl"):
        read_flame([stand_in.write_model(tmp_path, name) for name in ("a.pkl", "b.pkl")])
    with pytest.raises(HeadFileError, match="is a folder"):
        read_flame([tmp_path])


@pytest.mark.parametrize("part", ["model", *PARTS])
def test_a_cut_file_is_an_error_that_names_it(stand_in: ModuleType, tmp_path_factory, part: str) -> None:
    folder = tmp_path_factory.mktemp(part)
    model = stand_in.write_model(folder)
    path: Path = getattr(stand_in, f"write_{part}")(folder)
    raw = path.read_bytes()

    @given(st.floats(0, 1, exclude_max=True))
    def check(share: float) -> None:
        path.write_bytes(raw[: int(share * len(raw))])
        with pytest.raises(HeadFileError, match=path.name.replace(".", r"\.")):
            read_flame(list({model, path}))

    check()


@pytest.mark.parametrize("part", ["static", "dynamic", "embeddings", "mediapipe", "masks"])
def test_a_changed_byte_raises_nothing_else(stand_in: ModuleType, tmp_path_factory, part: str) -> None:
    folder = tmp_path_factory.mktemp(part)
    model = stand_in.write_model(folder)
    path: Path = getattr(stand_in, f"write_{part}")(folder)
    raw = path.read_bytes()

    @given(st.integers(0, len(raw) - 1), st.integers(0, 255))
    def check(at: int, value: int) -> None:
        path.write_bytes(raw[:at] + bytes([value]) + raw[at + 1 :])
        with contextlib.suppress(HeadFileError):
            read_flame([model, path])

    check()


class Harmful:
    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return eval, (f"__import__('pathlib').Path({str(self.mark)!r}).touch()",)


def test_a_pickle_inside_an_array_file_runs_nothing(stand_in: ModuleType, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    model = stand_in.write_model(tmp_path)
    np.save(tmp_path / "landmark_embedding.npy", np.array({"static_lmk_faces_idx": Harmful(mark)}, object))
    np.savez(tmp_path / "flame2023.npz", v_template=np.array(Harmful(mark), object))
    for path in (tmp_path / "landmark_embedding.npy", tmp_path / "flame2023.npz"):
        with pytest.raises(HeadFileError, match=rf"{path.name} asks for builtins.eval, .* refused, nothing was run"):
            read_flame([model, path])
    assert not mark.exists()


def test_a_pickle_inside_a_tensor_runs_nothing(stand_in: ModuleType, tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Tensor:
        def __reduce__(self):
            return torch.storage._load_from_bytes, (pickle.dumps(Harmful(mark)),)

    np.save(tmp_path / "landmark_embedding.npy", np.array({"static_lmk_faces_idx": Tensor()}, object))
    with pytest.raises(HeadFileError, match=r"asks for builtins.eval"):
        read_flame([stand_in.write_model(tmp_path), tmp_path / "landmark_embedding.npy"])
    assert not mark.exists()
