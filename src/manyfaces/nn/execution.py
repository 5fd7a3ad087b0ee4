"""How a network runs at inference: in which number format, on which threads, as which fixed program."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

T = TypeVar("T")
Precision = Literal["full", "bfloat16"]
TensorFunction: TypeAlias = Callable[..., Tensor]

#: Multiply-adds that are worth a thread of their own: some 4 ms. With less, threads get in each other's way.
_WORTH_A_WORKER = 200_000_000


@runtime_checkable
class Workers(Protocol):
    """Threads in which torch uses no further ones. Made outside: how many there are is the process' business."""

    n: int

    def run(self, function: Callable[[], T]) -> T:
        """Run the function in a thread of this kind."""
        ...

    def map(self, function: TensorFunction, *parts: Sequence[Tensor]) -> list[Tensor]:
        """Apply the function to the k-th of all parts, the first in the calling thread, the others in one each."""
        ...


@dataclass(frozen=True)
class Execution:
    """How a frozen network runs.

    Attributes:
        precision: `full`: in the weights' own format. `bfloat16`: the network with 8 bits of mantissa; what the
            sampler adds up keeps the weights' format.
        compiled: on a GPU, let torch.compile fuse the small operations; needs Triton and, for each new shape, some
            tens of seconds. On a CPU it was measured to gain nothing, and is not done.
        workers: threads to share out the samples to, on a CPU; none: torch's own, which share out each operation.
    """

    precision: Precision = "full"
    compiled: bool = False
    workers: Workers | None = None


#: As the network is.
PLAIN = Execution()


class RowsShared:
    """Applies a row-wise function to slices of the rows, one worker for each.

    Left to torch, two threads meet after each of a network's two hundred short operations; on a machine that has
    other work to do, waiting for each other then costs several times the operations. Here they meet once. To be called
    in `Workers.run`.

    Args:
        function: (rows (*B, N, I), parameters (*B, N or 1, P)) -> (*B, N, O); no row may depend on another.
        workers: who does it.
        work: multiply-adds a row.
    """

    def __init__(self, function: TensorFunction, workers: Workers, work: int):
        self._function, self._workers, self._work = function, workers, work

    def __call__(self, rows: Float[Tensor, "*B I"], parameters: Float[Tensor, "*#B P"]) -> Float[Tensor, "*B O"]:
        """Apply."""
        worth = self._work * rows[..., 0].numel() // _WORTH_A_WORKER
        n = min(self._workers.n, worth, rows.shape[-2] if rows.ndim > 1 else 1)
        if n < 2:
            return self._function(rows, parameters)
        shared = parameters.ndim < 2 or parameters.shape[-2] == 1
        own = [parameters] * n if shared else parameters.tensor_split(n, -2)
        return torch.cat(self._workers.map(self._function, rows.tensor_split(n, -2), own), -2)


class Recorded:
    """A function of tensors on a GPU, recorded as a CUDA graph for each new set of shapes and replayed from then on.

    A sampling step is some two hundred kernels of a few microseconds; launched one by one, the launches are what takes
    the time. A replay launches all at once. The inputs' shapes must not be ever new ones: each recording stays.

    Args:
        function: launches the same kernels whatever the inputs' values, and reads nothing back from the GPU.
        record: makes a program with the same result as the function, for inputs like those given.
    """

    def __init__(self, function: TensorFunction, record: Callable[..., TensorFunction] | None = None):
        self._function, self._record = function, record or CudaGraph
        self._programs: dict[tuple[object, ...], TensorFunction] = {}
        self._lock = threading.Lock()

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Apply."""
        key = tuple((x.shape, x.dtype, x.device) for x in inputs)
        with self._lock:  # a recording has one set of buffers
            if key not in self._programs:
                self._programs[key] = self._record(self._function, inputs)
            return self._programs[key](*inputs)


class CudaGraph:
    """One recording, with buffers of its own.

    Args:
        function: what to record.
        inputs: examples of its inputs.
    """

    def __init__(self, function: TensorFunction, inputs: tuple[Tensor, ...]):
        with torch.no_grad(), torch.cuda.device(inputs[0].device):
            self._inputs = tuple(x.clone() for x in inputs)
            # Libraries set themselves up in their first calls, which must not be recorded.
            aside = torch.cuda.Stream()
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                for _ in range(3):
                    function(*self._inputs)
            torch.cuda.current_stream().wait_stream(aside)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._output = function(*self._inputs)

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Replay with these inputs."""
        for buffer, given in zip(self._inputs, inputs, strict=True):
            buffer.copy_(given)
        self._graph.replay()
        return self._output.clone()
