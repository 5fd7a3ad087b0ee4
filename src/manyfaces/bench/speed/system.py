"""What is measured: a whole OFER with random weights, and one photo's worth of input."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.bench.speed.head import noise_head
from manyfaces.bench.speed.work import Work, count
from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import SamplerConfig, linear_schedule, visited_steps
from manyfaces.heads import HeadModel
from manyfaces.methods.ofer import FrontFace, Ofer, OferConfig
from manyfaces.methods.ofer.expgen import Expressions
from manyfaces.methods.ofer.generator import CoefficientGenerator
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS, FaceCrops
from manyfaces.nn import FrozenUNet1D
from manyfaces.nn.frozen_unet import step_weights

N_IDENTITIES, N_EXPRESSIONS = 100, 15
PARTS = ("idgen", "idrank", "expgen")


@dataclass(frozen=True)
class System:
    """The networks of one recipe.

    Attributes:
        ofer: the three networks, on condition vectors.
        encoders: by network, of crops; empty where the recipe needs none.
        head: coefficients to vertices.
        device: where it runs.
    """

    ofer: Ofer
    encoders: Mapping[str, nn.Module]
    head: HeadModel
    device: torch.device

    def crops(self, n_photos: int) -> FaceCrops:
        """Noise of the right shape."""
        aligned, portrait = (torch.rand(n_photos, 3, side, side, device=self.device) for side in (112, 224))
        return FaceCrops(2 * aligned - 1, portrait)

    def conditions(self, n_photos: int) -> dict[str, Tensor]:
        """Condition vectors at random, by network."""
        config = self.ofer.config
        lengths = (config.identity_condition_dim, config.rank_condition_dim, config.expression_condition_dim)
        return {part: torch.randn(n_photos, n, device=self.device) for part, n in zip(PARTS, lengths, strict=True)}

    def encode(self, crops: FaceCrops) -> dict[str, Tensor]:
        """Each network's own encoder, once a photo."""
        return {part: encoder(crops) for part, encoder in self.encoders.items()}

    def whole(self, given: FaceCrops | dict[str, Tensor], sampler: SamplerConfig) -> Tensor:
        """From crops (or conditions, where there are no encoders) to the vertices of the hypotheses."""
        conditions = given if isinstance(given, dict) else self.encode(given)
        n_photos = len(conditions["idgen"])
        generators = self.generators(n_photos)
        identities = self.ofer.sample_identities(conditions["idgen"], N_IDENTITIES, generators, sampler)
        best = self.ofer.rank(conditions["idrank"], identities).best(identities)
        drawn = self.ofer.sample_expressions(conditions["expgen"], best, N_EXPRESSIONS, generators, sampler)
        return self.vertices(best, drawn)

    def vertices(self, identity: Float[Tensor, "B S"], drawn: Expressions) -> Float[Tensor, "B M V 3"]:
        """The hypotheses as meshes."""
        own = identity[:, None].expand(-1, drawn.expression.shape[1], -1)
        return self.head(own, drawn.expression, self.head.jaw_pose(drawn.jaw))

    def generators(self, n_photos: int) -> list[torch.Generator]:
        """One stream of noise a photo, on the device."""
        return [torch_generator(photo, "speed", device=self.device) for photo in range(n_photos)]


def random_system(config: OferConfig, encoded: bool, device: torch.device) -> System:
    """A recipe's networks at their start.

    Args:
        config: sizes.
        encoded: with the paper's image encoders; else conditions are given.
        device: where it runs.
    """
    front = FrontFace(
        torch.zeros(config.idrank.n_vertices, 3), torch.randn(config.n_identity, config.idrank.n_vertices, 3)
    )
    ofer = Ofer(config, front).eval().to(device)
    encoders = {part: PAPER_ENCODERS[part]().eval().to(device) for part in PARTS} if encoded else {}
    head = HeadModel(noise_head(config.n_identity, config.n_expression)).to(device)
    return System(ofer, encoders, head, device)


def works(system: System, sampler: SamplerConfig) -> dict[str, Work]:
    """What one photo takes, by part; `system` on the CPU."""
    ofer, given = system.ofer, system.conditions(1)
    steps = visited_steps(sampler, linear_schedule(ofer.config.schedule))
    n_calls = len(steps) + (1 if sampler.primed and sampler.name in ("ddim", "dpm_solver_pp_2m") else 0)
    identities = torch.randn(1, N_IDENTITIES, ofer.config.n_identity)
    drawn = Expressions(torch.randn(1, N_EXPRESSIONS, ofer.config.n_expression), torch.randn(1, N_EXPRESSIONS, 3))
    found = {
        "idgen": _step(ofer.idgen.generator, N_IDENTITIES).times(n_calls),
        "rank": count(partial(ofer.rank, given["idrank"], identities), ofer.idrank),
        "expgen": _step(ofer.expgen.generator, N_EXPRESSIONS).times(n_calls),
        "vertices": count(partial(system.vertices, identities[:, 0], drawn), system.head),
    }
    crops = system.crops(1)
    encoding = [count(partial(encoder, crops), encoder) for encoder in system.encoders.values()]
    return {**({"encode": sum(encoding, Work())} if encoding else {}), **found}


def _step(generator: CoefficientGenerator, n: int) -> Work:
    context: Any = torch.randn(1, 1, generator.context_dim)
    denoiser = FrozenUNet1D(generator.net).prepare(context, [0])
    done = count(partial(denoiser, torch.randn(1, n, generator.dim), 0))
    return done + Work(gbytes=4e-9 * step_weights(generator.net))
