"""Running a `.tflite` network through LiteRT, as a plain function on arrays."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from manyfaces.core.errors import AssetError

TensorFunction = Callable[[np.ndarray], list[np.ndarray]]


def load_network(path: str | Path, threads: int = 1) -> TensorFunction:
    """Load a network with one input and make a function of it.

    The function takes the input tensor (float32, the network's own shape) and returns copies of the outputs in the
    file's order. A LiteRT interpreter is not thread-safe; the function holds a lock, so that threads may share it
    and take turns. For speed give each thread its own network.

    Args:
        path: a `.tflite` file.
        threads: CPU threads for one call.

    Raises:
        AssetError: the file is missing or is not a network LiteRT can run.
    """
    # Here, not above: `manyfaces.io` must import where nothing is detected, and fast.
    from ai_edge_litert.interpreter import Interpreter

    try:
        # As bytes: the interpreter then also takes paths with characters the C library does not.
        interpreter = Interpreter(model_content=Path(path).read_bytes(), num_threads=threads)
        with _without_chatter():
            interpreter.allocate_tensors()
    except (OSError, ValueError, RuntimeError) as error:
        raise AssetError(
            f"cannot load the network {path}: {str(error).splitlines()[0]}", "run `manyfaces assets fetch`"
        ) from error
    given = interpreter.get_input_details()[0]
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    lock = threading.Lock()

    def run(tensor: np.ndarray) -> list[np.ndarray]:
        with lock:
            interpreter.set_tensor(given["index"], tensor)
            interpreter.invoke()
            return [interpreter.get_tensor(index) for index in outputs]  # get_tensor copies

    return run


@contextmanager
def _without_chatter() -> Iterator[None]:
    # The library greets on the process' stderr, which belongs to errors, and has no switch for it. Whatever else it
    # says there is passed on.
    with tempfile.TemporaryFile() as said:
        try:
            stderr = os.dup(2)
        except OSError:  # closed: nothing can be said there
            yield
            return
        try:
            os.dup2(said.fileno(), 2)
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            kept = b"".join(line for line in said if not line.startswith(b"INFO: "))
            if kept:
                os.write(2, kept)
