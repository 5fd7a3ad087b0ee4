"""IdRank: which of the sampled identities is nearest to the truth (OFER, section 3.3)."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from manyfaces.core.errors import InputError
from manyfaces.methods.ofer.config import OferConfig
from manyfaces.methods.ofer.encoder import GivenCondition
from manyfaces.nn import GatedMLP


@dataclass(frozen=True)
class FrontFace:
    """The front of a neutral head as a linear function of the identity: all that ranking needs of a head model.

    Attributes:
        template_mm: (V, 3) mean face, millimetres.
        basis_mm: (S, V, 3) displacement per unit of each identity coefficient, millimetres.
    """

    template_mm: Float[Tensor, "V 3"]
    basis_mm: Float[Tensor, "S V 3"]


@dataclass(frozen=True)
class Ranking:
    """Candidates in order.

    Attributes:
        order: (B, N) candidate numbers, best first; equal scores keep their order.
        scores: (B, N) probability of each candidate, in the candidates' own order; they sum to 1.
    """

    order: Int[Tensor, "B N"]
    scores: Float[Tensor, "B N"]

    @staticmethod
    def by(logits: Float[Tensor, "B N"]) -> "Ranking":
        """Rank by logits, higher is better."""
        scores = torch.softmax(logits, -1)
        return Ranking(torch.argsort(scores, dim=-1, descending=True, stable=True), scores)

    def agreed(self) -> "Ranking":
        """One ranking for all photos of a person, by the product of what each says."""
        logits = self.scores.clamp_min(1e-30).log().mean(0, keepdim=True)
        return Ranking.by(logits.expand_as(self.scores))

    def best(self, candidates: Float[Tensor, "B N S"]) -> Float[Tensor, "B S"]:
        """The candidates ranked first."""
        return self.sorted(candidates)[:, 0]

    def sorted(self, candidates: Float[Tensor, "B N S"]) -> Float[Tensor, "B N S"]:
        """All candidates, best first."""
        return torch.take_along_dim(candidates, self.order[..., None], 1)


class IdRank(nn.Module):
    """Scores candidates by an MLP over (mean of all candidates, own difference to it), conditioned on the photo.

    Args:
        config: sizes.
        front: front face of the head model; not stored with the weights.
        encoder: a `ConditionEncoder` module; none if observations are condition vectors already.

    Raises:
        InputError: the front face does not have the configured sizes.
    """

    def __init__(self, config: OferConfig, front: FrontFace, encoder: nn.Module | None = None):
        super().__init__()
        expected = (config.n_identity, config.idrank.n_vertices, 3)
        if tuple(front.basis_mm.shape) != expected:
            raise InputError(
                f"the front face basis is {tuple(front.basis_mm.shape)}, the configuration says {expected}"
            )
        self.config = config
        self.encoder = encoder if encoder is not None else GivenCondition()
        self.register_buffer("template_mm", front.template_mm.flatten(), persistent=False)
        self.register_buffer("basis_mm", front.basis_mm.flatten(1), persistent=False)
        flat = 3 * config.idrank.n_vertices
        self.net = GatedMLP(flat, flat, config.idrank.widths, config.rank_condition_dim)

    def forward(self, observation: Any, identities: Float[Tensor, "B N S"]) -> Float[Tensor, "B N"]:
        """Logits of the candidates of each photo."""
        mean = identities.mean(1, keepdim=True)
        basis = cast(Tensor, self.basis_mm)
        # The face is linear in the identity: mean and residual faces are those of the mean and residual coefficients.
        mean_mm, residual_mm = mean @ basis, (identities - mean) @ basis
        if not self.config.idrank.centred:
            mean_mm = mean_mm + cast(Tensor, self.template_mm)
        return self.net(mean_mm, residual_mm, self.encoder(observation)[:, None])

    def distance_mm(self, identities: Float[Tensor, "B N S"], truth: Float[Tensor, "B S"]) -> Float[Tensor, "B N"]:
        """Mean absolute coordinate difference of each candidate's front face to the true one."""
        return ((identities - truth[:, None]) @ cast(Tensor, self.basis_mm)).abs().mean(-1)

    @torch.no_grad()
    def rank(self, observation: Any, identities: Float[Tensor, "B N S"]) -> Ranking:
        """Order the candidates of each photo, best first."""
        return Ranking.by(self(observation, identities))
