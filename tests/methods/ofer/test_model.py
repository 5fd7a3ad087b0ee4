import dataclasses

import pytest
import torch

from manyfaces.core.config import from_dict, from_json, to_dict, to_json
from manyfaces.core.errors import ConfigError, InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import SamplerConfig
from manyfaces.methods.ofer import (
    OPEN,
    PAPER,
    Example,
    FrontFace,
    Ofer,
    OferConfig,
    RankConfig,
    UNetConfig,
    expgen_loss,
    idgen_loss,
    idrank_loss,
)

TINY = OferConfig(
    idgen=UNetConfig(widths=(16, 8), heads=2, head_dim=4, n_qkv=2, time_dim=8),
    expgen=UNetConfig(widths=(16, 8), heads=2, head_dim=4, n_qkv=2, time_dim=8),
    idrank=RankConfig(widths=(64, 32), n_vertices=6),
    n_identity=4,
    n_expression=5,
    n_jaw=3,
    identity_condition_dim=6,
    expression_condition_dim=6,
    rank_condition_dim=6,
    sampler=SamplerConfig(n_steps=5),
)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Ofer(TINY, FrontFace(80 * torch.randn(6, 3), 2 * torch.randn(4, 6, 3)))


def example(n=8):
    g = torch_generator(0, "example")
    draw = lambda *shape: torch.randn(*shape, generator=g)  # noqa: E731
    return Example(draw(n, 6), draw(n, 4), draw(n, 5), 0.1 * draw(n, 3))


def test_the_whole_way(model):
    condition = torch.randn(2, 6)
    identities = model.sample_identities(condition, 7, torch_generator(0))
    assert identities.shape == (2, 7, 4)
    ranking = model.rank(condition, identities)
    assert sorted(ranking.order[0].tolist()) == list(range(7))
    assert torch.allclose(ranking.scores.sum(-1), torch.ones(2))
    best = ranking.best(identities)
    assert torch.equal(best[1], identities[1, ranking.scores[1].argmax()])
    ordered = torch.gather(ranking.scores, 1, ranking.order)
    assert (ordered.diff(dim=-1) <= 0).all()
    drawn = model.sample_expressions(condition, best, 3, torch_generator(1))
    assert drawn.expression.shape == (2, 3, 5)
    assert drawn.jaw.shape == (2, 3, 3)
    joint = model.sample_expressions(condition, ranking.sorted(identities)[:, :3], 3, torch_generator(1))
    # The first joint hypothesis has the best identity and the same noise: it is the same expression.
    assert torch.allclose(joint.expression[:, 0], drawn.expression[:, 0], atol=1e-5)
    assert not torch.allclose(joint.expression[:, 1], drawn.expression[:, 1], atol=1e-3)


def test_a_photo_does_not_depend_on_its_batch(model):
    condition = torch.randn(3, 6)
    together = model.sample_identities(condition, 4, [torch_generator(5, i) for i in range(3)])
    alone = model.sample_identities(condition[1:2], 4, [torch_generator(5, 1)])
    assert torch.allclose(together[1:2], alone, atol=1e-5)
    scores = model.rank(condition, together).scores
    assert torch.allclose(model.rank(condition[1:2], alone).scores, scores[1:2], atol=1e-5)


def test_same_seed_same_faces(model):
    condition = torch.randn(1, 6)
    first, again = (model.sample_identities(condition, 4, torch_generator(9)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, model.sample_identities(condition, 4, torch_generator(10)))


def test_ranking_sees_mean_and_residual_faces(model):
    rank, identities = model.idrank, torch.randn(1, 5, 4)
    faces = rank.template_mm + identities @ rank.basis_mm
    mean = faces.mean(1, keepdim=True)
    expected = rank.net(mean - rank.template_mm, faces - mean, torch.ones(1, 1, 6))
    assert torch.allclose(rank(torch.ones(1, 6), identities), expected, atol=1e-4)
    truth = torch.randn(1, 4)
    distance = (faces - (rank.template_mm + truth @ rank.basis_mm)[:, None]).abs().mean(-1)
    assert torch.allclose(rank.distance_mm(identities, truth), distance, atol=1e-4)


def test_uncentred_ranking_sees_the_whole_mean_face():
    config = dataclasses.replace(TINY, idrank=dataclasses.replace(TINY.idrank, centred=False))
    front = FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3))
    torch.manual_seed(0)
    whole = Ofer(config, front).idrank
    torch.manual_seed(0)
    centred = Ofer(TINY, front).idrank
    with torch.no_grad():  # the promise of `centred`: only the first bias differs
        first = centred.net.ranklayers[0].mlp
        first.bias += first.weight[:, :18] @ front.template_mm.flatten()
    condition, identities = torch.randn(2, 6), torch.randn(2, 5, 4)
    assert torch.allclose(whole(condition, identities), centred(condition, identities), atol=1e-5)


def test_gradients_reach_all_parameters(model):
    batch, g = example(), torch_generator(0)
    loss = idgen_loss(model.idgen, batch, g) + expgen_loss(model.expgen, batch, g)
    loss = loss + idrank_loss(model.idrank, batch, torch.randn(8, 5, 4))
    model.zero_grad()
    loss.backward()
    assert not [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]


def test_loss_is_a_function_of_the_generator(model):
    batch = example()
    losses = [idgen_loss(model.idgen, batch, torch_generator(s)).item() for s in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


def test_samples_come_back_in_raw_units():
    torch.manual_seed(0)
    front = FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3))
    model = Ofer(TINY, front)
    model.expgen.generator.standardiser.mean_bias += 5.0
    shifted = model.sample_expressions(torch.zeros(1, 6), torch.zeros(1, 4), 2, torch_generator(0))
    model.expgen.generator.standardiser.mean_bias -= 5.0
    plain = model.sample_expressions(torch.zeros(1, 6), torch.zeros(1, 4), 2, torch_generator(0))
    assert torch.allclose(shifted.jaw, plain.jaw + 5.0, atol=1e-5)


def test_raw_coefficients_have_no_linear_fit():
    raw = Ofer(dataclasses.replace(TINY, standardised=False), FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    assert not [name for name in raw.state_dict() if "standardiser" in name]
    condition, identity = torch.randn(2, 6), torch.randn(2, 4)
    before = raw.sample_identities(condition, 3, torch_generator(0))
    raw.idgen.fit_standardiser(condition, identity)  # nothing to fit, nothing changes
    assert torch.equal(raw.sample_identities(condition, 3, torch_generator(0)), before)
    assert raw.idgen.deviation(condition) is None
    assert raw.expgen.deviation(condition, identity) is None
    # A standardiser that is the identity map changes nothing: the same loss, the same samples.
    same = Ofer(TINY, FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    same.load_state_dict(raw.state_dict(), strict=False)
    assert torch.allclose(same.sample_identities(condition, 3, torch_generator(0)), before, atol=1e-6)
    losses = [idgen_loss(m.idgen, example(), torch_generator(0)).item() for m in (raw, same)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_configuration_saved_before_raw_coefficients_were_possible():
    values = to_dict(TINY)
    del values["standardised"]
    assert from_dict(OferConfig, values) == TINY


def test_expression_without_identity():
    config = dataclasses.replace(TINY, expgen_sees_identity=False)
    model = Ofer(config, FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    assert model.sample_expressions(torch.zeros(2, 6), None, 3, torch_generator(0)).expression.shape == (2, 3, 5)
    seeing = Ofer(TINY, FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)))
    with pytest.raises(InputError, match="conditioned on the identity"):
        seeing.sample_expressions(torch.zeros(2, 6), None, 3, torch_generator(0))


def test_each_network_owns_an_encoder():
    encoders = {part: torch.nn.Linear(10, 6) for part in ("idgen", "idrank", "expgen")}
    model = Ofer(TINY, FrontFace(torch.randn(6, 3), torch.randn(4, 6, 3)), encoders)
    assert all(getattr(model, part).encoder is encoder for part, encoder in encoders.items())
    assert model.sample_identities(torch.randn(2, 10), 3, torch_generator(0)).shape == (2, 3, 4)
    assert "idgen.encoder.weight" in model.state_dict()


@pytest.mark.parametrize("config", [PAPER, OPEN, TINY])
def test_config_survives_json(config):
    assert from_json(OferConfig, to_json(config)) == config


def test_unknown_config_key_is_refused():
    with pytest.raises(ConfigError, match="numattn"):
        from_json(OferConfig, to_json(TINY).replace('"heads"', '"numattn"', 1))


def test_wrong_sizes_are_refused(model):
    with pytest.raises(InputError, match="condition has 9"):
        model.sample_identities(torch.zeros(1, 9), 2, torch_generator(0))
    with pytest.raises(InputError, match="cannot draw"):
        model.sample_identities(torch.zeros(1, 6), 0, torch_generator(0))
    with pytest.raises(InputError, match="front face"):
        Ofer(TINY, FrontFace(torch.zeros(9, 3), torch.zeros(4, 9, 3)))
