"""Networks of few weights that look at 32 pixels, in files."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.distill.people import PeopleBench
from manyfaces.faces import CoefficientLayout
from manyfaces.io.checkpoints import save_weights
from manyfaces.methods.distill import DistillConfig, Mopi, RNet, Sopi
from manyfaces.nn.resnet import ResNetConfig

TINY = DistillConfig(
    layout=CoefficientLayout(identity=4, expression=53, albedo=20),
    backbone=ResNetConfig((1, 1, 1, 1), widths=(4, 4, 4, 8), stem=4),
    picture_px=32,
)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What training would leave: a folder for each part."""
    folder = tmp_path_factory.mktemp("runs")
    for seed, (part, kind) in enumerate({"teacher": RNet, "sopi": Sopi, "mopi": Mopi, "mopi-label": Mopi}.items()):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = kind(TINY)
            for name, tensor in network.named_parameters():
                if name.startswith("final_layers"):  # R-Net's start at zero, and would say nothing
                    torch.nn.init.normal_(tensor, std=0.05)
        (folder / part).mkdir()
        save_weights(folder / part / "weights.safetensors", network.state_dict(), TINY)
    return folder


@pytest.fixture(scope="session")
def networks(runs: Path) -> Mapping[str, str]:
    return {name: str(runs / name) for name in ("teacher", "sopi", "mopi", "mopi-label")}


@pytest.fixture(scope="session")
def bench(networks: Mapping[str, str]) -> PeopleBench:
    """Loaded once: drawing expressions beforehand takes seconds."""
    return PeopleBench(DistillOptions(networks=networks, n_people=3, workers=1))
