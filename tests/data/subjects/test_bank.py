"""Examples of detail on disk."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import ConfigError, DataError
from manyfaces.core.seeds import torch_generator
from manyfaces.data.subjects import DetailBankConfig, build_detail_bank
from manyfaces.faces import CoefficientLayout
from manyfaces.io.checkpoints import save_weights
from manyfaces.methods.personal import OPEN, CoarseNet

CONFIG = DetailBankConfig(
    n_subjects=2, frames_per_subject=3, side_px=24, layout=CoefficientLayout(identity=12, expression=53, albedo=20)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bank")


@pytest.fixture(scope="module")
def bank(folder):
    return build_detail_bank(CONFIG, folder, n_workers=1)


def test_a_bank_holds_what_its_source_draws(bank):
    ((source, _),) = CONFIG.sources()
    drawn = source.frames_of(source.subject(1), 3, torch_generator(0, "detail bank", 1))
    kept = bank.at(torch.ones(3).long(), torch.arange(3))
    torch.testing.assert_close(kept.texture, drawn.texture, atol=0.003, rtol=0)
    torch.testing.assert_close(kept.displacement_m, drawn.displacement_m, atol=2e-6, rtol=0)
    torch.testing.assert_close(kept.vertices, drawn.vertices, atol=1e-5, rtol=0)
    torch.testing.assert_close(kept.coarse_albedo, drawn.coarse_albedo, atol=1e-3, rtol=0)
    assert torch.equal(kept.coefficients, drawn.coefficients)
    assert torch.equal(kept.visible, drawn.visible)


def test_a_bank_is_taken_up_where_it_was_left(bank, folder):
    before = [path.stat().st_mtime_ns for path in sorted(folder.rglob("*.npy"))]
    ticks = []
    build_detail_bank(CONFIG, folder, n_workers=1, tick=ticks.append)
    assert [path.stat().st_mtime_ns for path in sorted(folder.rglob("*.npy"))] == before
    assert ticks == [6]


def test_batches_of_a_bank_are_grouped_by_person(bank):
    batch, again = bank.batch(0, 1, 2, 3), bank.batch(0, 1, 2, 3)
    assert torch.equal(batch.texture, again.texture)
    assert batch.subject.view(2, 3).unique(dim=1).shape[1] == 1
    assert sorted(batch.frame[:3].tolist()) == [0, 1, 2]


def test_persons_fill_whole_shards(folder):
    with pytest.raises(ConfigError, match="multiple of 32"):
        build_detail_bank(DetailBankConfig(n_subjects=40), folder)


def test_a_share_of_the_frames_is_read_off_pictures(folder, tmp_path):
    half = replace(CONFIG, n_subjects=1, frames_per_subject=2, pictured=0.5)
    with pytest.raises(ConfigError, match="none was named"):
        half.sources()
    sizes = replace(OPEN.coarse, layout=CONFIG.layout)
    network = CoarseNet(sizes)
    torch.nn.init.normal_(network.head[2].bias, std=0.1)
    reader = tmp_path / "coarse.safetensors"
    save_weights(reader, network.state_dict(), sizes)
    bank = build_detail_bank(replace(half, reader=reader), tmp_path / "bank", n_workers=1)
    on_the_map, pictured = (bank.at(torch.zeros(1).long(), torch.tensor([k])) for k in (0, 1))
    ((source, _),) = replace(half, pictured=0.0, frames_per_subject=1).sources()
    drawn = source.frames_of(source.subject(0), 1, torch_generator(0, "detail bank", 0))
    assert torch.equal(on_the_map.coefficients, drawn.coefficients)
    said = network.head[2].bias.detach()[None] * network.deviation + network.mean
    assert torch.allclose(pictured.coefficients, said, atol=1e-4)
    # Another network reads other banks.
    torch.nn.init.zeros_(network.head[2].bias)
    save_weights(reader, network.state_dict(), sizes)
    build_detail_bank(replace(half, reader=reader), tmp_path / "bank", n_workers=1)
    assert len(list((tmp_path / "bank").iterdir())) == 2


def test_a_damaged_shard_is_named(bank, folder, tmp_path):
    shard = next(path for path in folder.iterdir() if path.is_dir())
    cut = tmp_path / shard.name
    cut.mkdir()
    (cut / "texture.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match=shard.name):
        build_detail_bank(CONFIG, tmp_path, n_workers=1)
