import pytest
import torch
import torch.nn.functional as F

from manyfaces.core.errors import WeightError
from manyfaces.methods.ofer.published import (
    N_PROJECTIONS,
    attention_paths,
    published_projections,
    published_rank_state,
    published_unet_state,
    registered_tensors,
)
from manyfaces.nn import GatedMLP, UNet1D


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return UNet1D(7, 5, (12, 6), heads=2, head_dim=4, n_qkv=N_PROJECTIONS, time_dim=8)


def test_there_and_back(net):
    state = net.state_dict()
    registered, projections = registered_tensors(state), published_projections(state)
    assert len(projections) == 16 * len(attention_paths(list(state))) == 16 * 4
    assert projections["mid_attn.fn.fn.to_qkv.15.weight"].shape == (24, 6, 1)
    assert not [name for name in registered if "to_qkv" in name]
    back = published_unet_state(registered, projections)
    assert set(back) == set(state)
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_fused_projections_attend_as_sixteen_do(net):
    attention = net.mid_attn.fn.fn
    single = published_projections({f"a.{name}": tensor for name, tensor in attention.state_dict().items()})
    x = torch.randn(3, 6)
    triples = [F.linear(x, single[f"a.to_qkv.{i}.weight"][..., 0]).unflatten(-1, (3, 2, 4)) for i in range(16)]
    q, k, v = torch.stack(triples, 1).unbind(2)  # (3, 16, heads, head_dim) each, as the published code stacks them
    weights = torch.softmax(torch.einsum("bihd,bjhd->bhij", q, k) * 4**-0.5, -1)
    out = torch.einsum("bhij,bjhd->bihd", weights, v).flatten(2)  # (3, 16, 8)
    out = F.linear(out, attention.to_out.weight[..., 0], attention.to_out.bias)
    torch.testing.assert_close(attention(x), attention.to_out_linear(out.mT)[..., 0])


def test_the_copy_that_a_forward_pass_leaves_is_dropped(net):
    state = net.state_dict()
    registered, projections = registered_tensors(state), published_projections(state)
    registered["mid_attn.fn.fn.qkv.weight"] = projections["mid_attn.fn.fn.to_qkv.15.weight"]
    assert set(published_unet_state(registered, projections)) == set(state)


def test_projections_must_be_all_there(net):
    registered, projections = registered_tensors(net.state_dict()), published_projections(net.state_dict())
    missing = {n: t for n, t in projections.items() if n != "downs.0.2.fn.fn.to_qkv.3.weight"}
    with pytest.raises(WeightError, match=r"1 missing, 0 unknown \(first: downs\.0\.2\.fn\.fn\.to_qkv\.3"):
        published_unet_state(registered, missing)
    with pytest.raises(WeightError, match="0 missing, 1 unknown"):
        published_unet_state(registered, {**projections, "downs.9.2.fn.fn.to_qkv.0.weight": torch.zeros(1)})


def test_ranking_network_is_called_the_same():
    net = GatedMLP(6, 6, (32,), 4)
    net.load_state_dict(published_rank_state(net.state_dict()), strict=True)
    with pytest.raises(WeightError, match=r"init_conv\.weight"):
        published_rank_state({**net.state_dict(), "init_conv.weight": torch.zeros(1)})
