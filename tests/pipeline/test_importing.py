"""The authors' files become a model folder whose weights are theirs; a failed import leaves nothing behind."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from torch import nn

from manyfaces.cli import app
from manyfaces.core.errors import InputError, OutputError, WeightError
from manyfaces.diffusion import linear_schedule
from manyfaces.io.checkpoints import load_into, load_weights
from manyfaces.io.model_folders import read_model_folder
from manyfaces.methods.ofer import PAPER, FrontFace, Ofer, RankConfig, UNetConfig
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS
from manyfaces.methods.ofer.published import published_projections
from manyfaces.methods.ofer.replay import StreamPlace, numbers_of_clip, numbers_of_iresnet, replay
from manyfaces.pipeline.importing import (
    PARTS,
    ImportSettings,
    OferFiles,
    convert,
    head_of_names,
    import_ofer,
    layout,
    published_ofer,
)

SMALL = dataclasses.replace(
    PAPER,
    idgen=UNetConfig(widths=(12, 6), heads=2, head_dim=4, time_dim=8),
    expgen=UNetConfig(widths=(7, 5), heads=2, head_dim=4, time_dim=8),
    idrank=RankConfig(widths=(32,), n_vertices=9, centred=False),
    n_identity=12,
    n_expression=4,
    identity_condition_dim=3,
    expression_condition_dim=5,
    rank_condition_dim=5,
)
TEXT_TOWER = {"token_embedding.weight": torch.zeros(20, 4), "logit_scale": torch.zeros(())}


class SmallArcFace(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(5)
        self.fc = nn.Linear(5, 3)


class SmallEncoder(nn.Module):
    def __init__(self, farl):
        super().__init__()
        self.arcface = SmallArcFace()
        if farl:
            self.farl = nn.ModuleDict({"visual": nn.ModuleDict({"conv1": nn.Conv2d(3, 4, 2, bias=False)})})


def small_ofer():
    front = FrontFace(torch.randn(9, 3), torch.randn(12, 9, 3))
    return Ofer(SMALL, front, {part: SmallEncoder(part != "idgen") for part in PARTS})


def random_state(shapes):
    return {
        n: torch.zeros((), dtype=torch.int64) if n.endswith("tracked") else torch.randn(s) for n, s in shapes.items()
    }


def published_file(ofer, part, seed=0, offset=0, held=True):
    """What a published training would have saved, had the networks been as small."""
    shapes = layout(ofer, part)
    saved = {network: random_state(named) for network, named in shapes.items()}
    before = numbers_of_iresnet(shapes["arcface"])
    if "farl" in saved:
        saved["farl"] |= TEXT_TOWER
        before += numbers_of_clip({name: tuple(t.shape) for name, t in saved["farl"].items()})
    if part == "idrank":
        return saved
    net = {name: t for name, t in saved["net"].items() if not name.endswith(".to_qkv.weight")}
    drawn = replay(shapes["net"], StreamPlace(seed, before + offset))
    last = {n.partition(".to_qkv.")[0]: t for n, t in drawn.items()}
    kept = {f"{path}.qkv.weight": t for path, t in last.items()} if held else {}
    schedule = {"betas": linear_schedule(SMALL.schedule).beta.float()}
    return {**saved, "net": net | kept, "var_sched": schedule, "optimizer": {"state": {}}, "drawn": drawn}


@pytest.fixture
def ofer():
    return small_ofer()


@pytest.fixture
def write(tmp_path):
    """Write the authors' files; the keywords go to the generators' files."""

    def files(ofer, **how):
        paths = {part: tmp_path / f"model_{part}_flame20.tar" for part in PARTS}
        for part, path in paths.items():
            saved = published_file(ofer, part, **how)
            drawn = saved.pop("drawn", None)
            torch.save(saved, path)
            torch.save((saved, drawn), tmp_path / f"{part}.truth")
        np.save(tmp_path / "frontindices.npy", np.arange(9)[::-1])
        return OferFiles(**paths, front_indices=tmp_path / "frontindices.npy")

    return files


def test_our_names_and_shapes_are_the_published_ones(repository):
    published = json.loads((repository / "tests" / "data" / "vectors" / "state_dicts.json").read_text())
    ofer = published_ofer(PAPER, PAPER_ENCODERS)
    for part in PARTS:
        ours = layout(ofer, part)
        net = {name: list(shape) for name, shape in ours["net"].items() if not name.endswith(".to_qkv.weight")}
        assert net == published[part]
        assert {name: list(shape) for name, shape in ours["arcface"].items()} == published["arcface"]
        visual = {name: shape for name, shape in published["farl"].items() if name.startswith("visual.")}
        assert part == "idgen" or {name: list(shape) for name, shape in ours["farl"].items()} == visual


def test_an_imported_model_has_the_authors_numbers(ofer, write, empty_cache, tmp_path):
    files, said = write(ofer), []
    folder = convert(files, ImportSettings(), said.append, ofer)
    assert folder == empty_cache / "models" / "ofer-flame20"
    model = read_model_folder(folder)
    assert model.front_indices().tolist() == list(range(8, -1, -1))
    card = model.card
    assert card.sizes == SMALL
    assert card.head == "flame20"
    assert [source.role for source in card.sources] == [*PARTS, "front_indices"]
    assert all("verified on 4" in origin for origin in card.attention.values())
    fresh = small_ofer()
    for part in PARTS:
        load_into(getattr(fresh, part), load_weights(model.weights(part)))
        saved, drawn = torch.load(tmp_path / f"{part}.truth")
        encoder = getattr(fresh, part).encoder
        assert torch.equal(encoder.arcface.fc.weight, saved["arcface"]["fc.weight"])
        if part == "idrank":
            assert torch.equal(
                fresh.idrank.net.state_dict()["ranklayers.0.mlp.weight"], saved["net"]["ranklayers.0.mlp.weight"]
            )
            continue
        net = getattr(fresh, part).generator.net.state_dict()
        assert torch.equal(net["init_conv.weight"], saved["net"]["init_conv.weight"])
        projections = published_projections(net)
        assert all(torch.equal(projections[name], weight) for name, weight in drawn.items())
    text = "\n".join(said)
    assert "expgen: keeping net (" in text
    assert "farl's text tower" in text
    assert "optimizer" in text
    assert text.count("equal to the 4 projections") == 2


def test_a_second_import_replaces_the_first(ofer, write, empty_cache):
    files = write(ofer)
    first = convert(files, ImportSettings(name="mine"), lambda line: None, ofer)
    (first / "stray").write_text("of an older version")
    before = {part: (first / f"{part}.safetensors").read_bytes() for part in PARTS}
    second = convert(files, ImportSettings(name="mine"), lambda line: None, ofer)
    assert second == first
    assert not (second / "stray").exists()
    assert before == {part: (second / f"{part}.safetensors").read_bytes() for part in PARTS}
    assert [path.name for path in second.parent.iterdir()] == ["mine"]


def test_projections_that_cannot_be_compared_are_said(ofer, write, empty_cache):
    said = []
    folder = convert(write(ofer, held=False), ImportSettings(), said.append, ofer)
    assert sum("cannot be verified" in line for line in said) == 2
    assert "not verified" in read_model_folder(folder).card.attention["idgen"]


def test_projections_are_found_where_more_was_built_before(ofer, write, empty_cache):
    said = []
    convert(write(ofer, offset=91), ImportSettings(), said.append, ofer)
    assert sum("found at number" in line for line in said) == 2


@pytest.mark.parametrize("source", ["zero", "random"])
def test_projections_of_another_seed_need_a_word(ofer, write, empty_cache, source):
    files, said = write(ofer, seed=77), []
    with pytest.raises(WeightError, match="--attention random") as error:
        convert(files, ImportSettings(), said.append, ofer)
    assert str(files.idgen) in str(error.value)
    assert not list(empty_cache.rglob("*.*")), "a failed import leaves nothing"
    folder = convert(files, ImportSettings(attention=source), said.append, ofer)
    assert sum(line.partition(": ")[2].startswith("warning: ") for line in said) == 2
    state = load_weights(folder / "idgen.safetensors").state
    fused = state["generator.net.mid_attn.fn.fn.to_qkv.weight"]
    held = torch.load(files.idgen)["net"]["mid_attn.fn.fn.qkv.weight"]
    if source == "zero":
        assert not fused.any()
    else:
        assert torch.equal(fused[-len(held) :], held)
        assert 0.9 < fused.std() * (3 * fused.shape[1]) ** 0.5 < 1.1


def test_another_noise_schedule_is_refused(ofer, write, empty_cache):
    files = write(ofer)
    saved = torch.load(files.expgen)
    saved["var_sched"]["betas"] = torch.linspace(1e-4, 2e-2, 1000)
    torch.save(saved, files.expgen)
    with pytest.raises(WeightError, match="another noise schedule"):
        convert(files, ImportSettings(), lambda line: None, ofer)
    del saved["var_sched"]
    torch.save(saved, files.expgen)
    said = []
    convert(files, ImportSettings(), said.append, ofer)
    assert any("expgen: the file holds no noise schedule" in line for line in said)


def test_the_head_is_asked_for_where_names_do_not_tell(tmp_path):
    def files(idgen, expgen):
        return OferFiles(tmp_path / idgen, tmp_path / "model_idrank.tar", tmp_path / expgen, tmp_path / "f.npy")

    assert head_of_names(files("model_idgen_flame23.tar", "best.tar")) == "flame23"
    with pytest.raises(InputError, match="do not say"):
        head_of_names(files("a.tar", "b.tar"))
    with pytest.raises(InputError, match="do not agree"):
        head_of_names(files("a_flame20.tar", "b_flame23.tar"))


@pytest.mark.parametrize(
    ("name", "said"),
    [(name, "cannot be the name") for name in ("../up", "a/b", ".hidden", "-x")] + [("ofer-open", "ships with")],
)
def test_a_name_is_no_path_and_not_taken(ofer, write, empty_cache, name, said):
    with pytest.raises(InputError, match=said):
        convert(write(ofer), ImportSettings(name=name), lambda line: None, ofer)


def test_what_is_no_model_is_not_replaced(ofer, write, empty_cache):
    mine = empty_cache / "models" / "mine" / "thesis.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("years of work")
    with pytest.raises(OutputError, match="is no model"):
        convert(write(ofer), ImportSettings(name="mine"), lambda line: None, ofer)
    assert mine.read_text() == "years of work"


def test_weights_of_other_sizes_are_refused_on_the_command_line(ofer, write, empty_cache, capsys, tmp_path):
    files = write(ofer)
    np.save(files.front_indices, np.arange(1785))
    arguments = ["--idgen", files.idgen, "--idrank", files.idrank, "--expgen", files.expgen]
    assert app.run([*map(str, ("assets", "import", "ofer", *arguments, "--front-indices", files.front_indices))]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "does not fit the published networks" in printed.err
    assert not empty_cache.exists() or not list(empty_cache.rglob("*"))
    with pytest.raises(WeightError, match="IdRank's checkpoint"):
        import_ofer(dataclasses.replace(files, idgen=files.idrank), ImportSettings("flame20"), lambda line: None)
