"""Filters of face points side by side: how still, how late, how rough, on signals with 1 px of white noise, 30 fps."""

import math
import time

import torch
from torch import Tensor

from benchmarks.lines import Line, at_most, figure
from manyfaces.geometry.smoothing import ConstantVelocity, Filter, OneEuro, SelfTuned, smooth_sequence

FPS, FRAMES, CHANNELS, SETTLED, ARRIVAL = 30, 600, 400, 60, 300
TIMES_S = torch.arange(FRAMES, dtype=torch.float64) / FPS
FILTERS: dict[str, Filter | None] = {
    "constant velocity (default)": ConstantVelocity(),
    "self-tuned (videos)": SelfTuned(0.1),
    "one-euro": OneEuro(),
    "Kalman without surprises": ConstantVelocity(surprise=math.inf),
    "none": None,
}
BARS = ("constant velocity (default)", "self-tuned (videos)", "one-euro")


def smoothed(smoother: Filter | None, signal: Tensor, noise: Tensor) -> Tensor:
    measured = signal[:, None].float() + noise
    return measured if smoother is None else smooth_sequence(smoother, measured, TIMES_S)


def rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def frames_until(curve: Tensor, level: float) -> int:
    return int((curve[ARRIVAL:] >= level).int().argmax())


def lines_of(name: str, smoother: Filter | None, noise: Tensor) -> list[Line]:
    after = torch.arange(FRAMES) - ARRIVAL
    still, step, glitch = torch.zeros(FRAMES), 10.0 * (after >= 0), 10.0 * (after == 0)
    ramp, swing = 100 * TIMES_S, 10 * torch.sin(2 * math.pi * TIMES_S)
    jitter, doubled = (rms(smoothed(smoother, still, k * noise)[SETTLED:]) for k in (1, 2))
    stepped = smoothed(smoother, step, noise).mean(1)
    swung = (smoothed(smoother, swing, noise) - swing[:, None])[SETTLED:]
    late = (ramp[:, None] - smoothed(smoother, ramp, noise))[SETTLED:].mean() * FPS / 100
    wrong = float(smoothed(smoother, glitch, noise)[ARRIVAL].mean())
    half, trembles = frames_until(stepped, 5.0), f"{name}: a still point trembles"
    barred = [at_most(trembles, 0.3, jitter, "px"), at_most(f"{name}: 10 px step, to 50 %", 1, half, "frames")]
    plain = [figure(line.name, line.measured, line.unit) for line in barred]
    return [
        *(barred if name in BARS else plain),
        figure(f"{name}: 10 px step, to 90 %", frames_until(stepped, 9.0), "frames"),
        figure(f"{name}: 10 px step, overshoot", float(stepped.max()) - 10, "px"),
        figure(f"{name}: lag on 100 px/s", float(late), "frames"),
        figure(f"{name}: error on a swing of 10 px at 1 Hz", rms(swung), "px"),
        figure(f"{name}: the same, its change from frame to frame", rms(swung.diff(dim=0)), "px"),
        figure(f"{name}: let through of one wrong frame, 10 px off", wrong, "px"),
        figure(f"{name}: noise twice as large as told, still", doubled, "px"),
    ]


def run() -> list[Line]:
    noise = torch.randn(FRAMES, CHANNELS, generator=torch.Generator().manual_seed(0))
    lines = [line for name, smoother in FILTERS.items() for line in lines_of(name, smoother, noise)]
    points = torch.zeros(FRAMES, 478, 2)
    for name in BARS:
        start = time.perf_counter()
        smooth_sequence(FILTERS[name], points, TIMES_S)  # type: ignore[arg-type]
        lines.append(figure(f"{name}: 478 points, a frame", 1e3 * (time.perf_counter() - start) / FRAMES, "ms"))
    return lines
