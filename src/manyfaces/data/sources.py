"""Training examples drawn from a bank of observations."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.core.seeds import torch_generator
from manyfaces.data.bank import Bank
from manyfaces.methods.ofer import Example
from manyfaces.methods.ofer.point_encoder import Observations, PointEncoder


def observations(bank: Bank) -> Observations:
    """The bank's observations as tensors."""
    parts = (bank.points, bank.depth, bank.hidden, bank.hidden_at, bank.score)
    return Observations(*(torch.from_numpy(part.astype("float32", copy=False)) for part in parts))


def coefficients(bank: Bank, n_identity: int) -> Float[Tensor, "N K"]:
    """The bank's true identity (its first coefficients), expression and jaw, side by side."""
    parts = (bank.identity[:, :n_identity], bank.expression, bank.jaw)
    return torch.cat([torch.from_numpy(part.astype("float32", copy=False)) for part in parts], 1)


@dataclass(frozen=True)
class EncodedBank:
    """Condition vectors with their truth, for the three OFER networks.

    The encoder is frozen, so that its vectors are computed once.

    Attributes:
        condition: (N, C).
        identity: (N, S).
        expression: (N, E).
        jaw: (N, 3).
        validation: rows kept for validation; no scene is on both sides.
    """

    condition: Float[Tensor, "N C"]
    identity: Float[Tensor, "N S"]
    expression: Float[Tensor, "N E"]
    jaw: Float[Tensor, "N 3"]
    validation: Bool[Tensor, " N"]

    @staticmethod
    @torch.no_grad()
    def encode(bank: Bank, encoder: PointEncoder, chunk: int = 4096) -> "EncodedBank":
        """Run the encoder over a bank."""
        seen = observations(bank)
        rows = torch.arange(len(bank)).split(chunk)
        condition = torch.cat([encoder.condition(seen.at(r)) for r in rows])
        truth = coefficients(bank, encoder.config.n_identity)
        sizes = [encoder.config.n_identity, encoder.config.n_expression, 3]
        identity, expression, jaw = truth.split(sizes, 1)
        return EncodedBank(condition, identity, expression, jaw, validation_rows(bank))

    def side(self, validation: bool) -> "BankSource":
        """The training or the validation rows as a source."""
        return BankSource(self, (self.validation == validation).nonzero()[:, 0])


ALL_ROWS = slice(None)


@dataclass(frozen=True)
class BankSource:
    """Random rows of an encoded bank; the same for the same seed and step."""

    bank: EncodedBank
    rows: Int[Tensor, " R"]

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> Example:
        """Draw `size` examples with replacement, and make those of them that are named by `rows`."""
        picked = torch.randint(len(self.rows), (size,), generator=torch_generator(seed, "bank", step))[rows]
        at, bank = self.rows[picked], self.bank
        return Example(bank.condition[at], bank.identity[at], bank.expression[at], bank.jaw[at])


VALIDATION_EVERY = 20


def validation_rows(bank: Bank) -> Bool[Tensor, " N"]:
    """One scene in twenty is for validation."""
    return torch.from_numpy(bank.scene % VALIDATION_EVERY == 0)
