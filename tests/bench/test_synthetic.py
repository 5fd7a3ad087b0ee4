"""In a world of normal distributions the exact posterior is known, and with it what the protocol must say of it."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor

from manyfaces.bench.equality import SamplerEquality, sampler_equality
from manyfaces.bench.synthetic import FaceSampler, SyntheticSet, SyntheticSizes, run_synthetic
from manyfaces.bench.synthetic_report import SyntheticReport
from manyfaces.core.errors import InputError
from manyfaces.diffusion import ANCESTRAL, FAST, SamplerConfig
from manyfaces.heads import HeadData, HeadModel
from manyfaces.methods.ofer import Expressions, Ranking
from manyfaces.methods.ofer.config import RankingName

N_IDENTITY, N_EXPRESSION, NOISE = 6, 4, 0.5
POSTERIOR_STD = (NOISE**2 / (1 + NOISE**2)) ** 0.5
HIDDEN_LEVER = 3.0


def tiny_head() -> HeadData:
    """40 vertices, the first 30 of them the front; the first ten move three times as far as the others."""
    generator = np.random.default_rng(0)
    lever = np.where(np.arange(40) < 10, HIDDEN_LEVER, 1.0)[:, None]
    return HeadData(
        name="tiny",
        template=generator.normal(0, 0.1, (40, 3)).astype(np.float32),
        identity_basis=(lever * generator.normal(0, 0.001, (N_IDENTITY, 40, 3))).astype(np.float32),
        expression_basis=(lever * generator.normal(0, 0.001, (N_EXPRESSION, 40, 3))).astype(np.float32),
        unit_names=(),
        unit_shapes=np.zeros((0, 40, 3), np.float32),
        faces=np.array([[0, 1, 2]]),
        joint_names=("neck", "jaw"),
        joint_parents=np.array([-1, 0]),
        joint_template=np.zeros((2, 3), np.float32),
        joint_identity_basis=np.zeros((N_IDENTITY, 2, 3), np.float32),
        skinning_weights=np.tile(np.array([1, 0], np.float32), (40, 1)),
        pose_correctives=np.zeros((9, 40, 3), np.float32),
        uv=np.zeros((0, 2), np.float32),
        uv_faces=np.zeros((0, 3), int),
        masks={"front": np.arange(40) < 30},
    )


class Exact:
    """The exact posterior of unit-normal coefficients seen through noise; `width` scales its spread."""

    def __init__(self, width: float = 1.0, ranks_well: bool = True):
        self.width, self.ranks_well = width, ranks_well

    def _draw(self, condition: Tensor, n: int, generator: torch.Generator) -> Tensor:
        noise = torch.randn(len(condition), n, condition.shape[1], generator=generator)
        return (condition / (1 + NOISE**2))[:, None] + self.width * POSTERIOR_STD * noise

    def sample_identities(
        self, condition: Tensor, n: int, generator: torch.Generator, sampler: SamplerConfig | None = None
    ) -> Tensor:
        return self._draw(condition[:, :N_IDENTITY], n, generator)

    def rank(self, condition: Tensor, identities: Tensor, by: RankingName | None = None) -> Ranking:
        distance = (identities - (condition[:, :N_IDENTITY] / (1 + NOISE**2))[:, None]).norm(dim=-1)
        scores = torch.softmax(-distance if self.ranks_well else distance, -1)
        return Ranking(scores.argsort(-1, descending=True), scores)

    def sample_expressions(
        self,
        condition: Tensor,
        identity: Tensor | None,
        m: int,
        generator: torch.Generator,
        sampler: SamplerConfig | None = None,
    ) -> Expressions:
        assert identity is not None
        assert identity.shape == (len(condition), m, N_IDENTITY)
        return Expressions(*self._draw(condition[:, N_IDENTITY:], m, generator).split([N_EXPRESSION, 3], -1))


def faces(n: int = 150) -> SyntheticSet:
    generator = torch.Generator().manual_seed(1)
    truth = torch.randn(n, N_IDENTITY + N_EXPRESSION + 3, generator=generator)
    identity, expression, jaw = truth.split([N_IDENTITY, N_EXPRESSION, 3], 1)
    condition = truth + NOISE * torch.randn(truth.shape, generator=generator)
    return SyntheticSet(
        condition=condition,
        identity=identity,
        expression=expression,
        jaw=jaw,
        hidden=(torch.arange(30) < 10).expand(n, -1),
        person=torch.arange(n) % 11,
        regressed_identity=condition[:, :N_IDENTITY] / (1 + NOISE**2),
        prior_expression=torch.randn(2000, N_EXPRESSION + 3, generator=generator),
    )


def measure(model: FaceSampler, out: Path) -> SyntheticReport:
    sizes = SyntheticSizes(n_candidates=40, n_many=150, n_joint=15, chunk=50)
    console = Console(file=io.StringIO())
    return run_synthetic(
        model,
        HeadModel(tiny_head()),
        faces(),
        out,
        sizes,
        sampler_gaps={"idgen": SamplerEquality(1.1, 1.15)},
        console=console,
    )


def test_the_exact_posterior_meets_the_bars(tmp_path: Path) -> None:
    report = measure(Exact(), tmp_path)
    for what in ("identity", "expression"):
        assert report.figures[f"{what}_coverage"] == pytest.approx(0.9, abs=0.025)
        # CRPS of a calibrated normal prediction goes with its standard deviation; the prior's is one.
        assert report.figures[f"{what}_crps_over_prior"] == pytest.approx(POSTERIOR_STD, abs=0.03)
    assert report.figures["rank_over_nearest"] == pytest.approx(1, abs=0.15)
    # A regressor says the mean of the posterior, which the mean of many samples approaches.
    assert report.figures["regressor_mm"] == pytest.approx(report.figures["mean_of_samples_mm"], rel=0.03)
    sure = report.intervals["rank_mm"]
    assert sure.low < report.figures["rank_mm"] < sure.high
    # The same lever everywhere but for the part of it that rigid alignment takes out.
    assert report.figures["hidden_over_visible_spread"] == pytest.approx(HIDDEN_LEVER, rel=0.2)
    assert [b.name for b in report.bars if not b.met] == []


def test_an_overconfident_model_is_found_out(tmp_path: Path) -> None:
    report = measure(Exact(width=0.3), tmp_path)
    missed = {b.name for b in report.bars if not b.met}
    assert {"identity: truth in the central 90 %, %", "expression: truth in the central 90 %, %"} <= missed


def test_a_bad_ranking_is_found_out(tmp_path: Path) -> None:
    report = measure(Exact(ranks_well=False), tmp_path)
    missed = {b.name for b in report.bars if not b.met}
    assert {"avg > rank: difference, mm", "what ranking recovers over what the nearest to the mean does"} <= missed
    assert report.figures["nearest_recovers"] > 0


def test_the_files(tmp_path: Path) -> None:
    report = measure(Exact(), tmp_path / "out")
    written = json.loads((tmp_path / "out" / "synthetic.json").read_text())
    assert written["figures"] == dict(report.figures)
    assert len(written["bars"]) == len(report.bars)
    table = (tmp_path / "out" / "synthetic.md").read_text()
    assert "| sampler_gap_idgen | 1.1 |" in table
    assert "| sampler_energy_idgen | 1.15 |" in table
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        *(f"synthetic.{ending}" for ending in ("md", "tex", "csv", "json")),
        *(f"synthetic_{plot}.png" for plot in ("errors", "calibration", "error_map")),
    }
    assert len(written["items"]["names"]) == 150
    assert np.mean(written["items"]["values"]["rank_mm"]) == pytest.approx(report.figures["rank_mm"])
    assert set(written["items"]["subjects"]) == {f"person {k}" for k in range(11)}


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run_synthetic(Exact(), HeadModel(tiny_head()), faces(0), tmp_path)


@pytest.mark.parametrize(("width", "equal"), [(1.0, True), (0.9, False)])
def test_sampler_equality_sees_a_shrunk_spread(width: float, equal: bool) -> None:
    def draw(sampler: SamplerConfig, generator: torch.Generator) -> Tensor:
        return (width if sampler is FAST else 1.0) * torch.randn(20, 1000, 50, generator=generator)

    gaps = sampler_equality(draw, FAST, ANCESTRAL)
    assert (gaps.statistics <= 1.2) == equal
    assert (gaps.energy <= 1.2) == equal
