import json

import pytest
import torch

from manyfaces.bench.report import provenance
from manyfaces.bench.speed.call_pattern import CallPattern
from manyfaces.bench.speed.clock import Cost, measure
from manyfaces.bench.speed.machine import Machine, measure_machine
from manyfaces.bench.speed.report import PUBLISHED, Row, SpeedReport
from manyfaces.bench.speed.system import N_IDENTITIES, random_system, works
from manyfaces.bench.speed.work import Work, count
from manyfaces.diffusion import ANCESTRAL, FAST
from manyfaces.methods.ofer import OPEN
from manyfaces.nn import UNet1D

CPU = torch.device("cpu")


def test_the_published_call_pattern_computes_what_the_network_does():
    torch.manual_seed(0)
    net = UNet1D(7, 5, (24, 12, 6), heads=2, head_dim=4, n_qkv=3, time_dim=16).double()
    for parameter in net.parameters():
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, std=0.3)
    x, context = torch.randn(4, 7, dtype=torch.float64), torch.randn(4, 5, dtype=torch.float64)
    with torch.no_grad():
        plain = net(x, torch.tensor(321), context)
    assert torch.allclose(CallPattern(net)(x, 321, context), plain, rtol=1e-10, atol=1e-12)


def test_arithmetic_is_counted():
    linear, packed = torch.nn.Linear(20, 30), torch.nn.Linear(300, 400)
    assert count(lambda: linear(torch.randn(7, 20)), linear).gflop == pytest.approx(2e-9 * 7 * 20 * 30)
    net = UNet1D(300, 512, (300, 50, 10))
    with torch.no_grad():
        plain = count(lambda: net(torch.randn(1, 300), torch.zeros(1), torch.randn(1, 512)), net)
    # The published code's cost is 29.56 MFLOP a sample and step; mixing before `to_out` spares 4.26 of them.
    assert 1e3 * plain.gflop == pytest.approx(25.30, abs=0.01)
    assert plain.gbytes == pytest.approx(4e-9 * (6_246_954 + 6_205_440 + 256))
    assert count(lambda: packed(torch.randn(7, 300)), packed).gbytes == pytest.approx(4e-9 * (300 * 400 + 400))


def test_a_floor_is_the_longer_of_arithmetic_and_traffic():
    machine = Machine("test", 1, gflops=100, gbytes=10)
    assert Work(50, 1).floor_s(machine) == pytest.approx(0.5)
    assert Work(50, 20).floor_s(machine) == pytest.approx(2)
    assert (Work(1, 2) + Work(3, 4)).times(2) == Work(8, 12)


def test_the_open_recipe_runs_as_a_whole_and_its_work_grows_with_the_steps():
    system = random_system(OPEN, False, CPU)
    vertices = system.whole(system.conditions(2), FAST)
    assert vertices.shape == (2, 15, 5023, 3)
    assert vertices.isfinite().all()
    fast, exact = works(system, FAST), works(system, ANCESTRAL)
    assert list(fast) == ["idgen", "rank", "expgen", "vertices"]
    assert exact["idgen"].gflop / fast["idgen"].gflop == pytest.approx(1000 / 25)
    assert fast["idgen"].gflop > 1e-9 * 25 * N_IDENTITIES * 2 * 3 * 160 * 16 * 3 * 16  # its widest projections alone


def test_a_machine_has_limits_and_a_call_a_cost():
    machine = measure_machine(CPU)
    assert machine.gflops > 0.1
    assert machine.gbytes > 0.1
    assert machine.threads == torch.get_num_threads()
    assert machine.name in str(machine)
    calls = []
    cost = measure(lambda: calls.append(torch.ones(2**22)), CPU, 3)
    assert len(calls) == 4
    assert cost.wall_s > 0
    assert cost.memory_mb > 16


def report():
    def row(sampler, part, seconds, n=1):
        return Row("paper", sampler, part, n, Cost(seconds, 2 * seconds, 100), Work(10, 1))

    parts = [row(s, p, t) for s in ("ddpm", PUBLISHED) for p, t in (("idgen", 10), ("expgen", 2), ("encode", 1))]
    wholes = [row("fast", "whole", 2.0), row("fast", "whole", 4.0, 4), row("ddpm", "whole", 30.0)]
    return SpeedReport(Machine("test", 2, 100, 10), (*parts, *wholes))


def test_bars_are_judged_on_the_device_that_they_are_for():
    bars = {b.name: b.met for b in report().bars}
    assert bars["CPU, the paper's sizes, one photo, fast, s"] is True
    assert bars["CPU, the paper's sizes, one photo, DDPM-1000, s"] is False
    assert {met for name, met in bars.items() if name.startswith("GPU")} == {None}
    on_gpu = SpeedReport(Machine("test", 0, 100, 10), report().rows)
    bars = {b.name: b.met for b in on_gpu.bars}
    assert {met for name, met in bars.items() if name.startswith("CPU")} == {None}
    assert bars["GPU, the paper's sizes, many photos, fast, photos/s"] is False


def test_a_report_is_written(tmp_path):
    report().write(tmp_path, provenance())
    saved = json.loads((tmp_path / "speed.json").read_text())
    assert saved["machine"]["name"] == "test"
    assert len(saved["rows"]) == 9
    text = (tmp_path / "speed.md").read_text()
    # A whole photo of four together: 1000 ms, 10 GFLOP of 40 at 100 GFLOP/s: not below 25 ms.
    assert "| whole | 4 | 1000 | 2000 | 1 | 100 | 2.5 | 25 | 40 |" in text
    assert "| together | 26.0 | 26.00 | 1.0 |" in text
