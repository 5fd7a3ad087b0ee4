"""Candidates to rank, drawn beforehand by a frozen IdGen and kept on disk."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.config import to_dict
from manyfaces.core.errors import WeightError
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.diffusion import SamplerConfig
from manyfaces.io.checkpoints import load_weights, save_weights, state_checksum
from manyfaces.methods.ofer import IdGen
from manyfaces.train.parallel import Parallel
from manyfaces.train.recipe import Source, Split, move

# Examples per file: small enough that a kill loses little.
CHUNK = 32


@dataclass
class CandidatePool:
    """A set of examples with identities drawn for each; anew for every generation.

    Drawing costs a hundred times what a training step does. What was drawn is a function of the attributes and the
    generation; a file that was drawn from others is not used. Processes share the work and read each other's files.

    Attributes:
        source: where the examples come from.
        idgen: the trained identity network.
        seed: of the run.
        split: training or validation.
        size: examples.
        n_candidates: identities per example.
        sampler: how they are drawn; as the network is configured when None.
        folder: where they are kept; only in memory when None.
        parallel: this process among others.
    """

    source: Source
    idgen: IdGen
    seed: int
    split: Split
    size: int
    n_candidates: int
    sampler: SamplerConfig | None = None
    folder: Path | None = None
    parallel: Parallel = field(default_factory=Parallel)

    def __post_init__(self) -> None:
        self._held: tuple[int, Tensor] | None = None
        self._network = state_checksum(self.idgen.state_dict())

    def examples(self, generation: int, rows: slice | Tensor) -> Any:
        """The examples of some rows of a generation."""
        return self.source.batch(stream_seed(self._root(generation), self.split), 0, self.size, rows)

    def candidates(self, generation: int) -> Float[Tensor, "P N S"]:
        """The identities of all rows of a generation, from memory, from disk, or drawn now."""
        if self._held is None or self._held[0] != generation:
            self._held = (generation, self._drawn(generation))
        return self._held[1]

    def _root(self, generation: int) -> int:
        return stream_seed(self.seed, "generation", generation) if generation else self.seed

    def _drawn(self, generation: int) -> Float[Tensor, "P N S"]:
        chunks = range(-(-self.size // CHUNK))
        if self.folder is None:
            return torch.cat([self._draw(generation, k) for k in chunks])
        for k in chunks[self.parallel.part.index :: self.parallel.part.count]:
            if not self._kept(generation, k):
                content = {"candidates": self._draw(generation, k)}
                save_weights(self._path(generation, k), content, self._origin(generation, k))
        self.parallel.wait()
        drawn = [load_weights(self._path(generation, k)).state["candidates"] for k in chunks]
        self.parallel.wait()
        if self.parallel.first:
            self._forget_others(generation)
        return torch.cat(drawn)

    @torch.no_grad()
    def _draw(self, generation: int, chunk: int) -> Float[Tensor, "C N S"]:
        device = next(self.idgen.parameters()).device
        rows = slice(chunk * CHUNK, min(self.size, (chunk + 1) * CHUNK))
        condition = move(self.examples(generation, rows).condition, device)
        generator = torch_generator(self._root(generation), "candidates", self.split, chunk, device=device)
        return self.idgen.sample(condition, self.n_candidates, generator, self.sampler).cpu()

    def _kept(self, generation: int, chunk: int) -> bool:
        """Whether a chunk's file is there, whole, and of the same origin."""
        try:
            return load_weights(self._path(generation, chunk)).config == self._origin(generation, chunk)
        except WeightError:
            return False

    def _path(self, generation: int, chunk: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.split}-{generation}-{chunk:05}.safetensors"

    def _origin(self, generation: int, chunk: int) -> dict[str, Any]:
        sampler = self.sampler or self.idgen.config.sampler
        return {
            "seed": self.seed,
            "split": self.split,
            "generation": generation,
            "chunk": chunk,
            "size": self.size,
            "n_candidates": self.n_candidates,
            "sampler": to_dict(sampler),
            "idgen": self._network,
        }

    def _forget_others(self, generation: int) -> None:
        assert self.folder is not None
        for path in self.folder.glob(f"{self.split}-*.safetensors"):
            if path.name.split("-")[1] != str(generation):
                path.unlink()
