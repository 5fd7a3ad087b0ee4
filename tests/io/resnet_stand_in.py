"""State dicts with the names and shapes of torchvision's bottleneck networks, written out without our own network."""

import torch

RESNET50 = (3, 4, 6, 3)
HEADS = (80, 64, 80, 3, 27, 2, 1)


def convolution(name: str, n_out: int, n_in: int, side: int) -> dict[str, torch.Tensor]:
    return {f"{name}.weight": torch.randn(n_out, n_in, side, side) * 0.02}


def norm(name: str, n: int, counter: bool = True) -> dict[str, torch.Tensor]:
    state = {
        "weight": torch.rand(n),
        "bias": torch.randn(n),
        "running_mean": torch.randn(n),
        "running_var": 1 + torch.rand(n),
    }
    if counter:
        state["num_batches_tracked"] = torch.tensor(1000)
    return {f"{name}.{key}": value for key, value in state.items()}


def resnet(
    layers: tuple[int, ...] = RESNET50, stem: int = 64, counter: bool = True, classes: int = 0
) -> dict[str, torch.Tensor]:
    """A bottleneck network; `classes` of them in the classifier, none: without one."""
    state = convolution("conv1", stem, 3, 7) | norm("bn1", stem, counter)
    n_in = stem
    for stage, n_units in enumerate(layers):
        width = stem * 2**stage
        for unit in range(n_units):
            name = f"layer{stage + 1}.{unit}"
            state |= convolution(f"{name}.conv1", width, n_in, 1) | norm(f"{name}.bn1", width, counter)
            state |= convolution(f"{name}.conv2", width, width, 3) | norm(f"{name}.bn2", width, counter)
            state |= convolution(f"{name}.conv3", 4 * width, width, 1) | norm(f"{name}.bn3", 4 * width, counter)
            if unit == 0:
                state |= convolution(f"{name}.downsample.0", 4 * width, n_in, 1)
                state |= norm(f"{name}.downsample.1", 4 * width, counter)
            n_in = 4 * width
    if classes:
        state |= {"fc.weight": torch.randn(classes, n_in), "fc.bias": torch.randn(classes)}
    return state


def deep3d(layers: tuple[int, ...] = RESNET50, stem: int = 64, prefix: str = "") -> dict[str, object]:
    """What the published training saves after an epoch."""
    net = {f"{prefix}backbone.{name}": tensor for name, tensor in resnet(layers, stem).items()}
    for number, n_out in enumerate(HEADS):
        n_in = stem * 2 ** (len(layers) - 1) * 4
        net |= {f"{prefix}final_layers.{number}.weight": torch.randn(n_out, n_in, 1, 1) * 0.01}
        net |= {f"{prefix}final_layers.{number}.bias": torch.randn(n_out)}
    weight = torch.nn.Parameter(torch.ones(3))
    optimiser = torch.optim.Adam([weight])
    scheduler = torch.optim.lr_scheduler.StepLR(optimiser, 10, 0.2)
    weight.sum().backward()
    optimiser.step()
    scheduler.step()
    return {"net_recon": net, "opt_00": optimiser.state_dict(), "sched_00": scheduler.state_dict()}
