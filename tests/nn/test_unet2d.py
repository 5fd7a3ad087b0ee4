"""The teacher of displacement maps."""

import pytest
import torch

from manyfaces.core.errors import ConfigError, InputError
from manyfaces.nn.unet2d import DisplacementUNet, UNet2dConfig

SEES_PX = 64
"""No pixel sees farther than this with four levels."""


@pytest.fixture
def unet():
    torch.manual_seed(0)
    network = DisplacementUNet(UNet2dConfig(width=4)).double()
    network(torch.rand(4, 3, 32, 32, dtype=torch.float64))  # statistics of the norms
    return network.eval()


def test_size():
    with torch.device("meta"):
        network = DisplacementUNet(UNet2dConfig())
    assert sum(p.numel() for p in network.parameters()) == 1_948_289


def test_displacements_start_small_and_stay_in_reach(unet):
    texture = torch.rand(2, 3, 32, 48, dtype=torch.float64)
    displacement = unet(texture)
    assert displacement.shape == (2, 32, 48)
    assert 0 < displacement.abs().max() < 1e-3
    torch.nn.init.normal_(unet.head.weight, std=1000)
    assert unet(texture).abs().max().item() == 0.01


def test_nothing_far_away_is_seen(unet):
    texture = torch.rand(1, 3, 160, 160, dtype=torch.float64)
    changed = texture.clone()
    changed[..., 80, 80] += 1
    differs = (unet(changed) != unet(texture))[0]
    rows, columns = differs.nonzero().T
    assert differs[80, 80]
    assert 80 - SEES_PX < rows.min() < 80 - 16  # its deepest level reaches beyond its neighbours
    assert columns.max() < 80 + SEES_PX


def test_a_shift_by_the_stride_shifts_what_comes_out(unet):
    texture = torch.rand(1, 3, 192, 192, dtype=torch.float64)
    shift = unet.config.stride_px
    assert shift == 8
    inside = slice(SEES_PX + shift, -SEES_PX)
    moved = unet(texture.roll(shift, -1)).roll(-shift, -1)
    torch.testing.assert_close(moved[..., inside, inside], unet(texture)[..., inside, inside], rtol=1e-9, atol=0)


def test_gradients_reach_every_parameter(unet):
    unet.train()(torch.rand(2, 3, 32, 32, dtype=torch.float64)).square().sum().backward()
    assert not [n for n, p in unet.named_parameters() if p.grad is None or not p.grad.any()]


def test_weights_make_a_round_trip(unet):
    other = DisplacementUNet(unet.config).double().eval()
    other.load_state_dict(unet.state_dict(), strict=True)
    texture = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    assert torch.equal(other(texture), unet(texture))


def test_bad_sizes(unet):
    with pytest.raises(InputError, match="multiples of 8"):
        unet(torch.rand(1, 3, 20, 16, dtype=torch.float64))
    with pytest.raises(ConfigError, match="levels"):
        UNet2dConfig(levels=1)
