"""Work shared out to processes, one for each core."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

import cv2
import torch

from manyfaces.core.errors import ManyfacesError

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_processes(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    workers: int,
    begin: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
    fix: str = "use fewer workers",
) -> Iterator[tuple[Job, Result]]:
    """Do jobs in processes of one thread each; they come as they are done.

    Args:
        work: a function of a module, that processes can find by its name.
        jobs: what each is called with.
        workers: how many processes.
        begin: called once in each process, before any work.
        given: its arguments.
        fix: what to do when a process ended by itself.

    Raises:
        ManyfacesError: a process ended by itself; or what `work` raised.
    """
    # Not forked: torch's threads do not survive that.
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (begin, given)) as pool:
        futures = {pool.submit(work, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise ManyfacesError("a process at work ended by itself, for want of memory perhaps", fix) from None
        finally:
            pool.shutdown(cancel_futures=True)


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    # Before anything is loaded: the processes share the cores among themselves.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if begin is not None:
        begin(*given)
