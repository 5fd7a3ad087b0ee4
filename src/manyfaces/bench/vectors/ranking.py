"""The ranking network on candidates that are given as faces."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.bench.vectors.comparison import EQUAL, Comparison, Tolerance, compare, worst
from manyfaces.bench.vectors.folder import VectorSet
from manyfaces.bench.vectors.watching import watched
from manyfaces.methods.ofer import PAPER, FrontFace, IdRank
from manyfaces.methods.ofer.published import published_rank_state
from manyfaces.nn import GatedMLP

SCORE, PROBABILITY, EXACT, ACTIVATION = Tolerance(1e-5), Tolerance(1e-7), Tolerance(1e-10), Tolerance(1e-5)
N_IMAGES, N_CANDIDATES, N_VERTICES = 2, 100, PAPER.idrank.n_vertices


@dataclass(frozen=True)
class Contest:
    """The candidates of a set.

    Attributes:
        base_mm: (2, V, 3) what they scatter around.
        faces_mm: (2, 100, V, 3) the candidates.
        context: (2, 1024) condition of each image.
        spread: (100,) how far each candidate is off.
    """

    base_mm: Float[Tensor, "B V 3"]
    faces_mm: Float[Tensor, "B N V 3"]
    context: Float[Tensor, "B C"]
    spread: Float[Tensor, " N"]

    @classmethod
    def draw(cls, vectors: VectorSet) -> "Contest":
        """Draw them by the rule."""
        base = 5 * vectors.input("idrank.base", N_IMAGES, N_VERTICES, 3)
        spread = (0.5 + 3.5 * torch.arange(N_CANDIDATES, dtype=torch.float64) / (N_CANDIDATES - 1)).float()
        noise = vectors.input("idrank.noise", N_IMAGES, N_CANDIDATES, N_VERTICES, 3)
        context = 0.3 * vectors.input("idrank.context", N_IMAGES, PAPER.rank_condition_dim)
        return cls(base, base[:, None] + spread[:, None, None] * noise, context, spread)

    def ranker(self, net: GatedMLP) -> IdRank:
        """Our ranking model on a head whose coefficients are the candidates: one-hot vectors give each face."""
        basis = self.faces_mm.flatten(0, 1)
        config = replace(PAPER, n_identity=len(basis))
        front = FrontFace(torch.zeros_like(basis[0]), basis)
        with torch.device("meta"):
            ranker = IdRank(config, front)
        ranker.net.load_state_dict(published_rank_state(net.state_dict()), strict=True, assign=True)
        return ranker.to(basis.dtype).eval()

    @property
    def distance_mm(self) -> Float[Tensor, "B N"]:
        """Mean over vertices and coordinates of each candidate's distance to what they scatter around."""
        return (self.base_mm[:, None] - self.faces_mm).abs().mean((-2, -1))

    @property
    def identities(self) -> Float[Tensor, "B N S"]:
        """The candidates' coefficients for `ranker`."""
        n_images, n_candidates = self.faces_mm.shape[:2]
        return torch.eye(n_images * n_candidates).to(self.faces_mm).unflatten(0, (n_images, n_candidates))

    def double(self) -> "Contest":
        """The same numbers in float64."""
        return Contest(self.base_mm.double(), self.faces_mm.double(), self.context.double(), self.spread.double())


@torch.no_grad()
def check_ranking(vectors: VectorSet, net: GatedMLP) -> list[Comparison]:
    """Scores of all candidates, of one image alone, of fewer candidates, what passes through, and in float64.

    The network ends up in float64.
    """
    file, theirs = "idrank", vectors.arrays("idrank")
    contest = Contest.draw(vectors)
    ranker, identities = contest.ranker(net), contest.identities
    # The first layer's product is taken in two halves, so its output shows as the second layer's input.
    with watched(ranker.net, {f"act.{k}": f"ranklayers.{k + 1}" for k in range(4)}, "input") as seen:
        scores = ranker(contest.context, identities)
    one = ranker(contest.context[:1], identities[:1])
    three = ranker(contest.context[:1], identities[:1, :3])
    parts = [compare(file, name, seen[name][:, :3, :64], theirs[name], ACTIVATION) for name in sorted(seen)]
    single = contest.double()
    ranker, identities = single.ranker(net.double()), single.identities
    exact = ranker(single.context, identities)
    return [
        _inputs(file, contest, theirs),
        compare(file, "score", scores, theirs["score"], SCORE),
        compare(file, "prob", torch.softmax(scores, -1), theirs["prob"], PROBABILITY),
        worst(f"act.* ({len(parts)})", parts),
        compare(file, "one_image.score", one, theirs["one_image.score"], SCORE),
        compare(file, "one_image.prob", torch.softmax(one, -1), theirs["one_image.prob"], PROBABILITY),
        compare(file, "three_candidates.score", three, theirs["three_candidates.score"], SCORE),
        compare(file, "score_f64", exact, theirs["score_f64"], EXACT),
        compare(file, "prob_f64", torch.softmax(exact, -1), theirs["prob_f64"], EXACT),
        _single_row(file, ranker, single, theirs),
    ]


def _inputs(file: str, contest: Contest, theirs: dict) -> Comparison:
    heads = {
        "base_head": contest.base_mm[:, :4],
        "candidates_head": contest.faces_mm[:, :3, :4],
        "context": contest.context,
        "candidate_scale": contest.spread,
    }
    return worst("inputs", [compare(file, "", ours, theirs[name], EQUAL) for name, ours in heads.items()])


def _single_row(file: str, ranker: IdRank, contest: Contest, theirs: dict) -> Comparison:
    """The published layers leave out the group norm when there is but one row; so it is left out here."""
    for layer in ranker.net.ranklayers:
        if layer.gn is not None:
            layer.gn = nn.Identity()
    score = ranker(contest.context[:1], contest.identities[:1, :1])
    return compare(file, "one_candidate.score_f64", score, theirs["one_candidate.score_f64"], EXACT)
