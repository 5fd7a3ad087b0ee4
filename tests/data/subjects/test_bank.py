"""Examples of detail on disk."""

import pytest
import torch

from manyfaces.core.errors import ConfigError, DataError
from manyfaces.core.seeds import torch_generator
from manyfaces.data.subjects import DetailBankConfig, build_detail_bank
from manyfaces.faces import CoefficientLayout

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
    source = CONFIG.source()
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


def test_a_damaged_shard_is_named(bank, folder, tmp_path):
    shard = next(path for path in folder.iterdir() if path.is_dir())
    cut = tmp_path / shard.name
    cut.mkdir()
    (cut / "texture.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match=shard.name):
        build_detail_bank(CONFIG, tmp_path, n_workers=1)
