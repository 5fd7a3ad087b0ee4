import threading

import pytest
import torch

from manyfaces.pipeline.workers import SampleWorkers, sample_workers


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def here():
    return threading.get_ident(), torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()


def test_parts_keep_their_order(two_threads):
    workers, seen, numbers = SampleWorkers(3), [], torch.arange(3.0)

    def work(a, b):
        seen.append(here())
        return a + 10 * b

    results = workers.run(lambda: torch.cat(workers.map(work, numbers.split(1), numbers.split(1))))
    assert torch.equal(results, 11 * numbers)
    assert {n for _, n, *_ in seen} == {1}
    assert threading.get_ident() not in {thread for thread, *_ in seen}
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_gradients_are_as_in_the_caller(mode):
    workers, seen = SampleWorkers(2), []

    def work(x):
        seen.append(here()[2:])
        return x

    with mode():
        expected = here()[2:]
        workers.run(lambda: torch.cat(workers.map(work, torch.zeros(2).split(1))))
    assert seen == [expected] * 2


def test_later_threads_use_what_torch_is_set_to(two_threads):
    SampleWorkers(2).run(lambda: torch.zeros(1))
    seen = []
    later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert seen == [2]


def test_errors_come_back():
    def fail(x):
        raise ValueError("no")

    workers = SampleWorkers(2)
    with pytest.raises(ValueError, match="no"):
        workers.run(lambda: workers.map(fail, torch.zeros(2).split(1))[0])
    assert torch.equal(workers.run(lambda: torch.ones(1)), torch.ones(1))


def test_two_callers_at_once_do_not_wait_for_ever():
    workers, results = SampleWorkers(2), []

    def call():
        double = lambda: torch.cat(workers.map(lambda x: 2 * x, torch.ones(2).split(1)))  # noqa: E731
        results.append(sum(workers.run(double) for _ in range(20)))

    threads = [threading.Thread(target=call, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [r.tolist() for r in results] == [[40.0, 40.0]] * 3


def test_only_where_they_are_of_use(two_threads):
    workers = sample_workers(torch.device("cpu"))
    assert workers is not None
    assert workers.n == 2
    assert sample_workers(torch.device("cuda")) is None
    torch.set_num_threads(1)
    assert sample_workers(torch.device("cpu")) is None
