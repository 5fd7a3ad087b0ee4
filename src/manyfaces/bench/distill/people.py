"""Held-out synthetic people: what each network makes of them, clear and hidden."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.bench.distill.conditions import (
    CONDITIONS,
    PATTERNED,
    UNOCCLUDED,
    behind_colours,
    covered,
    kind_before,
    seven_views,
)
from manyfaces.bench.distill.networks import Network, check_alike, load_network
from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.kept import Kept, weights_digest
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.data.people import People, PeopleBatch, PeopleConfig
from manyfaces.data.processes import in_processes, usable_cores
from manyfaces.faces import FaceModel
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.distill import Mopi
from manyfaces.metrics import (
    colour_histograms,
    colour_spread,
    frame_errors,
    histogram_dissimilarity,
    view_spread_px,
)

MEAN_FACE = "mean face"
CHUNK = 50
N_MEAN = 2000
"""People that the mean face is the mean of."""
GREY_LEVELS = 255

ME, ME_RADIAL, MSE_X, MSE_Y, HISTOGRAM, CHI_SQUARE = FIGURES = (
    *("me", "me_radial", "mse_x", "mse_y"),
    *("histogram", "chi_square"),
)
COLOURS, VIEWS, SAID = "colours", "views", "said"

Columns = Mapping[str, Float[np.ndarray, "n *F"]]
"""A row for each person. `<method>/<condition>`: `FIGURES`; `<method>/colours`: spread of the mean albedo over five
colours of the occluder, grey levels; `<method>/views`: spread of the points over seven views, pixels;
`<method>/said`: the coefficients that it gives behind patterns."""


@dataclass(frozen=True)
class PeopleScores:
    """What was measured.

    Attributes:
        methods: names, in the order of the tables.
        columns: see `Columns`.
        kinds: by condition the occluder before each person.
        identity: where the identity lies among the coefficients.
    """

    methods: tuple[str, ...]
    columns: Columns
    kinds: Mapping[str, tuple[str, ...]]
    identity: slice

    def figure(self, method: str, condition: str, figure: str) -> Float[np.ndarray, " n"]:
        """One figure of all people."""
        return self.columns[f"{method}/{condition}"][:, FIGURES.index(figure)]


class PeopleBench:
    """Networks, and the people that they are measured on.

    Args:
        options: which.

    Raises:
        WeightError, ConfigError, HeadFileError, InputError: they cannot be loaded, or not be compared.
    """

    def __init__(self, options: DistillOptions):
        self.options = options
        self.networks: dict[str, Network] = {n: load_network(place) for n, place in options.networks.items()}
        config = check_alike(self.networks)
        self.device = torch.device(options.device)
        for network in self.networks.values():
            network.to(self.device)
        self.face: FaceModel = load_face_model(options.head, config.layout).to(self.device)
        self.seed = stream_seed(options.seed, "distill bench")
        self._people = PeopleConfig(size_px=config.picture_px)

    @property
    def chunks(self) -> range:
        """People are drawn and measured so many together."""
        return range(-(-self.options.n_people // CHUNK))

    @cached_property
    def people(self) -> People:
        """Drawn on the CPU, to be the same wherever the networks run; with expressions that no recipe has."""
        return People(load_face_model(self.options.head, self.face.layout), self._people, seed=self.seed)

    @cached_property
    def mean_face(self) -> Float[Tensor, " K"]:
        """The mean of people's coefficients: what is known without looking."""
        drawn = self.people.law.sample(N_MEAN, torch_generator(self.seed, MEAN_FACE))
        return drawn.joined().mean(0).to(self.device)

    @property
    def basis(self) -> tuple[object, ...]:
        """Everything that the figures depend on."""
        return self.options.head, self.options.seed, tuple(self.networks), weights_digest(*self.networks.values())

    @torch.no_grad()
    def measure(self, chunk: int) -> dict[str, np.ndarray]:
        """All methods on a chunk of people, see `Columns`."""
        size = min(CHUNK, self.options.n_people - chunk * CHUNK)
        drawn = self.people.batch(self.seed, chunk, CHUNK)
        batch = PeopleBatch(drawn.pictures[:size], drawn.coefficients[:size])
        truth = _Truth.of(self.face, batch, self.device)
        numbers = torch.arange(size) + chunk * CHUNK
        given = batch.pictures, truth.landmarks_px.cpu(), self.seed, numbers
        columns: dict[str, np.ndarray] = {}
        for condition in CONDITIONS:
            pictures = self._input(covered(*given[:2], condition, *given[2:]))
            for name, network in self.networks.items():
                said = network(pictures).float()
                columns[f"{name}/{condition}"] = self._figures(said, truth)
                if condition == PATTERNED:
                    columns[f"{name}/{SAID}"] = said.cpu().numpy()
        columns[f"{MEAN_FACE}/{UNOCCLUDED}"] = self._figures(self.mean_face.expand(size, -1), truth)
        coloured, views = self._input(behind_colours(*given)), self._input(seven_views(*given))
        for name, network in self.networks.items():
            columns[f"{name}/{COLOURS}"] = self._colours(network, coloured).cpu().numpy()
            columns[f"{name}/{VIEWS}"] = self._views(network, views).cpu().numpy()
        return columns

    def _input(self, pictures: Tensor) -> Float[Tensor, "*B 3 S S"]:
        return pictures.to(self.device, torch.float32) / GREY_LEVELS

    def _figures(self, said: Float[Tensor, "B K"], truth: "_Truth") -> Float[np.ndarray, "B F"]:
        c = self.face.layout.split(said)
        errors = frame_errors(self.face.landmarks_px(c), truth.landmarks_px)
        histograms = _histograms(self.face, said, truth.side)
        apart = [
            histogram_dissimilarity(histograms, truth.histograms, f).mean(-1) for f in ("earth_mover", "chi_square")
        ]
        columns = (errors.me_px, errors.me_radial_px, errors.mse_x, errors.mse_y, *apart)
        return torch.stack([column.double() for column in columns], -1).cpu().numpy()

    def _colours(self, network: Network, pictures: Float[Tensor, "B C 3 S S"]) -> Float[Tensor, " B"]:
        c = self.face.layout.split(network(pictures.flatten(0, 1)).float())
        means = self.face.head.albedo(c.albedo)[:, self.face.head.region("front")].mean(1) * GREY_LEVELS
        return colour_spread(means.unflatten(0, pictures.shape[:2])).double()

    def _views(self, network: Network, pictures: Float[Tensor, "B 7 3 S S"]) -> Float[Tensor, " B"]:
        """MOPI has a head for each view; the others see one view after the other."""
        seven = isinstance(network, Mopi)
        said = network.views(pictures) if seven else network(pictures.flatten(0, 1)).unflatten(0, pictures.shape[:2])
        return view_spread_px(self.face.landmarks_px(self.face.layout.split(said.float()))).double()


@dataclass(frozen=True)
class _Truth:
    """What people really look like.

    Attributes:
        landmarks_px: pixels of the 224 frame.
        histograms: of the front of the face on the clear picture.
        side: of the pictures, pixels.
    """

    landmarks_px: Float[Tensor, "B 68 2"]
    histograms: Float[Tensor, "B 3 256"]
    side: int

    @staticmethod
    def of(face: FaceModel, batch: PeopleBatch, device: torch.device) -> "_Truth":
        coefficients, side = batch.coefficients.to(device), batch.pictures.shape[-1]
        mask = face.front(face.render(face.layout.split(coefficients), side)) > 0
        points = face.landmarks_px(face.layout.split(coefficients))
        return _Truth(points, colour_histograms(batch.pictures.to(device), mask), side)


def _histograms(face: FaceModel, said: Float[Tensor, "B K"], side: int) -> Float[Tensor, "B 3 256"]:
    """Of the front of a predicted face as it is drawn."""
    drawn = face.render(face.layout.split(said), side)
    pictures = (drawn.rgb.clamp(0, 1) * GREY_LEVELS).round().to(torch.uint8).permute(0, 3, 1, 2)
    return colour_histograms(pictures, face.front(drawn) > 0)


def measure_people(bench: PeopleBench, folder: Path, advance: Callable[[], None]) -> PeopleScores:
    """Measure all people; a run that was stopped goes on where it was.

    Args:
        bench: it is used where one process is enough.
        folder: where finished chunks are kept.
        advance: called for each chunk.
    """
    kept = Kept(folder, "distill people", bench.basis)
    sizes = {chunk: min(CHUNK, bench.options.n_people - chunk * CHUNK) for chunk in bench.chunks}
    done = {chunk: arrays for chunk in bench.chunks if (arrays := kept.get(chunk, sizes[chunk])) is not None}
    for _ in done:
        advance()
    for chunk, arrays in _run(bench, [chunk for chunk in bench.chunks if chunk not in done]):
        kept.put(chunk, sizes[chunk], arrays=arrays)
        done[chunk] = arrays
        advance()
    columns = {name: np.concatenate([done[chunk][name] for chunk in bench.chunks]) for name in done[0]}
    # It sees nothing, so that nothing changes when its face is hidden.
    columns |= {f"{MEAN_FACE}/{condition}": columns[f"{MEAN_FACE}/{UNOCCLUDED}"] for condition in CONDITIONS}
    kinds = {c: tuple(kind_before(c, bench.seed, k) for k in range(bench.options.n_people)) for c in CONDITIONS}
    return PeopleScores((MEAN_FACE, *bench.networks), columns, kinds, bench.face.layout.slices["identity"])


def worker_count(options: DistillOptions, n_jobs: int) -> int:
    """How many processes to use."""
    return min(options.workers or usable_cores(), n_jobs) if options.device == "cpu" else 1


def _run(bench: PeopleBench, chunks: list[int]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    workers = worker_count(bench.options, len(chunks))
    if workers <= 1:
        yield from ((chunk, bench.measure(chunk)) for chunk in chunks)
        return
    yield from in_processes(_measure, chunks, workers, _begin, (bench.options,))


_own: list[PeopleBench] = []


def _begin(options: DistillOptions) -> None:
    _own.append(PeopleBench(options))


def _measure(chunk: int) -> dict[str, np.ndarray]:
    return _own[0].measure(chunk)
