"""Head files in: the packaged head, FLAME of every kind, and everything that must be refused."""

import importlib
import io
import pickle
import pickletools
import sys
import types
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from manyfaces.core.errors import HeadFileError
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.restricted_pickle import load_arrays


class Ch:
    """As chumpy pickles itself: an object with its state in a dict."""

    def __init__(self, x: np.ndarray):
        self.x = x
        self.label = None


@pytest.fixture
def chumpy(monkeypatch: pytest.MonkeyPatch) -> type:
    package, module = types.ModuleType("chumpy"), types.ModuleType("chumpy.ch")
    fake = type("Ch", (), {"__init__": Ch.__init__, "__module__": "chumpy.ch", "__qualname__": "Ch"})
    module.Ch = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chumpy", package)
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    return fake


def flame_arrays(n_vertices: int = 12, n_shapes: int = 400, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    weights = rng.random((n_vertices, 5))
    regressor = sp.random(5, n_vertices, density=0.5, random_state=1, format="csc")
    return {
        "v_template": rng.normal(size=(n_vertices, 3)),
        "shapedirs": rng.normal(size=(n_vertices, 3, n_shapes)).astype(np.float32),
        "posedirs": rng.normal(size=(n_vertices, 3, 36)),
        "J_regressor": regressor,
        "weights": weights / weights.sum(1, keepdims=True),
        "f": rng.integers(n_vertices, size=(9, 3)).astype(np.uint32),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
        "J": rng.normal(size=(5, 3)),
    }


def write(path: Path, content: object, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def check_flame(head, arrays: dict) -> None:
    assert head.joint_names == ("root", "neck", "jaw", "left_eye", "right_eye")
    np.testing.assert_allclose(head.template, arrays["v_template"], rtol=1e-6)
    np.testing.assert_array_equal(head.identity_basis[7], arrays["shapedirs"][..., 7])
    np.testing.assert_array_equal(head.expression_basis, np.moveaxis(arrays["shapedirs"][..., 300:], -1, 0))
    np.testing.assert_allclose(head.pose_correctives[5], arrays["posedirs"][..., 5], rtol=1e-6)
    np.testing.assert_allclose(head.joint_template, arrays["J_regressor"] @ arrays["v_template"], rtol=1e-5)
    np.testing.assert_array_equal(head.faces, arrays["f"])
    assert head.joint_parents.tolist() == [-1, 0, 1, 1, 1]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_flame_pickles_of_every_protocol(tmp_path: Path, protocol: int) -> None:
    arrays = flame_arrays()
    check_flame(load_head(write(tmp_path / "flame.pkl", arrays, protocol)), arrays)


@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
@pytest.mark.parametrize("layout", ["csc", "csr", "coo"])
def test_flame_with_chumpy_arrays_and_sparse_layouts(tmp_path: Path, chumpy: type, layout: str, protocol: int) -> None:
    arrays = flame_arrays()
    wrapped = dict(arrays, J_regressor=arrays["J_regressor"].asformat(layout))
    for key in ("v_template", "shapedirs", "posedirs"):
        wrapped[key] = chumpy(arrays[key])
    check_flame(load_head(write(tmp_path / "generic_model.pkl", wrapped, protocol)), arrays)


def test_flame_of_true_size_and_its_model(tmp_path: Path) -> None:
    arrays = flame_arrays(n_vertices=5023, n_shapes=1)
    arrays["shapedirs"] = np.zeros((5023, 3, 400), np.float32)
    head = load_head(write(tmp_path / "flame2023_Open.pkl", arrays))
    assert head.identity_basis.shape == (300, 5023, 3)
    assert head.expression_basis.shape == (100, 5023, 3)
    assert HeadModel(head)(torch.zeros(2, 10), torch.zeros(2, 5)).shape == (2, 5023, 3)


def test_python_2_pickle_with_latin1_strings(tmp_path: Path) -> None:
    # Python 2 wrote array bytes as str; protocol 2 SHORT_BINSTRING / BINSTRING carry them.
    values = np.arange(6.0).reshape(2, 3) - 1.7
    body = values.tobytes()
    raw = b"".join(
        (
            b"\x80\x02}U\x0av_templatecnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R",
            b"(K\x01K\x02K\x03\x86cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff",
            b"K\x00tb\x89T" + len(body).to_bytes(4, "little") + body + b"tbs.",
        )
    )
    pickletools.dis(raw, out=io.StringIO())
    (tmp_path / "old.pkl").write_bytes(raw)
    with pytest.raises(HeadFileError, match="lacks shapedirs"):
        load_head(tmp_path / "old.pkl")
    np.testing.assert_array_equal(load_arrays(raw, "old")["v_template"], values)


def test_fortran_order_and_big_endian_survive(tmp_path: Path) -> None:
    arrays = flame_arrays()
    changed = dict(arrays, shapedirs=np.asfortranarray(arrays["shapedirs"]), weights=arrays["weights"].astype(">f8"))
    head = load_head(write(tmp_path / "f.pkl", changed))
    check_flame(head, arrays)
    np.testing.assert_allclose(head.skinning_weights, arrays["weights"], rtol=1e-6)


def test_flame_npz(tmp_path: Path) -> None:
    arrays = flame_arrays()
    dense = {k: v.toarray() if sp.issparse(v) else v for k, v in arrays.items() if not isinstance(v, str)}
    np.savez(tmp_path / "flame.npz", **dense)
    check_flame(load_head(tmp_path / "flame.npz"), arrays)


class Gadget:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def boom(path: str) -> None:
    Path(path).write_text("ran")


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize(
    ("module", "name", "args"),
    [
        ("os", "system", ("touch {mark}",)),
        ("posix", "system", ("touch {mark}",)),
        ("subprocess", "check_output", (["touch", "{mark}"],)),
        ("builtins", "eval", ("open('{mark}', 'w')",)),
        ("builtins", "exec", ("open('{mark}', 'w')",)),
        ("builtins", "getattr", ({}, "clear")),
        ("builtins", "open", ("{mark}", "w")),
        ("builtins", "__import__", ("os",)),
        ("operator", "attrgetter", ("system",)),
        ("operator", "methodcaller", ("system", "touch {mark}")),
        ("functools", "partial", (print,)),
        ("importlib", "import_module", ("os",)),
        ("numpy", "load", ("{mark}",)),
        ("numpy", "fromfile", ("{mark}",)),
        ("numpy", "save", ("{mark}", 1)),
        ("numpy", "memmap", ("{mark}",)),
        ("scipy.sparse", "load_npz", ("{mark}",)),
        ("collections", "deque", ()),
        ("types", "SimpleNamespace", ()),
    ],
)
def test_a_pickle_that_would_run_something_is_refused_by_name(
    tmp_path: Path, module: str, name: str, args: tuple, protocol: int
) -> None:
    mark = tmp_path / "mark"

    def fill(value):
        if isinstance(value, str):
            return value.replace("{mark}", str(mark))
        return [fill(v) for v in value] if isinstance(value, list) else value

    function = getattr(importlib.import_module(module), name)
    raw = pickle.dumps({"v_template": Gadget(function, *map(fill, args))}, protocol=protocol)
    (tmp_path / "evil.pkl").write_bytes(raw)
    with pytest.raises(HeadFileError, match=r"refused") as caught:
        load_head(tmp_path / "evil.pkl")
    assert name in caught.value.message
    assert not mark.exists()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"cposix\nsystem\n(S'touch mark'\ntR.", "posix.system"),
        (b"\x80\x04\x8c\x05numpy\x8c\x12ndarray.__reduce__\x93.", "numpy.ndarray.__reduce__"),  # dotted name
        (b"\x80\x04\x8c\x05numpy\x8c\x11f2py.compile_exec\x93.", "f2py"),
        (b"cnumpy.testing._private.utils\nrunstring\n(S'1'\n}tR.", "runstring"),
        (b"cnumpy.core.multiarray\nfromfile\n.", "fromfile"),
        (b"cnumpy.core.multiarray\n__class__\n.", "__class__"),
        (b"(S'x'\nios\nsystem\n.", "os.system"),  # INST
        (b"cchumpy.utils\ncol\n.", "chumpy.utils.col"),
        (b"Pabc\n.", "outside the file"),  # persistent id
    ],
)
def test_hand_written_pickles_are_refused(tmp_path: Path, raw: bytes, named: str) -> None:
    (tmp_path / "evil.pkl").write_bytes(raw)
    with pytest.raises(HeadFileError, match="refused") as caught:
        load_head(tmp_path / "evil.pkl")
    assert named in caught.value.message


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80",
        b"\x80\x02}",
        b"not a pickle at all",
        pickle.dumps([1, 2]),
        b"cnumpy\nndarray\n(I5\ntR.",  # a stand-in called as numpy would be
        b"cnumpy\nndarray\n}S'__setstate__'\nI1\nsb.",  # BUILD on a class
        b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.",  # arrays of objects
        b"cnumpy\ndtype\n(S'V8'\nI0\nI1\ntR.",
        b"ccopy_reg\n_reconstructor\n(cnumpy\nndarray\nc__builtin__\nobject\nNtR.",
        b"cnumpy.core.multiarray\n_reconstruct\n(c__builtin__\nobject\n(I0\ntS'b'\ntR.",
    ],
)
def test_damaged_or_odd_pickles_give_one_clear_error(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x.pkl").write_bytes(raw)
    with pytest.raises(HeadFileError):
        load_head(tmp_path / "x.pkl")


def test_every_truncation_is_an_error(tmp_path: Path) -> None:
    raw = pickle.dumps(flame_arrays(n_vertices=3, n_shapes=2), protocol=2)
    for length in (*range(40), *range(40, len(raw) - 1, 83)):
        (tmp_path / "cut.pkl").write_bytes(raw[:length])
        with pytest.raises(HeadFileError):
            load_head(tmp_path / "cut.pkl")


def test_array_bytes_must_fit_the_shape(tmp_path: Path) -> None:
    good = pickle.dumps({"a": np.zeros((2, 3))}, protocol=2)
    bad = good.replace(b"K\x02K\x03\x86", b"K\x02K\x04\x86")
    assert bad != good
    (tmp_path / "x.pkl").write_bytes(bad)
    with pytest.raises(HeadFileError, match="do not fit its shape"):
        load_head(tmp_path / "x.pkl")


def test_sparse_indices_out_of_range_are_caught(tmp_path: Path) -> None:
    arrays = flame_arrays()
    arrays["J_regressor"].indices[0] = 10_000
    with pytest.raises(HeadFileError):
        load_head(write(tmp_path / "x.pkl", arrays))


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("v_template", np.zeros((4, 3)), "fit"),
        ("weights", np.zeros((3, 5)), "skinning_weights"),
        ("posedirs", np.full((12, 3, 36), np.nan), "finite"),
        ("f", np.full((2, 3), 99, np.uint32), "faces"),
        ("kintree_table", np.array([[2**32 - 1, 0, 0, 1, 1], [0, 1, 2, 3, 4]], np.uint32), "parents"),
        ("shapedirs", "text", "fit"),
    ],
)
def test_flame_arrays_that_do_not_fit(tmp_path: Path, key: str, value: object, match: str) -> None:
    with pytest.raises(HeadFileError, match=match):
        load_head(write(tmp_path / "x.pkl", dict(flame_arrays(), **{key: value})))


def test_missing_folder_unknown_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(HeadFileError, match="does not exist") as caught:
        load_head(tmp_path / "nowhere.pkl")
    assert "openhead" in caught.value.fix
    with pytest.raises(HeadFileError, match="folder"):
        load_head(tmp_path)
    for name, raw in (("a.npz", b""), ("b.npz", b"PK\x03\x04 broken"), ("c.pkl", b""), ("d.obj", b"v 0 0 0")):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(HeadFileError):
            load_head(tmp_path / name)
    np.savez(tmp_path / "e.npz", template=np.zeros((1, 3)))
    with pytest.raises(HeadFileError, match="lacks"):
        load_head(tmp_path / "e.npz")
    np.savez(tmp_path / "f.npz", v_template=np.array([Gadget(boom, str(tmp_path / "mark"))], object))
    with pytest.raises(HeadFileError, match="refused"):
        load_head(tmp_path / "f.npz")
    assert not (tmp_path / "mark").exists()


def test_a_truncated_open_head_is_an_error(tmp_path: Path) -> None:
    raw = Path(str(resources.files("manyfaces.assets"))).joinpath("files/openhead.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(HeadFileError):
        load_head(tmp_path / "cut.npz")
    flipped = bytearray(raw)
    flipped[len(raw) // 3] ^= 0xFF
    (tmp_path / "flipped.npz").write_bytes(bytes(flipped))
    with pytest.raises(HeadFileError):
        load_head(tmp_path / "flipped.npz")
