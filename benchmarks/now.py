"""Scoring meshes on the NoW benchmark: a scan and predictions of its size, made of open heads."""

import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from benchmarks.lines import Line, at_most, figure
from manyfaces.bench.now import NowImage, run_now, seven_landmarks, write_prediction
from manyfaces.bench.now.measuring import usable_cores
from manyfaces.core.seeds import numpy_generator, torch_generator
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.mesh_files import obj_text
from manyfaces.metrics.now import face_crop

MOST_SECONDS = 0.5
N_SUBJECTS, N_IMAGES = 2, 16
NOISE_MM = 0.2


def run() -> list[Line]:
    """Time both modes of the metric, files included, with one process and with one for each core."""
    head = HeadModel(load_head("openhead"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        n_cropped = _write_set(root, head)
        run_now(root, root / "predictions", root / "warm", workers=1, console=_silent())
        alone = _seconds_per_mesh(root, 1, time.process_time)
        together = _seconds_per_mesh(root, usable_cores(), time.perf_counter)
    size = f"{len(head.faces)} faces, {n_cropped} scan vertices, both modes, files and report"
    return [
        at_most(f"bench now, {size}, one process, CPU time per mesh", MOST_SECONDS, alone, "s"),
        figure(f"the same, {usable_cores()} processes, their start included, wall time per mesh", together, "s"),
    ]


def _seconds_per_mesh(root: Path, workers: int, clock: Callable[[], float]) -> float:
    start = clock()
    run_now(root, root / "predictions", root / f"out{workers}", workers=workers, console=_silent())
    return (clock() - start) / (N_SUBJECTS * N_IMAGES)


def _write_set(root: Path, head: HeadModel) -> int:
    """Write the benchmark's files; returns how many vertices of a scan are measured."""
    n_cropped, listed = 0, []
    for number in range(N_SUBJECTS):
        identity = torch.randn(head.n_identity, generator=torch_generator(number, "subject"))
        vertices = head.neutral(identity) * 1000
        landmarks = seven_landmarks(head, vertices)
        n_cropped = _write_scan(root, f"subject_{number}", vertices, head.faces, landmarks)
        for k in range(N_IMAGES):
            guess = 0.6 * identity + 0.5 * torch.randn(head.n_identity, generator=torch_generator(k, "guess"))
            image = NowImage(f"subject_{number}", "multiview_neutral", f"IMG_{k}.jpg")
            write_prediction(root / "predictions", image, head, head.neutral(guess))
            listed.append(str(image))
    (root / "imagepathsvalidation.txt").write_text("\n".join(listed))
    return n_cropped


def _write_scan(root: Path, subject: str, vertices: torch.Tensor, faces: torch.Tensor, landmarks: torch.Tensor) -> int:
    points, triangles = vertices.double().numpy(), faces.numpy()
    points, triangles = _halved(points, triangles)
    points = points + numpy_generator(0, subject).normal(0, NOISE_MM, points.shape)
    for folder in ("scans", "scans_lmks_onlypp"):
        (root / folder / subject).mkdir(parents=True)
    (root / "scans" / subject / "scan.obj").write_text(obj_text(points, triangles))
    picked = "".join('<point x="{}" y="{}" z="{}" active="1"/>'.format(*point) for point in landmarks.tolist())
    (root / "scans_lmks_onlypp" / subject / "scan.pp").write_text(f"<PickedPoints>{picked}</PickedPoints>")
    return int(face_crop(torch.from_numpy(points), landmarks.double()).sum())


def _halved(points: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every triangle cut into four at the middles of its sides."""
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, index = np.unique(sides, axis=0, return_inverse=True)
    ab, bc, ca = index.reshape(3, -1) + len(points)
    a, b, c = faces.T
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    middles = points[unique].mean(1)
    return np.concatenate([points, middles]), np.concatenate([np.stack(part, axis=1) for part in parts])


def _silent() -> Console:
    return Console(file=StringIO())
