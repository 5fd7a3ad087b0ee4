"""Our numbers against those of the published code, and that the comparison can fail."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces.bench.vectors import (
    FILES,
    Tolerance,
    VectorSet,
    generators,
    networks,
    open_vectors,
    protocol,
    rule,
)
from manyfaces.bench.vectors import diffusion as without_networks
from manyfaces.bench.vectors.comparison import EQUAL, compare, worst
from manyfaces.cli import app
from manyfaces.core.errors import InputError

SET = Path(__file__).resolve().parent.parent / "data" / "vectors" / "dev"


# Together some 30 CPU seconds: the published networks in full, in float32 and float64, and 2,500 network calls.
FILES_OF = {
    "schedule": {"schedule"},
    "steps": {"sampler_steps"},
    "head": {"weights", "flame"},
    "ranking losses": {"losses"},
    "noise loss": {"losses"},
    "arcface": {"state_dicts", "weights", "arcface"},
    "farl": {"state_dicts", "weights", "farl"},
    "idrank": {"state_dicts", "weights", "idrank", "losses"},
    "expgen": {"state_dicts", "weights", "unet_expgen", "sampler_expgen"},
    "idgen": {"state_dicts", "weights", "unet_idgen", "sampler_idgen"},
}


@pytest.mark.parametrize("part", FILES_OF)
def test_we_agree_with_the_published_code(part):
    found = protocol.PARTS[part](open_vectors(SET))
    assert {c.file for c in found} == FILES_OF[part]
    assert [f"{c.file} {c.quantity}: {c.error} (allowed {c.tolerance})" for c in found if not c.met] == []


def test_the_parts_are_all_that_is_compared():
    assert set(protocol.PARTS) == set(FILES_OF)
    assert set().union(*FILES_OF.values()) == {"state_dicts", *FILES}


@pytest.fixture(scope="session")
def expgen():
    return networks.unet(open_vectors(SET), "expgen").net


def exceeded(net) -> set[str]:
    return {c.quantity for c in generators.check_unet(open_vectors(SET), "expgen", net) if not c.met}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("downs.0.0.block1.proj.weight", lambda w: w * 1.01),
        ("time_mlp.3.bias", torch.zeros_like),
        ("mid_attn.fn.norm.g", torch.ones_like),
        ("ups.0.3.fn.fn.to_qkv.weight", lambda w: w.roll(384, 0)),  # the sixteen projections in another order
        ("finals.0.1.fn.fn.to_qkv.weight", lambda w: w.unflatten(0, (16, 3, 128)).flip(1).flatten(0, 2)),  # v, k, q
        ("downs.1.1.block2.norm.weight", torch.ones_like),
    ],
)
def test_another_weight_is_noticed(expgen, name, change):
    state = dict(expgen.state_dict())
    kept = state[name].clone()
    try:
        state[name].copy_(change(kept))
        assert {"eps", "eps_f64"} <= exceeded(expgen)
    finally:
        state[name].copy_(kept)
    assert exceeded(expgen) == set()


def test_weights_of_another_seed_are_noticed():
    other = networks.unet(VectorSet(SET, "other", None), "expgen").comparisons
    assert [c.met for c in other] == [False]
    assert other[0].error == 270


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of one's own, of which only the parts without networks are compared."""
    folder = tmp_path / "set"
    shutil.copytree(SET, folder)
    monkeypatch.setattr(protocol, "PARTS", {name: protocol.PARTS[name] for name in ("schedule", "steps")})
    return folder


def bench(folder: Path, out: Path) -> int:
    return app.run(["bench", "vectors", str(folder), "--out", str(out), "--device", "cpu"])


def test_agreement_is_exit_code_0(copied, tmp_path, capsys):
    assert bench(copied, tmp_path / "out") == 0
    assert "Worst of each file" in capsys.readouterr().out
    values = json.loads((tmp_path / "out" / "vectors.json").read_text())
    assert values["seed"] == "dev"
    assert all(c["met"] and c["error"] <= 1e-3 for c in values["comparisons"])
    page = (tmp_path / "out" / "vectors.md").read_text()
    assert "## schedule\n" in page
    assert "## sampler_steps\n" in page


def change(folder: Path, file: str, **arrays) -> None:
    path = folder / f"{file}.npz"
    with np.load(path) as archive:
        kept = {name: archive[name] for name in archive.files}
    np.savez(path, **{name: array for name, array in {**kept, **arrays}.items() if array is not None})


def test_disagreement_is_exit_code_1_and_written_all_the_same(copied, tmp_path, capsys):
    stored = open_vectors(copied).arrays("sampler_steps")["ddpm.mean"]
    change(copied, "sampler_steps", **{"ddpm.mean": stored + np.float32(3e-5)})
    assert bench(copied, tmp_path / "out") == 1
    said = capsys.readouterr()
    assert "1 of 13 quantities" in said.err
    assert "ddpm.mean" in said.err
    assert "EXCEEDED" in said.out
    values = json.loads((tmp_path / "out" / "vectors.json").read_text())
    assert [c["quantity"] for c in values["comparisons"] if not c["met"]] == ["ddpm.mean"]


@pytest.mark.parametrize("name", ["farl.npz", "set.json"])
def test_a_missing_file_is_one_line(copied, tmp_path, capsys, name):
    (copied / name).unlink()
    assert bench(copied, tmp_path / "out") == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(said) == 1
    assert name in said[0]


def test_damage_is_told(copied):
    (copied / "flame.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InputError, match=r"flame\.npz cannot be read"):
        open_vectors(copied).arrays("flame")
    change(copied, "sampler_steps", t=None)
    with pytest.raises(InputError, match=r"sampler_steps\.npz lacks the array 't'"):
        without_networks.check_steps(open_vectors(copied))
    (copied / "set.json").write_text('{"seed": 3}')
    with pytest.raises(InputError, match="names no seed"):
        open_vectors(copied)


def test_names_are_compared_where_the_set_lists_them(copied):
    assert open_vectors(copied).published_shapes is None
    (copied.parent / "state_dicts.json").write_text(json.dumps({"expgen": {"init_conv.bias": [54]}}))
    names, _ = networks.unet(open_vectors(copied), "expgen").comparisons
    assert names.file == "state_dicts"
    assert names.error == 270  # one has another shape, all others are not there


def test_the_rule_by_hand():
    n = rule.normal("dev:idgen:a.weight", (2, 9))
    assert n[0, 0] == np.float32(np.random.Generator(np.random.PCG64(4212750966)).standard_normal())
    np.testing.assert_allclose(rule.weight("dev", "idgen", "a.weight", (2, 9)), n / 3, rtol=1e-6)
    assert rule.crc32(np.array([1.0], np.float32)) == 0xACA16A6A


def test_comparison_by_hand():
    found = compare("file", "x", [1.0, 2.0, -4.0], [1.0, 2.5, -4.0], Tolerance(absolute=1.0))
    assert (found.count, found.error, found.relative, found.share, found.met) == (3, 0.5, 0.125, 0.5, True)
    mixed = compare("file", "x", [0.0, 110.0], [1.0, 100.0], Tolerance(1.0, 0.1))
    assert mixed.share == pytest.approx(max(1 / 1.1, 10 / 11))
    assert not compare("file", "x", [0.0, 1e-30], [0.0, 0.0], Tolerance(relative=1.0)).met  # exact zeros stay zeros
    assert compare("file", "x", 3, 3, EQUAL).met
    assert not compare("file", "x", 3, 4, EQUAL).met
    assert not compare("file", "x", [np.nan], [np.nan], Tolerance(1.0)).met
    assert not compare("file", "x", [1.0, 2.0], [[1.0, 2.0]], Tolerance(1.0)).met
    both = worst("*", [found, compare("file", "y", [9.0], [0.0], Tolerance(1.0))])
    assert (both.quantity, both.count, both.error, both.met) == ("*", 4, 9.0, False)
