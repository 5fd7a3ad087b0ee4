"""The vision transformer."""

import pytest
import torch

from manyfaces.core.errors import ConfigError, InputError
from manyfaces.nn.vit import VIT_BASE, ViT, ViTConfig, resized_positions

TINY = ViTConfig(width=16, n_blocks=2, heads=4, side_px=24, patch_px=8)


@pytest.fixture
def vit():
    torch.manual_seed(0)
    return ViT(TINY)


def n_parameters(config):
    with torch.device("meta"):
        return sum(p.numel() for p in ViT(config).parameters())


def test_published_sizes():
    # At 224 pixels, the public ViT-B/16 without its classifier; 256 pixels need 60 more positions.
    assert n_parameters(ViTConfig(768, 12, 12, side_px=224)) == 85_798_656
    assert n_parameters(VIT_BASE) == 85_798_656 + 60 * 768


def test_names_and_shapes_of_the_public_checkpoints():
    with torch.device("meta"):
        shapes = {name: tuple(tensor.shape) for name, tensor in ViT(ViTConfig(768, 12, 12, 224)).state_dict().items()}
    parts = {
        **{"norm1.weight": (768,), "norm1.bias": (768,), "norm2.weight": (768,), "norm2.bias": (768,)},
        **{"attn.qkv.weight": (2304, 768), "attn.qkv.bias": (2304,)},
        **{"attn.proj.weight": (768, 768), "attn.proj.bias": (768,)},
        **{"mlp.fc1.weight": (3072, 768), "mlp.fc1.bias": (3072,)},
        **{"mlp.fc2.weight": (768, 3072), "mlp.fc2.bias": (768,)},
    }
    assert shapes == {
        "cls_token": (1, 1, 768),
        "pos_embed": (1, 197, 768),
        "patch_embed.proj.weight": (768, 3, 16, 16),
        "patch_embed.proj.bias": (768,),
        **{f"blocks.{n}.{name}": shape for n in range(12) for name, shape in parts.items()},
        "norm.weight": (768,),
        "norm.bias": (768,),
    }


def test_the_class_token_is_the_first(vit):
    pictures = torch.rand(3, 3, 24, 24)
    tokens = vit.tokens(pictures)
    assert tokens.shape == (3, 10, 16)
    assert torch.equal(vit(pictures), tokens[:, 0])
    torch.testing.assert_close(tokens.mean(-1), torch.zeros(3, 10), atol=1e-5, rtol=0)  # normalised


def test_only_positions_tell_where_a_patch_is(vit):
    picture = torch.rand(1, 3, 24, 24)
    shifted = picture.roll(8, -1)  # a permutation of patches
    assert not torch.allclose(vit(picture), vit(shifted), atol=1e-3)
    torch.nn.init.zeros_(vit.pos_embed)
    torch.testing.assert_close(vit(picture), vit(shifted))


def test_a_picture_alone_gives_what_it_gives_in_a_batch(vit):
    pictures = torch.rand(3, 3, 24, 24)
    torch.testing.assert_close(vit(pictures[2:]), vit(pictures)[2:])


def test_gradients_reach_every_parameter(vit):
    vit(torch.rand(2, 3, 24, 24)).pow(3).sum().backward()
    assert not [n for n, p in vit.named_parameters() if p.grad is None or not p.grad.any()]


def test_weights_make_a_round_trip(vit):
    other = ViT(TINY)
    other.load_state_dict(vit.state_dict(), strict=True)
    picture = torch.rand(1, 3, 24, 24)
    assert torch.equal(other(picture), vit(picture))


def test_another_size_is_refused(vit):
    with pytest.raises(InputError, match="24 x 24 pixels, not 32 x 24"):
        vit(torch.rand(1, 3, 24, 32))


@pytest.mark.parametrize("sizes", [{"heads": 5}, {"width": 18, "heads": 3}, {"side_px": 20}])
def test_sizes_must_fit(sizes):
    with pytest.raises(ConfigError):
        ViTConfig(**({"width": 16, "n_blocks": 1, "heads": 4, "side_px": 24, "patch_px": 8} | sizes))


def test_positions_for_another_size():
    torch.manual_seed(0)
    positions = torch.randn(1, 1 + 14**2, 6)
    assert resized_positions(positions, 14) is positions
    finer = resized_positions(positions, 16)
    assert finer.shape == (1, 1 + 16**2, 6)
    assert torch.equal(finer[:, 0], positions[:, 0])
    # Rows stay rows: what depends on the column alone still does.
    columns = torch.linspace(-1, 1, 14).expand(14, 14).reshape(1, -1, 1)
    resized = resized_positions(torch.cat([torch.zeros(1, 1, 1), columns], 1), 16)[0, 1:, 0].view(16, 16)
    torch.testing.assert_close(resized, resized[:1].expand(16, 16))
    # Both grids cover the same picture, columns at (i + 1/2) / 16 of it; torch's cubics bend lines a little.
    expected = ((torch.arange(16) + 0.5) / 16 * 14 - 0.5) / 13 * 2 - 1
    torch.testing.assert_close(resized[0], expected, atol=0.02, rtol=0)
    with pytest.raises(InputError, match="not one and a square"):
        resized_positions(positions[:, 1:], 16)
