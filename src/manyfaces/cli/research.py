"""`manyfaces train`: a thin door to the recipes."""

from typing import get_args

from manyfaces.cli.commands import DistillPart, PersonalPart, Train
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.reconstruct import check_out


def train(command: Train) -> int:
    """Train one part by its recipe."""
    if command.steps is not None and command.steps < 1:
        raise UsageError(f"--steps is {command.steps}", "give a number from 1 up")
    check_out(command.out)
    if command.part in get_args(DistillPart):
        return _train_distill(command)
    if command.part in get_args(PersonalPart):
        return _train_personal(command)
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


def _train_distill(command: Train) -> int:
    from manyfaces.train.distill import recipes
    from manyfaces.train.distill.photo_recipes import PhotoOptions

    recipes.train(
        command.part,
        recipe=command.recipe,
        out=command.out,
        seed=command.seed,
        steps=command.steps,
        device=resolve_device(command.device),
        options=PhotoOptions(
            data=command.data,
            teacher=command.teacher,
            resnet=command.resnet,
            facenet=command.facenet,
            arcface=command.arcface,
            from_scratch=command.from_scratch_encoder,
        ),
    )
    return DONE


def _train_personal(command: Train) -> int:
    from manyfaces.train.personal import recipes

    device = resolve_device(command.device)
    recipes.train(command.part, command.recipe, command.out, command.seed, command.steps, device, command.data)
    return DONE
