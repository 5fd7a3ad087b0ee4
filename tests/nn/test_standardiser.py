import torch

from manyfaces.nn import ConditionalStandardiser


def _data(n=20_000):
    g = torch.Generator().manual_seed(0)
    context = torch.randn(n, 4, generator=g)
    mean = context @ torch.tensor([[2.0, 0.0, 0.0, 1.0], [0.0, -1.0, 0.0, 0.0]]).T + torch.tensor([5.0, -3.0])
    std = torch.stack([(0.5 * context[:, 2]).exp(), torch.full((n,), 0.1)], 1)
    return context, mean + std * torch.randn(n, 2, generator=g), std


def test_it_starts_as_the_identity():
    context, x, _ = _data(10)
    assert torch.equal(ConditionalStandardiser(2, 4)(x, context), x)


def test_what_is_left_is_standard_whatever_the_context():
    context, x, std = _data()
    module = ConditionalStandardiser(2, 4)
    module.fit(x, context)
    left = module(x, context)
    torch.testing.assert_close(left.mean(0), torch.zeros(2), atol=0.02, rtol=0)
    for part in (context[:, 2] < -1, context[:, 2].abs() < 0.3, context[:, 2] > 1):
        torch.testing.assert_close(left[part].std(0), torch.ones(2), atol=0.12, rtol=0)
    torch.testing.assert_close(module.std(context), std, atol=0, rtol=0.25)


def test_there_and_back():
    context, x, _ = _data(500)
    module = ConditionalStandardiser(2, 4)
    module.fit(x, context)
    torch.testing.assert_close(module.inverse(module(x, context), context), x, atol=1e-4, rtol=1e-4)
