"""With a model that draws near the truth, and a ranking that knows it, everything in the table is known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from manyfaces.bench.ablation import AblationReport, Mix, measure_mixes
from manyfaces.bench.report import provenance
from manyfaces.bench.synthetic import SyntheticSet
from manyfaces.heads import HeadModel
from manyfaces.methods.ofer import Ranking

N_IDENTITY, N_FACES = 6, 16
MIXES = (Mix(8, 0), Mix(40, 0), Mix(5, 5), Mix(8, 2), Mix(0, 10))


class Teller:
    """Samples are the truth and a little; the network ranks by the truth, the consensus prefers the last."""

    def sample_identities(self, condition: Tensor, n: int, generator: torch.Generator, sampler=None) -> Tensor:
        return condition[:, None] + 0.1 * torch.randn(len(condition), n, N_IDENTITY, generator=generator)

    def rank(self, condition: Tensor, identities: Tensor, by=None) -> Ranking:
        if by == "network":
            return Ranking.by(-(identities - condition[:, None]).norm(dim=-1))
        return Ranking.by(torch.arange(identities.shape[1]).expand(identities.shape[:2]).double())

    def sample_expressions(self, condition: Tensor, identity, m: int, generator: torch.Generator, sampler=None):
        raise NotImplementedError


@pytest.fixture(scope="module")
def report(synthetic) -> AblationReport:
    basis = np.random.default_rng(0).normal(0, 0.001, (N_IDENTITY, 162, 3)).astype(np.float32)
    identity = torch.randn(N_FACES, N_IDENTITY, generator=torch.Generator().manual_seed(0))
    faces = SyntheticSet(
        condition=identity,
        identity=identity,
        expression=torch.zeros(N_FACES, 2),
        jaw=torch.zeros(N_FACES, 3),
        hidden=torch.zeros(N_FACES, 1, dtype=torch.bool),
        person=torch.arange(N_FACES) % 5,
        regressed_identity=identity,
        prior_expression=torch.zeros(1, 5),
    )
    head = HeadModel(replace(synthetic.ball_head(), identity_basis=basis, joint_identity_basis=np.zeros((6, 2, 3))))
    return measure_mixes(Teller(), head, faces, N_IDENTITY, mixes=MIXES)


def mean(report: AblationReport, mix: Mix, choice: str) -> float:
    return float(report.figures[mix, choice][:, 1].mean())


def test_more_random_heads_hold_a_better_one_but_no_better_average(report: AblationReport) -> None:
    few, many = MIXES[:2]
    assert mean(report, many, "ideal") < 0.9 * mean(report, few, "ideal")
    assert mean(report, many, "average") == pytest.approx(mean(report, few, "average"), rel=0.1)
    assert (few, "network") not in report.figures


def test_a_ranking_that_works_finds_the_samples_in_any_mix(report: AblationReport) -> None:
    for mix in MIXES[2:]:
        assert mean(report, mix, "network") < 0.2 * mean(report, MIXES[0], "average")
        assert mean(report, mix, "ideal") <= mean(report, mix, "network") + 0.1
    assert mean(report, MIXES[4], "average") < mean(report, MIXES[2], "average") < mean(report, MIXES[3], "average")
    # The last candidate is a sample, and any of them.
    assert mean(report, MIXES[2], "consensus") == pytest.approx(mean(report, MIXES[4], "average"), rel=0.35)


def test_the_table_is_the_papers(report: AblationReport, tmp_path: Path) -> None:
    network, consensus = report.tables
    assert network.columns[:4] == ("candidates", "ideal median", "ideal mean", "ideal std")
    assert [row[0] for row in network.rows] == [str(mix) for mix in MIXES]
    assert str(MIXES[2]) == "5 random + 5 samples"
    assert str(network.rows[0][4]) == "-"
    assert [str(cell) for cell in network.published[3][4:7]] == ["1.34", "1.81", "1.65"]
    assert consensus.published == ()
    report.write(tmp_path, provenance(0))
    written = json.loads((tmp_path / "ablation.json").read_text())
    assert {f["choice"] for f in written["figures"]} == {"ideal", "network", "consensus", "average"}
    assert len(written["items"]["values"]["10 samples, network"]) == 16
