import dataclasses

import pytest
import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import SamplerConfig
from manyfaces.methods.ofer import FrontFace, Ofer, OferConfig, RankConfig, UNetConfig
from manyfaces.methods.ofer.compat import Compat
from manyfaces.pipeline.sampling import draw_hypotheses

TRUNK = UNetConfig(widths=(16, 8), heads=2, head_dim=4, n_qkv=2, time_dim=8)
TINY = OferConfig(
    idgen=TRUNK, expgen=TRUNK, idrank=RankConfig(widths=(32,), n_vertices=6), n_identity=4, n_expression=5, n_jaw=3,
    identity_condition_dim=6, expression_condition_dim=6, rank_condition_dim=6,
)  # fmt: skip


@pytest.mark.parametrize("standardised", [True, False])
def test_deviations_come_from_the_linear_fit_or_from_the_samples(standardised):
    torch.manual_seed(0)
    config = dataclasses.replace(TINY, standardised=standardised)
    ofer = Ofer(config, FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    generators = [torch_generator(0, b) for b in range(2)]
    sampler = SamplerConfig(n_steps=3)
    _, second = draw_hypotheses(ofer, torch.randn(2, 6), generators, 7, 3, varied=True, sampler=sampler)
    assert torch.equal(second.identity_index, second.order[:3])
    expected = torch.ones(4) if standardised else second.identities.std(0)  # an unfitted standardiser changes nothing
    torch.testing.assert_close(second.identity_deviation, expected)
    expected = torch.ones(5) if standardised else second.expressions.std(0)
    torch.testing.assert_close(second.expression_deviation, expected)


def test_a_single_raw_sample_has_no_spread():
    ofer = Ofer(dataclasses.replace(TINY, standardised=False), FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    sampler = SamplerConfig(n_steps=3)
    [drawn] = draw_hypotheses(ofer, torch.randn(1, 6), [torch_generator(0)], 1, 1, varied=False, sampler=sampler)
    assert torch.equal(drawn.identity_deviation, torch.ones(4))
    assert torch.equal(drawn.expression_deviation, torch.ones(5))


def test_published_jaws_are_turned_half_as_far():
    torch.manual_seed(0)
    ofer = Ofer(dataclasses.replace(TINY, standardised=False), FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    how = {"n_identities": 3, "n_expressions": 2, "varied": False, "sampler": SamplerConfig(n_steps=3)}
    condition = torch.randn(1, 6)
    [drawn] = draw_hypotheses(ofer, condition, [torch_generator(0)], **how)
    [halved] = draw_hypotheses(ofer, condition, [torch_generator(0)], **how, compat=Compat(halve_jaw=True))
    assert torch.equal(halved.jaw, drawn.jaw / 2)
    assert torch.equal(halved.expressions, drawn.expressions)
    assert drawn.jaw.abs().min() > 0


def test_the_published_ddim_draws_identities_alone():
    torch.manual_seed(0)
    ofer = Ofer(dataclasses.replace(TINY, standardised=False), FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    condition, sampler = torch.randn(1, 6), SamplerConfig(n_steps=3)
    [drawn] = draw_hypotheses(
        ofer, condition, [torch_generator(0)], 3, 2, varied=False, sampler=sampler, compat=Compat(wrong_ddim=True)
    )
    expected = ofer.sample_identities(condition, 3, [torch_generator(0)], SamplerConfig("published_ddim"))
    torch.testing.assert_close(drawn.identities, expected[0])
