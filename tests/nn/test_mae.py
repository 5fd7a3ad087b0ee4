"""The autoencoder of displacement maps."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from manyfaces.core.errors import ConfigError, InputError
from manyfaces.nn.mae import HYBRID_IN, MAE_BASE, DisplacementMae, MaeConfig, unpatchified
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.nn.unet2d import DisplacementUNet, UNet2dConfig
from manyfaces.nn.vit import ViT, ViTConfig

ENCODER = ViTConfig(width=16, n_blocks=2, heads=4, side_px=24, patch_px=8)
TINY = MaeConfig(ENCODER, width=8, n_blocks=2, heads=2)
TEACHER = UNet2dConfig(width=8, levels=2)
WITHIN = ViTConfig(width=16, n_blocks=2, heads=4, side_px=12, patch_px=4, channels=16)
HYBRID = MaeConfig(WITHIN, width=8, n_blocks=2, heads=2, unet=replace(TEACHER, channels=HYBRID_IN))


@pytest.fixture
def mae():
    torch.manual_seed(0)
    return DisplacementMae(TINY)


@pytest.fixture
def maps():
    torch.manual_seed(1)
    return torch.rand(2, 3, 24, 24), torch.rand(2, 24, 24) - 0.5


def n_parameters(config):
    with torch.device("meta"):
        return sum(p.numel() for p in DisplacementMae(config).parameters())


def test_published_size():
    encoder, decoder = 85_647_360, 25_745_152  # of the public architecture, with one channel at its end
    tension, detail_latent = 256 * 768, 256 * 512
    assert n_parameters(MAE_BASE) == encoder + decoder + tension + detail_latent == 111_720_192


def test_names_of_the_public_checkpoints():
    with torch.device("meta"):
        ours = {name: tuple(tensor.shape) for name, tensor in DisplacementMae(MAE_BASE).state_dict().items()}
        vit = {name: tuple(tensor.shape) for name, tensor in ViT(MAE_BASE.encoder).state_dict().items()}
    assert {name: shape for name, shape in ours.items() if name in vit} == vit
    beyond = {name for name in ours if name not in vit and not name.startswith("decoder_blocks.")}
    assert beyond == {
        *("decoder_embed.weight", "decoder_embed.bias", "decoder_pos_embed", "decoder_norm.weight"),
        *("decoder_norm.bias", "decoder_pred.weight", "decoder_pred.bias"),
        *("tension_embed.proj.weight", "detail_latent"),
    }
    assert ours["decoder_blocks.7.mlp.fc1.weight"] == (2048, 512)
    assert ours["decoder_pos_embed"] == (1, 257, 512)
    assert ours["decoder_pred.weight"] == (256, 512)


def test_displacements_start_small_and_stay_in_reach(mae, maps):
    displacement = mae(*maps)
    assert displacement.shape == (2, 24, 24)
    assert 0 < displacement.abs().max() < 5e-4
    torch.nn.init.normal_(mae.decoder_pred.weight, std=100)
    assert mae(*maps).abs().max().item() == torch.tensor(0.01).item()


def test_reach_is_a_parameter(mae, maps):
    double = DisplacementMae(MaeConfig(ENCODER, width=8, n_blocks=2, heads=2, reach_m=0.02))
    double.load_state_dict(mae.state_dict(), strict=True)
    assert torch.equal(double(*maps), 2 * mae(*maps))


def test_two_embeddings_are_one_of_four_channels(mae, maps):
    texture, tension = maps
    kernel = torch.cat([mae.patch_embed.proj.weight, mae.tension_embed.proj.weight], 1)
    together = F.conv2d(torch.cat([texture, tension[:, None]], 1), kernel, mae.patch_embed.proj.bias, 8).flatten(2).mT
    torch.testing.assert_close(mae.patch_embed(texture) + mae.tension_embed(tension[:, None]), together)


def test_without_positions_patches_are_exchangeable(mae, maps):
    for tensor in (mae.pos_embed, mae.decoder_pos_embed, mae.detail_latent):
        torch.nn.init.zeros_(tensor)
    rolled = mae(*(x.roll((8, 16), (-2, -1)) for x in maps))
    torch.testing.assert_close(rolled, mae(*maps).roll((8, 16), (-2, -1)))


def test_everything_is_seen_everywhere(mae, maps):
    texture = maps[0].requires_grad_(True)
    tension = maps[1].requires_grad_(True)
    mae(texture, tension)[:, 0, 0].sum().backward()
    assert texture.grad.all()
    assert tension.grad.all()


def test_the_latent_belongs_to_its_patch(mae):
    torch.nn.init.zeros_(mae.decoder_blocks[0].attn.proj.weight)  # no exchange between patches
    torch.nn.init.zeros_(mae.decoder_blocks[1].attn.proj.weight)
    tokens = torch.randn(2, 10, 16)
    before = mae.decode(tokens)
    with torch.no_grad():
        mae.detail_latent[:, 4] += torch.randn(8)
    changed = (mae.decode(tokens) != before).any(-1)
    assert changed.tolist() == 2 * [[patch == 4 for patch in range(9)]]


def test_patches_come_out_where_they_were_cut():
    picture = torch.rand(2, 24, 24)
    assert torch.equal(unpatchified(F.unfold(picture[:, None], 8, stride=8).mT, 8)[:, 0], picture)


def test_gradients_reach_every_parameter(mae, maps):
    mae(*maps).square().sum().backward()
    assert not [n for n, p in mae.named_parameters() if p.grad is None or not p.grad.any()]


def test_weights_make_a_round_trip_through_meta(mae, maps):
    with torch.device("meta"):
        other = DisplacementMae(TINY)
    other.to_empty(device="cpu").load_state_dict(mae.state_dict(), strict=True)  # fixed positions as well
    assert torch.equal(other(*maps), mae(*maps))


def test_bad_sizes(mae):
    with pytest.raises(InputError, match="24 x 24"):
        mae(torch.rand(1, 3, 32, 32), torch.rand(1, 32, 32))
    with pytest.raises(ConfigError, match="decoder"):
        MaeConfig(ENCODER, width=10, n_blocks=1, heads=2)


@pytest.fixture
def hybrid():
    torch.manual_seed(2)
    return DisplacementMae(HYBRID).eval()


def test_a_hybrid_starts_as_its_teacher(hybrid, maps):
    teacher = DisplacementUNet(TEACHER).eval()
    torch.nn.init.normal_(teacher.head.weight)
    before = hybrid(*maps)
    hybrid.start_from(teacher)
    torch.nn.init.zeros_(hybrid.decoder_pred.weight)  # what tokens say is small when they start, and then nothing
    torch.testing.assert_close(hybrid(*maps), teacher(maps[0]))
    assert not torch.allclose(before, teacher(maps[0]))


def test_a_hybrid_feels_tension(hybrid, maps):
    torch.nn.init.normal_(hybrid.unet.head.weight)
    texture, tension = maps
    assert not torch.equal(hybrid(texture, -tension), hybrid(texture, tension))


@pytest.mark.parametrize("tokens", [False, True])
def test_tokens_look_across_the_face(hybrid, maps, tokens):
    """Further than the convolutions: with the tokens silent, the far edge stays as it is."""
    torch.nn.init.normal_(hybrid.unet.head.weight, std=0.1)
    torch.nn.init.normal_(hybrid.decoder_pred.weight, std=0.1 if tokens else 0.0)
    texture, tension = maps
    before = hybrid(texture, tension)
    texture = texture.clone()
    texture[..., 0, :] += 1
    changed = (hybrid(texture, tension) != before)[:, -1]
    assert changed.all() if tokens else not changed.any()


@pytest.mark.parametrize("hidden", [False, True])
def test_a_hybrid_sees_hidden_skin_in_its_mirror(hybrid, maps, hidden):
    torch.nn.init.normal_(hybrid.unet.head.weight)  # tokens still say next to nothing
    texture, tension = maps
    texture = texture.clone()
    if hidden:
        texture[..., 12:] = 0
    before = hybrid(texture, tension)
    texture[..., 12, 0] += 1
    changed = (hybrid(texture, tension) - before).abs()[:, 12]
    far_side, middle = changed[:, -1], changed[:, 12]
    assert (far_side > 10 * middle).all() if hidden else (far_side < 1e-4).all()


def test_both_halves():
    texture, tension = torch.zeros(1, 3, 1, 4), torch.tensor([[[[0.1, 0.2, 0.3, 0.5]]]])
    texture[0, :, 0, 0], texture[0, 1, 0, 2] = torch.tensor([1.0, 2.0, 3.0]), 4.0
    # The first is shown, and lent to the last; the third is shown, and lent to the second.
    seen = DisplacementMae.both_halves(texture, tension)[0, :, 0]
    assert seen[:3].tolist() == [[1, 0, 0, 1], [2, 4, 4, 2], [3, 0, 0, 3]]
    torch.testing.assert_close(seen[3], tension[0, 0, 0])
    assert seen[4].tolist() == [1, 0, 1, 0]
    assert seen[5].tolist() == [0, 1, 0, 1]
    torch.testing.assert_close(seen[6], torch.tensor([0.0, 0.1, 0.0, -0.4]))


def test_what_neither_half_shows_is_lent_by_none():
    seen = DisplacementMae.both_halves(torch.zeros(1, 3, 2, 4), torch.ones(1, 1, 2, 4))
    assert not seen[:, [0, 1, 2, 4, 5, 6]].any()


def test_a_hybrid_learns_everywhere(hybrid, maps):
    hybrid(*maps).square().sum().backward()
    assert not [n for n, p in hybrid.named_parameters() if p.grad is None or not p.grad.any()]


def test_a_hybrid_reaches_as_far_as_it_is_told(maps):
    torch.manual_seed(2)
    double = DisplacementMae(replace(HYBRID, reach_m=0.02)).eval()
    torch.nn.init.normal_(double.unet.head.weight, std=1e4)
    assert double(*maps).abs().max().item() == torch.tensor(0.02).item()


def test_sides_of_maps():
    assert (TINY.side_px, HYBRID.side_px, MAE_BASE.side_px) == (24, 24, 256)


@pytest.mark.parametrize("unet", [TEACHER, replace(TEACHER, channels=HYBRID_IN, width=4)])
def test_a_unet_that_does_not_fit(unet):
    with pytest.raises(ConfigError, match="channels"):
        replace(HYBRID, unet=unet)


@pytest.mark.parametrize("teacher", [UNet2dConfig(width=8, levels=3), UNet2dConfig(width=4, levels=2)])
def test_only_of_a_teacher_of_its_sizes(hybrid, teacher):
    with pytest.raises(ConfigError, match="same sizes"):
        hybrid.start_from(DisplacementUNet(teacher))


def test_without_a_unet_there_is_nothing_to_start(mae):
    with pytest.raises(ConfigError, match="same sizes"):
        mae.start_from(DisplacementUNet(TEACHER))


def test_patches_are_of_textures_or_of_the_unet():
    with pytest.raises(ConfigError, match="patches"):
        replace(TINY, encoder=replace(ENCODER, channels=4))
    with pytest.raises(ConfigError, match="channels"):
        ViTConfig(width=16, n_blocks=1, heads=4, side_px=32, patch_px=8, stem=ResNetConfig((1, 1)), channels=4)
