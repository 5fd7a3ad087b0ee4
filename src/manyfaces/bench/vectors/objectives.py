"""Losses and their gradients."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from manyfaces.bench.vectors.comparison import EQUAL, Comparison, Tolerance, compare, worst
from manyfaces.bench.vectors.folder import VectorSet
from manyfaces.bench.vectors.ranking import N_CANDIDATES, N_IMAGES, Contest
from manyfaces.diffusion import clean_from_noise, linear_schedule
from manyfaces.losses import best_candidate_cross_entropy, listwise_cross_entropy, noise_l1, noise_mse
from manyfaces.methods.ofer import PAPER
from manyfaces.methods.ofer.published import published_projections, registered_tensors
from manyfaces.nn import GatedMLP, UNet1D

FILE = "losses"
NOISED, EPS, CLEAN, DISTANCE, SCORE = (Tolerance(a) for a in (2e-5, 1e-5, 1e-4, 1e-5, 1e-5))
LOSS, LARGE_LOSS = Tolerance(1e-5), Tolerance(1e-3)
GRADIENT, LARGE_GRADIENT, GRADIENT_NORM = Tolerance(1e-6), Tolerance(1e-5), Tolerance(1e-5, 1e-3)


def check_noise_loss(vectors: VectorSet, net: UNet1D) -> list[Comparison]:
    """IdGen's loss on one batch, with the gradients of all its tensors."""
    theirs = vectors.arrays(FILE)
    clean, noise = (vectors.input(f"loss.{name}", 4, net.dim) for name in ("x0", "eps"))
    context, t = vectors.input("loss.context", 4, net.context_dim), torch.from_numpy(theirs["eps.t"])
    schedule = linear_schedule(PAPER.schedule)
    noisy = schedule.noised(clean, noise, t)
    predicted = net(noisy, t, context)
    loss = noise_l1(predicted, noise)
    net.zero_grad()
    loss.backward()
    rows = zip(noisy, predicted.detach(), t.tolist(), strict=True)
    found = torch.stack([clean_from_noise(schedule, x, eps, step) for x, eps, step in rows])
    inputs = {"x0": clean, "e": noise, "context": context}
    return [
        worst("eps.inputs", [compare(FILE, "", a, theirs[f"eps.{name}"], EQUAL) for name, a in inputs.items()]),
        compare(FILE, "eps.x_t", noisy, theirs["eps.x_t"], NOISED),
        compare(FILE, "eps.pred", predicted, theirs["eps.pred"], EPS),
        compare(FILE, "eps.pred_x0", found, theirs["eps.pred_x0"], CLEAN),
        compare(FILE, "eps.l1", loss, theirs["eps.l1"], LOSS),
        compare(FILE, "eps.mse_x100", 100 * noise_mse(predicted, noise), theirs["eps.mse_x100"], LARGE_LOSS),
        *_gradients("eps", _published(_gradient(net)), theirs),
    ]


def check_ranking_losses(vectors: VectorSet) -> list[Comparison]:
    """The three ranking losses of given scores, with their gradients."""
    theirs = vectors.arrays(FILE)
    given = vectors.input("loss.score", N_IMAGES, N_CANDIDATES)
    contest = Contest.draw(vectors)
    distance = contest.distance_mm
    result = [
        compare(FILE, "rank.score", given, theirs["rank.score"], EQUAL),
        compare(FILE, "rank.distance_mm", distance, theirs["rank.distance_mm"], DISTANCE),
    ]
    for name, (loss, tolerance, slope_tolerance) in RANKING_LOSSES.items():
        score = given.clone().requires_grad_()
        value = loss(score, distance)
        (slope,) = torch.autograd.grad(value, score)
        result.append(compare(FILE, f"rank.{name}", value, theirs[f"rank.{name}"], tolerance))
        slope_name = f"rank.{name}.grad_score"
        result.append(compare(FILE, slope_name, slope, theirs[slope_name], slope_tolerance))
    return result


def check_ranking_gradients(vectors: VectorSet, net: GatedMLP) -> list[Comparison]:
    """The ranking network's own losses, with the gradients of all its tensors."""
    theirs = vectors.arrays(FILE)
    contest = Contest.draw(vectors)
    ranker, distance = contest.ranker(net), contest.distance_mm
    score = ranker(contest.context, contest.identities)
    losses = {name: RANKING_LOSSES[name][0](score, distance) for name in ("listnet_official", "listnet_paper_sign")}
    losses["listnet_official"].backward()
    return [
        compare(FILE, "rank_net.score", score, theirs["rank_net.score"], SCORE),
        *(compare(FILE, f"rank_net.{n}", value, theirs[f"rank_net.{n}"], LOSS) for n, value in losses.items()),
        *_gradients("rank_net", _gradient(ranker.net), theirs),
    ]


def _paper_sign(scores: Tensor, distance_mm: Tensor) -> Tensor:
    """The target as the paper prints it, softmax(+distance): that of a negative temperature."""
    return listwise_cross_entropy(scores, distance_mm, temperature_mm=-1.0)


#: Loss of scores and distances, tolerance of its value and of its gradient.
RANKING_LOSSES: Mapping[str, tuple[Callable[[Tensor, Tensor], Tensor], Tolerance, Tolerance]] = {
    "listnet_official": (listwise_cross_entropy, LOSS, GRADIENT),
    "listnet_paper_sign": (_paper_sign, LOSS, GRADIENT),
    "bcelistnet_x1000": (lambda s, d: 1000 * best_candidate_cross_entropy(s, d), LARGE_LOSS, LARGE_GRADIENT),
}


def _gradient(net: nn.Module) -> dict[str, Tensor]:
    return {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in net.named_parameters()}


def _published(gradients: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """By the names of the published tensors: the fused projection's gradient in its sixteen parts."""
    return {**registered_tensors(gradients), **published_projections(gradients)}


def _gradients(prefix: str, ours: Mapping[str, Tensor], theirs: Mapping[str, Any]) -> list[Comparison]:
    """Norms of all gradients, and those that the file holds in full."""
    names = theirs[f"{prefix}.grad_names"].tolist()
    norms = [float(ours[name].double().norm()) for name in names]
    result = [compare(FILE, f"{prefix}.grad_l2 ({len(names)})", norms, theirs[f"{prefix}.grad_l2"], GRADIENT_NORM)]
    full = [key for key in theirs if key.startswith(f"{prefix}.grad.")]
    parts = [compare(FILE, key, ours[key.removeprefix(f"{prefix}.grad.")], theirs[key], GRADIENT) for key in full]
    return [*result, worst(f"{prefix}.grad.* ({len(parts)})", parts)] if parts else result
