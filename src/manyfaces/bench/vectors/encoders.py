"""The two image encoders, ArcFace and FaRL."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from manyfaces.bench.vectors.comparison import EQUAL, Comparison, Tolerance, compare, worst
from manyfaces.bench.vectors.folder import VectorSet
from manyfaces.bench.vectors.rule import stream
from manyfaces.bench.vectors.watching import watched
from manyfaces.nn import ClipVisualTower, IResNet

EMBEDDING, RAW, EXACT, FEATURE = Tolerance(3e-6), Tolerance(5e-5), Tolerance(1e-10), Tolerance(5e-5)
N_KEPT = 256
"""Numbers that the files keep of an activation of ArcFace."""

STAGES = {f"act.{name}": name for name in ("prelu", "layer1", "layer2", "layer3", "layer4", "bn2", "fc")}
TOKENS = (0, 1, 14, 15, 196)
"""Tokens that the files keep of FaRL's first normalisation."""


@torch.no_grad()
def check_arcface(vectors: VectorSet, net: IResNet) -> list[Comparison]:
    """Two faces together, one alone, with and without the last batch norm, and in float64 (where the network ends)."""
    file, theirs = "arcface", vectors.arrays("arcface")
    uniform = stream(vectors.input_key("arcface.x")).random((2, 3, 112, 112))
    x = torch.from_numpy(2 * uniform - 1).float()
    with watched(net, STAGES) as seen:
        raw = net(x)
    alone, without_norm = net(x[:1]), net.unnormalised(x[:1])
    stages = [compare(file, name, _kept(seen[name]), theirs[name], RAW) for name in STAGES]
    with watched(net.double(), STAGES) as seen:
        exact = net(x.double())
    exact_without_norm = seen["act.fc"][:1]
    return [
        compare(file, "inputs", x[:, :, :2, :4], theirs["x_head"], EQUAL),
        compare(file, "raw", raw, theirs["raw"], RAW),
        compare(file, "embedding", F.normalize(raw), theirs["embedding"], EMBEDDING),
        worst(f"act.* ({len(stages)})", stages),
        compare(file, "raw, one face alone", alone, theirs["raw"][:1], RAW),
        compare(file, "embedding_f64", F.normalize(exact), theirs["embedding_f64"], EXACT),
        compare(file, "one_image.raw", without_norm, theirs["one_image.raw"], RAW),
        compare(file, "one_image.embedding", F.normalize(without_norm), theirs["one_image.embedding"], EMBEDDING),
        compare(
            file, "one_image.embedding_f64", F.normalize(exact_without_norm), theirs["one_image.embedding_f64"], EXACT
        ),
    ]


@torch.no_grad()
def check_farl(vectors: VectorSet, net: ClipVisualTower) -> list[Comparison]:
    """Two pictures together, one alone, what passes through, and in float64 (where the network ends)."""
    file, theirs = "farl", vectors.arrays("farl")
    x = vectors.input("farl.x", 2, 3, 224, 224)
    blocks = len(net.visual.transformer.resblocks)
    paths = {f"act.resblock.{i}.token0": f"visual.transformer.resblocks.{i}" for i in range(blocks)}
    with watched(net, {"act.ln_pre": "visual.ln_pre", **paths}) as seen:
        feature = net(x)
    alone = net(x[:1])
    parts = [compare(file, name, seen[name][:, 0], theirs[name], FEATURE) for name in paths]
    parts.append(compare(file, "act.ln_pre", seen["act.ln_pre"][:, TOKENS], theirs["act.ln_pre"], FEATURE))
    exact = net.double()(x.double())
    return [
        compare(file, "inputs", x[:, :, :2, :4], theirs["x_head"], EQUAL),
        compare(file, "image_feature", feature, theirs["image_feature"], FEATURE),
        worst(f"act.* ({len(parts)})", parts),
        compare(file, "one_image.image_feature", alone, theirs["one_image.image_feature"], FEATURE),
        compare(file, "image_feature_f64", exact, theirs["image_feature_f64"], EXACT),
    ]


def _kept(activation: Float[Tensor, "B *D"]) -> Float[Tensor, "B K"]:
    """Of each image every k-th number, so that 256 remain; of the last layer all."""
    if activation.ndim == 2:
        return activation
    flat = activation.flatten(1)
    return flat[:, :: flat.shape[1] // N_KEPT][:, :N_KEPT]
