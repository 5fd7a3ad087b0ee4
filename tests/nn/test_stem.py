"""Patches from convolutions."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import ConfigError
from manyfaces.nn.adapters import insert_adapters
from manyfaces.nn.resnet import ResNet, ResNetConfig
from manyfaces.nn.stem import ResidualPatches, stem_stride
from manyfaces.nn.vit import ViT, ViTConfig

STEM = ResNetConfig((1, 1), widths=(4, 8), stem=4)
TINY = ViTConfig(width=16, n_blocks=1, heads=2, side_px=32, patch_px=8, stem=STEM)


@pytest.mark.parametrize(("n_stages", "stride"), [(1, 4), (2, 8), (3, 16), (4, 32)])
def test_every_stage_but_the_first_halves(n_stages, stride):
    config = ResNetConfig((1,) * n_stages, widths=(2,) * n_stages, stem=2)
    assert stem_stride(config) == stride
    places = ResNet(config).eval().spatial(torch.rand(1, 3, 64, 64)).shape[-2:]
    assert tuple(places) == (64 // stride, 64 // stride)


def test_tokens_are_places_row_by_row():
    torch.manual_seed(0)
    patches = ResidualPatches(STEM, 16).eval()
    picture = torch.zeros(1, 3, 64, 64)
    marked = picture.clone()
    marked[..., 20:22, 52:54] = 1.0  # within the third row, seventh column of patches of eight
    with torch.no_grad():
        change = (patches(marked) - patches(picture)).abs().sum(-1)[0].unflatten(0, (8, 8))
    assert patches(picture).shape == (1, 64, 16)
    # A place looks at what is around its first pixel.
    row, column = ((change.sum(axis) * torch.arange(8)).sum() / change.sum() for axis in (1, 0))
    assert float(row) == pytest.approx(20.5 / 8, abs=0.7)
    assert float(column) == pytest.approx(52.5 / 8, abs=0.7)


def test_a_stem_of_another_stride_is_refused():
    with pytest.raises(ConfigError, match="stride 8 makes no patches of 16"):
        replace(TINY, patch_px=16)


def test_a_transformer_with_a_stem_learns_everywhere():
    torch.manual_seed(0)
    vit = ViT(TINY)
    said = vit(torch.rand(4, 3, 32, 32))
    assert said.shape == (4, 16)
    said.pow(3).sum().backward()
    # Batch norms take away what any shift before them adds, so that only these have no gradient to speak of.
    assert not [n for n, p in vit.named_parameters() if p.grad is None]
    assert bool(vit.patch_embed.trunk.conv1.weight.grad.any())


def test_of_the_stem_norms_alone_are_a_persons():
    torch.manual_seed(0)
    vit, picture = ViT(TINY).eval(), torch.rand(2, 3, 32, 32)
    before = vit(picture)
    adaptation = insert_adapters(vit, 4)
    assert torch.equal(vit(picture), before)
    own = {name for name in adaptation.trainable if name.startswith("patch_embed")}
    norms = [(name, m) for name, m in vit.named_modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert own == {f"{name}.{part}" for name, _ in norms for part in ("weight", "bias")}
