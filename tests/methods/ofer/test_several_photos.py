"""Several photos of one person: normal laws whose product is known."""

from dataclasses import replace

import pytest
import torch

from manyfaces.methods.ofer import OPEN, IdGen, UNetConfig
from manyfaces.methods.ofer.several_photos import (
    fused,
    gathered,
    sample_gathered_identity,
    sample_shared_identity,
)
from manyfaces.nn import ConditionalStandardiser

N_IDENTITY, N_CONDITION, NOISE = 4, 4, 0.5


def linear_world(n: int, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit normal coefficients; each of k photos shows them with independent noise."""
    source = torch.Generator().manual_seed(0)
    truth = torch.randn(n, N_IDENTITY, generator=source)
    return truth, truth[:, None] + NOISE * torch.randn(n, k, N_CONDITION, generator=source)


@pytest.fixture(scope="module")
def standardiser() -> ConditionalStandardiser:
    truth, photos = linear_world(20_000, 1)
    fitted = ConditionalStandardiser(N_IDENTITY, N_CONDITION)
    fitted.fit(truth, photos[:, 0])
    return fitted


def test_independent_photos_give_the_product_of_their_posteriors(standardiser: ConditionalStandardiser) -> None:
    _, photos = linear_world(3, 4)
    law = fused(standardiser, photos[0], correlation=0.0)
    precision = 1 + 4 / NOISE**2
    assert torch.allclose(law.mean.float(), photos[0].sum(0) / NOISE**2 / precision, atol=0.05)
    assert torch.allclose(law.std.float(), torch.full((N_IDENTITY,), precision**-0.5), atol=0.01)


def test_one_photo_is_as_before(standardiser: ConditionalStandardiser) -> None:
    _, photos = linear_world(2, 1)
    law = fused(standardiser, photos[0])
    assert torch.allclose(law.mean.float(), standardiser.mean(photos[0])[0], atol=0.02)
    assert torch.allclose(law.std.float(), standardiser.std(photos[0])[0], atol=0.01)


def test_photos_that_err_alike_say_no_more_than_one(standardiser: ConditionalStandardiser) -> None:
    _, photos = linear_world(2, 1)
    same = photos[0].expand(5, -1)
    law, once = fused(standardiser, same, correlation=1.0), fused(standardiser, photos[0])
    assert torch.allclose(law.mean, once.mean, atol=1e-5)
    assert torch.allclose(law.std, once.std, atol=1e-5)


@pytest.mark.parametrize("standardised", [True, False])
def test_samples_are_drawn_for_any_number_of_photos(standardised: bool) -> None:
    idgen = small_idgen(standardised)
    photos = torch.randn(3, N_CONDITION, generator=torch.Generator().manual_seed(1))
    drawn = sample_shared_identity(idgen, photos, 7, torch.Generator().manual_seed(2))
    again = sample_shared_identity(idgen, photos.flip(0), 7, torch.Generator().manual_seed(2))
    assert drawn.shape == (7, N_IDENTITY)
    assert drawn.isfinite().all()
    assert torch.allclose(drawn, again, atol=1e-4)  # the order of the photos is of no matter


@pytest.mark.parametrize("standardised", [True, False])
def test_frames_one_by_one_are_as_photos_together(standardised: bool) -> None:
    idgen = small_idgen(standardised)
    if idgen.generator.standardiser is not None:
        idgen.generator.standardiser.fit(*(x[:, 0] if x.ndim == 3 else x for x in linear_world(4000, 1)))
    frames = torch.randn(50, N_CONDITION, generator=torch.Generator().manual_seed(1))
    streamed = gathered(idgen, frames[:1])
    for frame in frames[1:]:
        streamed = streamed + gathered(idgen, frame[None])
    drawn = sample_gathered_identity(idgen, streamed, 7, torch.Generator().manual_seed(2))
    together = sample_shared_identity(idgen, frames, 7, torch.Generator().manual_seed(2))
    assert torch.allclose(drawn, together, atol=1e-5)


def small_idgen(standardised: bool) -> IdGen:
    config = replace(
        OPEN,
        idgen=UNetConfig(widths=(16, 8), heads=1, head_dim=4, n_qkv=2, time_dim=8),
        n_identity=N_IDENTITY,
        identity_condition_dim=N_CONDITION,
        standardised=standardised,
    )
    torch.manual_seed(0)
    return IdGen(config).eval()
