"""The synthetic protocol: held-out faces with exact truth, seen by the detector under occluders (after OFER's CO-545).

Errors are those of the front of the neutral face after rigid alignment, millimetres; spread and calibration are those
of the sampled distributions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from rich.console import Console
from torch import Tensor

from manyfaces.bench.equality import SamplerEquality
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import provenance, show_tables
from manyfaces.bench.synthetic_report import SyntheticReport, make_report
from manyfaces.core.errors import InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import SamplerConfig
from manyfaces.geometry import fit_rigid
from manyfaces.heads import HeadModel
from manyfaces.methods.ofer import Expressions, Ranking
from manyfaces.methods.ofer.config import RankingName
from manyfaces.metrics import (
    aligned_error_mm,
    central_coverage,
    crps,
    crps_standard_normal,
    ranks,
    region_spread_ratio,
    spread_mm,
)
from manyfaces.metrics.vertices import MM_PER_M


@runtime_checkable
class FaceSampler(Protocol):
    """A model under test; `manyfaces.methods.ofer.Ofer` is one."""

    def sample_identities(
        self, condition: Tensor, n: int, generator: torch.Generator, sampler: SamplerConfig | None = None
    ) -> Tensor:
        """Draw (B, n, S) identities."""
        ...

    def rank(self, condition: Tensor, identities: Tensor, by: RankingName | None = None) -> Ranking:
        """Order (B, N, S) identities, best first: the model's own way, or by the paper's network."""
        ...

    def sample_expressions(
        self,
        condition: Tensor,
        identity: Tensor | None,
        m: int,
        generator: torch.Generator,
        sampler: SamplerConfig | None = None,
    ) -> Expressions:
        """Draw m expressions with jaw for each condition, on (B, m, S) identities."""
        ...


@dataclass(frozen=True)
class SyntheticSet:
    """Observed faces with their truth, from seeds that no model was trained on.

    Attributes:
        condition: what the model sees.
        identity: standard deviations; may have more coefficients than the model under test, whose rest is zero.
        expression: coefficients.
        jaw: axis-angle, radians.
        hidden: which vertices of the head's front were hidden.
        person: whose face it is.
        regressed_identity: what a deterministic regressor of the same data and input says: a baseline.
        prior_expression: (P, E + 3) draws of expression and jaw from the training prior.
    """

    condition: Float[Tensor, "n C"]
    identity: Float[Tensor, "n S"]
    expression: Float[Tensor, "n E"]
    jaw: Float[Tensor, "n 3"]
    hidden: Bool[Tensor, "n F"]
    person: Int[Tensor, " n"]
    regressed_identity: Float[Tensor, "n R"]
    prior_expression: Float[Tensor, "P K"]

    def __len__(self) -> int:
        return len(self.identity)


@dataclass(frozen=True)
class SyntheticSizes:
    """How much is sampled.

    Attributes:
        n_candidates: identities to rank.
        n_many: identities whose mean is taken, and whose law is compared with the truth.
        n_expressions: expressions for the same, each on one of those identities.
        n_joint: joint hypotheses, for spread.
        chunk: faces sampled at once.
    """

    n_candidates: int = 100
    n_many: int = 1000
    n_expressions: int = 200
    n_joint: int = 15
    chunk: int = 8


Figures = Mapping[str, Tensor]
"""By name, one value per face (or per face and coefficient)."""


def run_synthetic(
    model: FaceSampler,
    head: HeadModel,
    faces: SyntheticSet,
    out: Path,
    sizes: SyntheticSizes | None = None,
    seed: int = 0,
    sampler_gaps: Mapping[str, SamplerEquality] | None = None,
    device: str | torch.device = "cpu",
    model_name: str | None = None,
    console: Console | None = None,
) -> SyntheticReport:
    """Measure a model on held-out synthetic faces; print the tables and write them with plots to `out`.

    Args:
        model: under test.
        head: whose coefficients it gives.
        faces: with exact truth.
        out: folder for the results.
        sizes: how much is sampled.
        seed: of all sampling.
        sampler_gaps: what `sampler_equality` measured, by network, to be printed along.
        device: where the model is.
        model_name: for the report.
        console: where the table is printed; stdout by default.

    Raises:
        InputError: no faces.
        OutputError: `out` cannot be written.
    """
    if len(faces) == 0:
        raise InputError("the synthetic set is empty")
    sizes = sizes or SyntheticSizes()
    trial = _Trial(model, Front(head), faces, sizes, torch.device(device))
    gathered: dict[str, list[Tensor]] = {}
    with progress_bar("synthetic faces", len(faces)) as advance, torch.no_grad():
        for rows in torch.arange(len(faces)).split(sizes.chunk):
            generator = torch_generator(seed, "synthetic", int(rows[0]))
            many = trial.identities(rows, sizes.n_many, generator)
            figures = {
                **_identity_figures(trial, rows, many, generator),
                **_expression_figures(trial, rows, many[:, : sizes.n_expressions], generator),
            }
            for name, values in figures.items():
                gathered.setdefault(name, []).append(values)
            for _ in rows:
                advance()
    report = make_report(
        {name: torch.cat(values) for name, values in gathered.items()}, faces.person, head, dict(sampler_gaps or {})
    )
    report.write(out, provenance(seed, device, model=model_name, pictures=len(faces)))
    show_tables(report.tables, console or Console())
    return report


class Front:
    """The front of a head as a function of its coefficients.

    Args:
        head: the head model; its mask "front" says which vertices count.
    """

    def __init__(self, head: HeadModel):
        self._head = head
        self._mask = head.mask("front")
        self._template = head.template[self._mask]
        self._basis = head.identity_basis[:, self._mask]

    def neutral(self, identity: Float[Tensor, "*B S"]) -> Float[Tensor, "*B F 3"]:
        """Neutral faces, metres; the head itself is not evaluated beyond its front."""
        return self._template + (identity @ self._basis[: identity.shape[-1]].flatten(1)).unflatten(
            -1, self._template.shape
        )

    def expressive(self, identity: Tensor, expression: Tensor, jaw: Tensor) -> Float[Tensor, "*B F 3"]:
        """Faces with expression and jaw, metres."""
        return self._head(identity, expression, self._head.jaw_pose(jaw))[..., self._mask, :]


@dataclass(frozen=True)
class _Trial:
    """What the figures of every chunk share; the model runs on its device, everything else on the CPU."""

    model: FaceSampler
    front: Front
    faces: SyntheticSet
    sizes: SyntheticSizes
    device: torch.device

    def identities(self, rows: Tensor, n: int, generator: torch.Generator) -> Float[Tensor, "B n S"]:
        return self.model.sample_identities(self._condition(rows), n, generator).cpu()

    def best(
        self, rows: Tensor, candidates: Float[Tensor, "B N S"], by: RankingName | None = None
    ) -> Float[Tensor, "B S"]:
        given = candidates.to(self.device)
        return self.model.rank(self._condition(rows), given, by).best(given).cpu()

    def expressions(self, rows: Tensor, identity: Float[Tensor, "B m S"], generator: torch.Generator) -> Expressions:
        given = identity.to(self.device)
        drawn = self.model.sample_expressions(self._condition(rows), given, identity.shape[1], generator)
        return Expressions(drawn.expression.cpu(), drawn.jaw.cpu())

    def _condition(self, rows: Tensor) -> Tensor:
        return self.faces.condition[rows].to(self.device)


def _identity_figures(trial: _Trial, rows: Tensor, many: Float[Tensor, "B n S"], generator: torch.Generator) -> Figures:
    front, sizes, truth = trial.front, trial.sizes, trial.faces.identity[rows]
    candidates = trial.identities(rows, sizes.n_candidates, generator)
    best, by_network = trial.best(rows, candidates), trial.best(rows, candidates, "network")
    random = torch.randn(len(rows), sizes.n_candidates, truth.shape[1], generator=generator)
    known = truth[:, : many.shape[2]]
    true_face, middle = front.neutral(truth)[:, None], front.neutral(many.mean(1))[:, None]
    errors = aligned_error_mm(front.neutral(candidates), true_face)
    nearest = aligned_error_mm(front.neutral(candidates), middle).argmin(1, keepdim=True)
    return {
        "random": aligned_error_mm(front.neutral(random), true_face).mean(1),
        "avg": errors.mean(1),
        "min": errors.amin(1),
        "nearest": errors.gather(1, nearest)[:, 0],
        "rank": aligned_error_mm(front.neutral(best)[:, None], true_face)[:, 0],
        "idrank": aligned_error_mm(front.neutral(by_network)[:, None], true_face)[:, 0],
        "mean_of_samples": aligned_error_mm(middle, true_face)[:, 0],
        "regressor": aligned_error_mm(front.neutral(trial.faces.regressed_identity[rows])[:, None], true_face)[:, 0],
        "mean_head": aligned_error_mm(front.neutral(torch.zeros_like(truth))[:, None], true_face)[:, 0],
        "rank_by_vertex": _vertex_errors_mm(front.neutral(best), true_face[:, 0]),
        "identity_depth": _depth(many, known),
        "identity_covered": central_coverage(many, known),
        "identity_crps": crps(many, known),
        "identity_crps_prior": crps_standard_normal(known),
    }


def _expression_figures(
    trial: _Trial, rows: Tensor, identity: Float[Tensor, "B m S"], generator: torch.Generator
) -> Figures:
    faces, sizes = trial.faces, trial.sizes
    truth = torch.cat([faces.expression[rows], faces.jaw[rows]], 1)
    # Each on an identity of its own: the joint distribution is what must be calibrated.
    drawn = trial.expressions(rows, identity, generator)
    many = torch.cat([drawn.expression, drawn.jaw], 2)
    # In units of the prior's deviation, so that no coefficient counts for more because of its unit. What never varies
    # (the jaw's roll in the open head) has no unit and nothing to be known.
    deviation = faces.prior_expression.std(0)
    varies = deviation > 1e-6
    unit, truth, many = deviation[varies], truth[:, varies], many[..., varies]
    prior = faces.prior_expression[None, :, varies].expand(len(rows), -1, -1)
    few = slice(sizes.n_joint)
    joint = trial.front.expressive(identity[:, few], drawn.expression[:, few], drawn.jaw[:, few])
    return {
        "expression_depth": _depth(many, truth),
        "expression_covered": central_coverage(many, truth),
        "expression_crps": crps(many, truth) / unit,
        "expression_crps_prior": crps(prior, truth) / unit,
        "spread_ratio": region_spread_ratio(spread_mm(_aligned(joint)), faces.hidden[rows]),
    }


def _depth(samples: Float[Tensor, "B N K"], truth: Float[Tensor, "B K"]) -> Float[Tensor, "B K"]:
    """The level of the central interval whose edge the truth lies on, 0 to 1; uniform if the samples are calibrated."""
    return (2 * (ranks(samples, truth) + 0.5) / (samples.shape[1] + 1) - 1).abs()


def _vertex_errors_mm(faces: Float[Tensor, "B F 3"], truth: Float[Tensor, "B F 3"]) -> Float[Tensor, "B F"]:
    return (fit_rigid(faces, truth).apply(faces) - truth).norm(dim=-1) * MM_PER_M


def _aligned(vertices: Float[Tensor, "B N V 3"]) -> Float[Tensor, "B N V 3"]:
    return fit_rigid(vertices, vertices.mean(1, keepdim=True).expand_as(vertices)).apply(vertices)
