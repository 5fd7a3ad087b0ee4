"""CPU time of drawing one 256-pixel frame.

The scene is a dented ball of 10,206 faces that fills more of the frame than a head does. Times are of the process,
summed over its threads; the first call, which compiles the kernels or loads them from their cache, is apart.
"""

import time
from collections.abc import Callable

import torch

from benchmarks.lines import Line, at_most, figure
from manyfaces.geometry import frame_points
from manyfaces.render import rasterise, render_mesh

SIZE = (256, 256)
GOAL_MS = 4.0


def run() -> list[Line]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _measure()
    finally:
        torch.set_num_threads(threads)


def _measure() -> list[Line]:
    vertices, faces = dented_ball()
    camera = frame_points(vertices, SIZE)
    points = camera.project(vertices).with_depth
    batch, batch_points = vertices.expand(16, -1, -1), points.expand(16, -1, -1).contiguous()
    start = time.perf_counter()
    render_mesh(vertices, faces, camera, SIZE)
    first = time.perf_counter() - start
    scene = f"256 px, {len(faces)} faces, numba, CPU time per frame"
    alone = cpu_ms(lambda: rasterise(points, faces, SIZE))
    together = cpu_ms(lambda: rasterise(batch_points, faces, SIZE), 3) / 16
    drawn = cpu_ms(lambda: render_mesh(vertices, faces, camera, SIZE))
    drawn_together = cpu_ms(lambda: render_mesh(batch, faces, camera, SIZE), 3) / 16
    smooth = cpu_ms(lambda: render_mesh(vertices, faces, camera, SIZE, supersample=2), 5)
    reference = cpu_ms(lambda: rasterise(points, faces, SIZE, "torch"), 3)
    return [
        at_most(f"rasterise, {scene}", GOAL_MS, alone, "ms"),
        at_most(f"rasterise, batch 16, {scene}", GOAL_MS, together, "ms"),
        at_most(f"render_mesh, {scene}", GOAL_MS, drawn, "ms"),
        at_most(f"render_mesh, batch 16, {scene}", GOAL_MS, drawn_together, "ms"),
        figure(f"render_mesh, 2 x 2 samples a pixel, {scene}", smooth, "ms"),
        figure("rasterise, the same in pure torch", reference, "ms"),
        figure("render_mesh, first call of a process, wall time", 1e3 * first, "ms"),
    ]


def dented_ball(rings: int = 64, spokes: int = 81) -> tuple[torch.Tensor, torch.Tensor]:
    """Vertices (1, V, 3), metres, and faces (F, 3) of a closed surface with dents that hide one another."""
    polar = torch.linspace(0.01, torch.pi - 0.01, rings)[:, None].expand(rings, spokes)
    turn = torch.arange(spokes)[None].expand(rings, spokes) * (2 * torch.pi / spokes)
    unit = torch.stack([polar.sin() * turn.sin(), polar.cos(), polar.sin() * turn.cos()], -1).flatten(0, 1)
    vertices = 0.1 * unit * (1 + 0.15 * torch.sin(7 * unit[:, :1]) * torch.cos(5 * unit[:, 1:2]))
    here = torch.arange(rings - 1)[:, None] * spokes + torch.arange(spokes)[None]
    beside = torch.arange(rings - 1)[:, None] * spokes + (torch.arange(spokes)[None] + 1) % spokes
    upper = torch.stack([here, here + spokes, beside], -1).flatten(0, 1)
    lower = torch.stack([beside, here + spokes, beside + spokes], -1).flatten(0, 1)
    return vertices[None], torch.cat([upper, lower])


def cpu_ms(call: Callable[[], object], repeats: int = 20, rounds: int = 5) -> float:
    """CPU milliseconds of one call: the median over rounds, after warming up."""
    call()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(repeats):
            call()
        times.append((time.process_time() - start) / repeats)
    return 1e3 * sorted(times)[rounds // 2]
