"""A person's detail network: adapters, and relief that is kept as it is."""

import copy

import pytest
import torch

from manyfaces.core.errors import WeightError
from manyfaces.methods.personal.adapted import AdaptedSkin
from manyfaces.nn.mae import DisplacementMae, MaeConfig
from manyfaces.nn.vit import ViTConfig

TINY = MaeConfig(ViTConfig(width=16, n_blocks=1, heads=4, side_px=16, patch_px=8), width=8, n_blocks=1, heads=2)


@pytest.fixture
def base():
    torch.manual_seed(0)
    network = DisplacementMae(TINY).eval()
    torch.nn.init.normal_(network.decoder_pred.weight, std=0.1)
    return network


@pytest.fixture
def skin(base):
    return AdaptedSkin(copy.deepcopy(base), width=4)


@pytest.fixture
def maps():
    return torch.rand(2, 3, 16, 16), torch.rand(2, 16, 16) - 0.5


def test_it_starts_as_the_base_bit_for_bit(base, skin, maps):
    assert torch.equal(skin(*maps), base(*maps))


def test_relief_at_rest_is_there_under_any_tension(base, skin, maps):
    with torch.no_grad():
        skin.relief_mm[0, 3, 5] = 0.7
    more = skin(*maps) - base(*maps)
    torch.testing.assert_close(more[:, 3, 5], torch.full((2,), 0.7e-3))
    more[:, 3, 5] = 0
    assert more.abs().max() < 1e-9


def test_relief_of_compressed_skin_grows_with_tension_and_is_not_there_when_stretched(base, skin, maps):
    texture, tension = maps
    with torch.no_grad():
        skin.relief_mm[1] = -0.2
    for strain, depth_mm in ((-0.3, 0.0), (0.0, 0.0), (0.1, 0.2), (0.2, 0.4)):
        tension = torch.full_like(tension, strain)
        said = skin(texture, tension) - base(texture, tension)
        torch.testing.assert_close(said, torch.full_like(said, -depth_mm / 1e3), atol=1e-8, rtol=1e-4)


def test_displacements_stay_in_reach(skin, maps):
    with torch.no_grad():
        skin.relief_mm[0] = 50.0
    assert skin(*maps).max().item() == torch.tensor(0.01).item()


def test_a_persons_parameters_make_a_round_trip(base, skin, maps):
    with torch.no_grad():
        for parameter in skin.parameters():
            if parameter.requires_grad:
                parameter += 0.01 * torch.randn_like(parameter)
    other = AdaptedSkin(copy.deepcopy(base), width=4)
    other.load_state_dict(skin.state_dict())
    assert torch.equal(other(*maps), skin(*maps))
    assert not torch.equal(skin(*maps), base(*maps))


def test_share_counts_the_relief(skin):
    adapted = sum(p.numel() for p in skin.adaptation.trainable.values())
    assert skin.n_learned == adapted + 2 * 16 * 16


@pytest.mark.parametrize("change", [lambda s: s.pop("relief_mm"), lambda s: s.update(relief_mm=torch.zeros(2, 8, 8))])
def test_files_without_relief_or_of_another_map_change_nothing(base, skin, maps, change):
    with torch.no_grad():
        skin.adaptation.trainable["detail_latent"] += 1
    state = skin.state_dict()
    change(state)
    other = AdaptedSkin(copy.deepcopy(base), width=4)
    with pytest.raises(WeightError, match="relief_mm"):
        other.load_state_dict(state)
    assert torch.equal(other(*maps), base(*maps))
