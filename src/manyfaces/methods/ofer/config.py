"""Sizes of the three OFER networks and how they sample, with presets."""

from dataclasses import dataclass, field
from typing import Literal

from manyfaces.diffusion import FAST, SamplerConfig, ScheduleConfig

RankingName = Literal["network", "consensus"]


@dataclass(frozen=True)
class UNetConfig:
    """Trunk of a denoising network; input and context lengths follow from `OferConfig`.

    Attributes:
        widths: channels at each level, outermost first.
        heads: attention heads.
        head_dim: channels per head.
        n_qkv: projections of the vector that attend to each other.
        time_dim: length of the step embedding.
    """

    widths: tuple[int, ...]
    heads: int = 4
    head_dim: int = 32
    n_qkv: int = 16
    time_dim: int = 512


@dataclass(frozen=True)
class RankConfig:
    """The ranking MLP.

    Attributes:
        widths: hidden widths, multiples of 8 from 32.
        n_vertices: front-face vertices it looks at.
        centred: subtract the mean face from the candidates' mean. Changes only the first layer's bias, but the numbers
            it sees are then a few millimetres and not a hundred. The paper does not.
        temperature_mm: temperature of the listwise loss.
    """

    widths: tuple[int, ...]
    n_vertices: int
    centred: bool = True
    temperature_mm: float = 1.0


@dataclass(frozen=True)
class OferConfig:
    """All of OFER.

    Attributes:
        idgen: trunk of the identity network.
        expgen: trunk of the expression network.
        idrank: the ranking network.
        n_identity: identity coefficients S.
        n_expression: expression coefficients E.
        n_jaw: jaw angles.
        identity_condition_dim: length of IdGen's condition vector.
        expression_condition_dim: length of ExpGen's condition vector, without the identity.
        rank_condition_dim: length of IdRank's condition vector.
        expgen_sees_identity: append the chosen identity to ExpGen's condition, so that the expression fits the face
            it will be put on. The paper does not.
        ranking: "network" (the paper's IdRank) or "consensus", see `Consensus`.
        standardised: diffuse what a linear fit on the condition leaves, at unit variance. The paper diffuses the raw
            coefficients.
        normal_expressions: if standardised, bring each expression coefficient to a normal law first: their tails are
            long.
        schedule: noise schedule of both generators.
        sampler: how samples are drawn.
    """

    idgen: UNetConfig
    expgen: UNetConfig
    idrank: RankConfig
    n_identity: int
    n_expression: int
    n_jaw: int
    identity_condition_dim: int
    expression_condition_dim: int
    rank_condition_dim: int
    expgen_sees_identity: bool = True
    ranking: RankingName = "network"
    standardised: bool = True
    normal_expressions: bool = False
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    sampler: SamplerConfig = FAST


#: The paper's sizes (FLAME, ArcFace 512, FaRL + ArcFace 1024).
PAPER = OferConfig(
    idgen=UNetConfig(widths=(300, 50, 10)),
    expgen=UNetConfig(widths=(53, 25, 10)),
    idrank=RankConfig(widths=(4096, 1024, 256, 64), n_vertices=1785, centred=False),
    n_identity=300,
    n_expression=50,
    n_jaw=3,
    identity_condition_dim=512,
    expression_condition_dim=1024,
    rank_condition_dim=1024,
    expgen_sees_identity=False,
    standardised=False,
)

#: The open recipe: the same structure, trunks wider than the coefficients, a ranker of a hundredth of the paper's
#: parameters.
OPEN = OferConfig(
    idgen=UNetConfig(widths=(160, 80, 40), heads=2, head_dim=8, n_qkv=16, time_dim=64),
    expgen=UNetConfig(widths=(128, 64, 32), heads=2, head_dim=8, n_qkv=16, time_dim=64),
    idrank=RankConfig(widths=(256, 128, 64), n_vertices=400, temperature_mm=0.1),
    n_identity=100,
    n_expression=50,
    n_jaw=3,
    identity_condition_dim=256,
    expression_condition_dim=256,
    rank_condition_dim=256,
    expgen_sees_identity=False,
    ranking="consensus",
    normal_expressions=True,
)
