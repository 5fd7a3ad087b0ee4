"""OFER (CVPR 2025): diffusion over identities, a ranking of them, diffusion over expressions."""

from manyfaces.methods.ofer.config import OPEN, PAPER, OferConfig, RankConfig, UNetConfig
from manyfaces.methods.ofer.consensus import Consensus
from manyfaces.methods.ofer.encoder import ConditionEncoder, GivenCondition
from manyfaces.methods.ofer.expgen import ExpGen, Expressions
from manyfaces.methods.ofer.idgen import IdGen
from manyfaces.methods.ofer.idrank import FrontFace, IdRank, Ranking
from manyfaces.methods.ofer.model import Ofer
from manyfaces.methods.ofer.objective import Example, expgen_loss, idgen_loss, idrank_loss

__all__ = [
    "OPEN",
    "PAPER",
    "ConditionEncoder",
    "Consensus",
    "Example",
    "ExpGen",
    "Expressions",
    "FrontFace",
    "GivenCondition",
    "IdGen",
    "IdRank",
    "Ofer",
    "OferConfig",
    "RankConfig",
    "Ranking",
    "UNetConfig",
    "expgen_loss",
    "idgen_loss",
    "idrank_loss",
]
