import threading

import torch

from manyfaces.pipeline.workers import SampleWorkers


def test_parts_keep_their_order_and_torch_its_threads():
    before = torch.get_num_threads()
    workers, seen = SampleWorkers(3), set()

    def work(a, b):
        seen.add((threading.get_ident(), torch.get_num_threads()))
        return a + 10 * b

    numbers = torch.arange(6.0)
    results = workers.map(work, numbers.split(1), numbers.split(1))
    assert torch.equal(torch.cat(results), 11 * numbers)
    assert {n for _, n in seen} == {1}
    assert threading.get_ident() not in {thread for thread, _ in seen}
    assert torch.get_num_threads() == before


def test_later_threads_use_what_torch_is_set_to():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        SampleWorkers(2).map(torch.sin, torch.zeros(2).split(1))
        seen = []
        later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        later.start()
        later.join()
        assert seen == [2]
    finally:
        torch.set_num_threads(before)


def test_as_many_as_torch_uses():
    assert SampleWorkers().n == torch.get_num_threads()
