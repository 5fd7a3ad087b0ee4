"""`manyfaces train` and `manyfaces bench`: thin doors to the recipes and the protocols."""

from typing import Any

from manyfaces.cli.commands import Bench, Train
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.reconstruct import check_out
from manyfaces.core.errors import ChoiceError, InputError


def train(command: Train) -> int:
    """Train one part by its recipe."""
    if command.steps is not None and command.steps < 1:
        raise UsageError(f"--steps is {command.steps}", "give a number from 1 up")
    check_out(command.out)
    from manyfaces.train import recipes
    from manyfaces.train.encoders import EncoderFiles
    from manyfaces.train.paper_data import DataOptions
    from manyfaces.train.paper_recipes import PaperOptions

    recipes.train(
        command.part,
        recipe=command.recipe,
        out=command.out,
        seed=command.seed,
        steps=command.steps,
        device=resolve_device(command.device),
        options=PaperOptions(
            data=DataOptions(command.data, command.sets, command.channels, command.missing, command.lists),
            values=command.values,
            encoders=EncoderFiles(command.arcface, command.farl, command.from_scratch_encoder),
            idgen=command.idgen,
            front_indices=command.front_indices,
        ),
    )
    return DONE


def bench(command: Bench) -> int:
    """Run one protocol, on a folder where it needs one."""
    from manyfaces import bench as protocols

    if command.name not in protocols.PROTOCOLS:
        raise ChoiceError("protocol", command.name, sorted(protocols.PROTOCOLS))
    if command.data is not None and command.dataset is not None:
        raise UsageError("the folder of data is named twice", "give DATA_DIR or --dataset, not both")
    data = command.dataset or command.data
    if data is None and command.name in protocols.NEED_DATA:
        raise UsageError(f"bench {command.name} measures on a folder of data", "name the folder behind the protocol")
    for folder in (data, command.predictions):
        if folder is not None and not folder.is_dir():
            raise InputError(f"{folder} is not a folder", "name the folder that holds the protocol's files")
    check_out(command.out)
    given: dict[str, Any] = {"half": command.half, "model": command.model, "device": resolve_device(command.device)}
    if command.name == "now":
        given["options"] = protocols.NowOptions(command.predictions, command.unit, command.allow_missing)
    elif command.name == "co545":
        folders = () if command.predictions is None else (command.predictions,)
        given["options"] = protocols.Co545Options(folders, command.unit, command.allow_missing)
    elif command.name in protocols.LANDMARK_BENCHMARKS:
        given["options"] = protocols.LandmarkOptions(
            predictions=command.predictions,
            methods=command.methods,
            offsets=command.offsets,
            every=command.every,
            annotation=command.annotation,
        )
    elif command.predictions is not None:
        raise UsageError(f"bench {command.name} scores no folder of predictions", "leave out --predictions")
    protocols.PROTOCOLS[command.name](data, command.out, **given)
    return DONE
