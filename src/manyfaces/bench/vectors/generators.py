"""The two diffusion models: single calls of their networks, and whole sampling runs."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from manyfaces.bench.vectors.comparison import EQUAL, Comparison, Tolerance, compare, worst
from manyfaces.bench.vectors.folder import VectorSet
from manyfaces.bench.vectors.networks import in_float64
from manyfaces.bench.vectors.watching import RuleNoise, watched
from manyfaces.diffusion import ANCESTRAL, SamplerConfig, visited_steps
from manyfaces.methods.ofer import PAPER
from manyfaces.methods.ofer.generator import CoefficientGenerator
from manyfaces.nn import FrozenUNet1D, UNet1D

EPS, ACTIVATION, EXACT = Tolerance(1e-5), Tolerance(1e-4), Tolerance(1e-10)
TRACE, SAMPLE, PUBLISHED_SAMPLE = Tolerance(3e-5), Tolerance(2e-3), Tolerance(1e-4)
N_ROWS = 4

#: Activations by their names in the files, and the modules of `UNet1D` that give them.
ACTIVATIONS = {
    "time_mlp": "time_mlp",
    "init_conv": "init_conv",
    **{f"downs.{i}.{p}": f"downs.{i}.{k}" for i in (0, 1) for k, p in enumerate(("block1", "block2", "attn", "out"))},
    **{f"mid.{p}": f"mid_{p}" for p in ("block1", "attn", "block2")},
    **{f"ups.{i}.{p}": f"ups.{i}.{k}" for i in (0, 1) for k, p in enumerate(("up", "block1", "block2", "attn"))},
    **{f"finals.{p}": f"finals.0.{k}" for k, p in enumerate(("block", "attn"))},
}


@torch.no_grad()
def check_unet(vectors: VectorSet, model: str, net: UNet1D) -> list[Comparison]:
    """One call of the network: all rows at once, each row alone, what passes through it, and the same in float64."""
    file = f"unet_{model}"
    theirs = vectors.arrays(file)
    x = vectors.input(f"{model}.x", N_ROWS, net.dim)
    context = vectors.input(f"{model}.context", N_ROWS, net.context_dim)
    t = torch.from_numpy(theirs["t"])
    inputs = [compare(file, "", x, theirs["x"], EQUAL), compare(file, "", context, theirs["context"], EQUAL)]
    with watched(net, ACTIVATIONS) as seen:
        together = net(x, t, context)
    alone = torch.cat([net(*(part[i : i + 1] for part in (x, t, context))) for i in range(N_ROWS)])
    double = in_float64(model, net)
    with watched(double, ACTIVATIONS) as seen_double:
        exact = double(x.double(), t, context.double())
    return [
        worst("inputs", inputs),
        compare(file, "eps", together, theirs["eps"], EPS),
        compare(file, "eps, rows alone", alone, theirs["eps"], EPS),
        _activations(file, "act", seen, theirs, ACTIVATION),
        compare(file, "eps_f64", exact, theirs["eps_f64"], EXACT),
        _activations(file, "act_f64", seen_double, theirs, EXACT),
    ]


@torch.no_grad()
def check_sampler(vectors: VectorSet, model: str, net: UNet1D) -> list[Comparison]:
    """Whole runs, sampled by the code that reconstruction samples with, and single calls on their way."""
    file = f"sampler_{model}"
    theirs = vectors.arrays(file)
    generator = CoefficientGenerator(
        net.dim, net.context_dim, getattr(PAPER, model), PAPER.schedule, PAPER.standardised
    )
    generator.net = net
    context = vectors.input(f"{file}.context", N_ROWS, net.context_dim)
    key = vectors.input_key(f"{file}.noise")
    result = [compare(file, "context", context, theirs["context"], EQUAL)]
    for sampler, prefix, tolerance in RUNS:
        noise = RuleNoise(key)
        clean = generator.sample(context, 1, noise, sampler)[:, 0]
        if sampler is ANCESTRAL:
            result += _noise(file, noise, theirs)
        steps = visited_steps(sampler, generator.schedule)
        result.append(compare(file, f"{prefix}visited_t", steps, theirs[f"{prefix}visited_t"], EQUAL))
        result.append(compare(file, f"{prefix}x_0", clean, theirs[f"{prefix}x_0"], tolerance))
        result.append(_trace(file, prefix, net, context, theirs))
    return result


#: Samplers, the prefix of their results in the files, and how far their samples may be off.
RUNS = ((ANCESTRAL, "", SAMPLE), (SamplerConfig("published_ddim"), "quirk_ddim.", PUBLISHED_SAMPLE))


def _noise(file: str, noise: RuleNoise, theirs: Mapping[str, Any]) -> list[Comparison]:
    """The noise of a run: its first draws, its last and how many there were."""
    x_t, first, *_, last = (draw.flatten(1) for draw in noise.draws)
    parts = {"x_T": x_t, "noise.first_z": first, "noise.last_z": last, "noise.draws": len(noise.draws)}
    return [worst("noise", [compare(file, "", ours, theirs[name], EQUAL) for name, ours in parts.items()])]


def _trace(file: str, prefix: str, net: UNet1D, context: Tensor, theirs: Mapping[str, Any]) -> Comparison:
    """What the network makes of the recorded x_t."""
    noisy, steps = torch.from_numpy(theirs[f"{prefix}trace_x"]).float(), theirs[f"{prefix}trace_t"].tolist()
    denoiser = FrozenUNet1D(net).prepare(context, steps)
    predicted = torch.stack([denoiser(x, t) for x, t in zip(noisy, steps, strict=True)])
    return compare(file, f"{prefix}trace_eps", predicted, theirs[f"{prefix}trace_eps"], TRACE)


def _activations(
    file: str, prefix: str, seen: Mapping[str, Tensor], theirs: Mapping[str, Any], tolerance: Tolerance
) -> Comparison:
    names = [name for name in theirs if name.startswith(f"{prefix}.")]
    parts = [compare(file, name, seen[name.removeprefix(f"{prefix}.")], theirs[name], tolerance) for name in names]
    return worst(f"{prefix}.* ({len(parts)})", parts)
