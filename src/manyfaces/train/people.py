"""Synthetic people for a training run: kept in a bank in the run's folder, or drawn without end."""

from dataclasses import replace
from pathlib import Path

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from manyfaces.data.face_batches import PeopleSource
from manyfaces.data.people import People, PeopleConfig
from manyfaces.data.people.bank import PeopleBankConfig, build_people_bank
from manyfaces.data.people.source import BankFaces, EndlessFaces
from manyfaces.faces import FaceModel
from manyfaces.heads import HeadModel
from manyfaces.heads.part import landmark_part
from manyfaces.io.face_models import load_face_model

N_WORKERS = 2
HELD_OUT_SEED = 1_000_000
"""Seeds from here on are for validation."""


class DrawnPeople:
    """The people of a run, of training and of validation; no seed is on both sides.

    Args:
        bank: people to learn from.
        n_validation: pictures of others.
        out: the run's folder; banks lie in `out/bank`.
        seed: of the run.
        endless: draw people when they are asked for and never twice, in place of a bank.
        device: where endless people are drawn.

    Attributes:
        whole: the face model.
        points: the same, with the landmarks' triangles alone.
    """

    def __init__(
        self, bank: PeopleBankConfig, n_validation: int, out: Path, seed: int, endless: bool, device: torch.device
    ):
        self._bank, self._n_validation, self._out, self._seed = bank, n_validation, out, seed
        self._endless, self._device = endless, device
        self.whole = load_face_model(bank.head, bank.layout)
        self.points = FaceModel(HeadModel(landmark_part(self.whole.head.data)), bank.layout)

    def source(self) -> PeopleSource:
        """The people to learn from."""
        if self._endless:
            return EndlessFaces(People(self.whole, self._bank.people, self._device, self._seed))
        return self.banked(self._seed)

    def held_out(self) -> BankFaces:
        """The people of the validation batches, always of a bank."""
        return self.banked(HELD_OUT_SEED + self._seed, n_pictures=self._n_validation)

    def banked(self, seed: int, people: PeopleConfig | None = None, n_pictures: int | None = None) -> BankFaces:
        """People out of a bank in the run's folder; drawn now where they are not there yet.

        Args:
            seed: of the bank.
            people: how they are drawn; as the run's by default.
            n_pictures: how many; as the run's by default.
        """
        bank = replace(
            self._bank,
            seed=seed,
            n_pictures=n_pictures or self._bank.n_pictures,
            people=people or self._bank.people,
        )
        columns = TextColumn("drawing people"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns) as progress:
            task = progress.add_task("", total=bank.n_pictures)
            drawn = build_people_bank(bank, self._out / "bank", N_WORKERS, lambda done: progress.advance(task, done))
        return BankFaces(drawn, self.points, bank.people.renders_per_person)
