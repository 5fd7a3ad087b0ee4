import pytest
import torch

from manyfaces.nn.execution import Recorded, RowsShared


class Turns:
    """Workers that take turns, and remember how many rows each had."""

    def __init__(self, n):
        self.n, self.rows = n, []

    def run(self, function):
        return function()

    def map(self, function, *parts):
        self.rows = [part.shape[-2] for part in parts[0]]
        return [function(*part) for part in zip(*parts, strict=True)]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("photos", [(), (2,)])
def test_rows_are_shared_out(shared, photos):
    workers = Turns(3)
    rows, parameters = torch.randn(*photos, 50, 4), torch.randn(*photos, 1 if shared else 50, 1)
    share = RowsShared(lambda x, p: x * p, workers, work=100_000_000)
    assert torch.equal(share(rows, parameters), rows * parameters)
    assert workers.rows == [17, 17, 16]


def test_little_work_is_not_shared_out():
    workers = Turns(8)
    for n, shares in ((100, 0), (399, 0), (400, 2), (10_000, 8)):
        assert torch.equal(
            RowsShared(torch.add, workers, 1_000_000)(torch.ones(n, 2), torch.ones(2)), torch.full((n, 2), 2.0)
        )
        assert len(workers.rows) == shares


class Recordings:
    """Stands in for CUDA graphs: fixed buffers, the function run anew on them."""

    def __init__(self):
        self.shapes = []

    def __call__(self, function, inputs):
        self.shapes.append([tuple(x.shape) for x in inputs])
        buffers, output = [x.clone() for x in inputs], function(*inputs)

        def replay(*given):
            for buffer, value in zip(buffers, given, strict=True):
                buffer.copy_(value)
            output.copy_(function(*buffers))
            return output.clone()

        return replay


def test_recorded_once_for_each_set_of_shapes():
    record = Recordings()
    recorded = Recorded(lambda x, y: x * 2 + y, record)
    for n in (3, 5, 3, 3, 5):
        x, y = torch.randn(n, 4), torch.randn(1, 4)
        assert torch.equal(recorded(x, y), x * 2 + y)
    assert record.shapes == [[(3, 4), (1, 4)], [(5, 4), (1, 4)]]


def test_number_formats_are_recorded_apart():
    record = Recordings()
    recorded = Recorded(lambda x: x + 1, record)
    assert recorded(torch.zeros(2)).dtype == torch.float32
    assert recorded(torch.zeros(2, dtype=torch.float64)).dtype == torch.float64
    assert len(record.shapes) == 2


def test_results_outlive_the_next_replay():
    recorded = Recorded(lambda x: x + 1, Recordings())
    first = recorded(torch.zeros(2))
    recorded(torch.ones(2))
    assert torch.equal(first, torch.ones(2))
