"""Tie the detector's 468 points to the open head: find where on its surface FaceMesh sees each of them.

Renders heads in many poses, looks at them with FaceMesh, and picks for every point the triangle and barycentric
coordinates whose projections are nearest to the detections over all renders (robustly, by medians).

    python scripts/fit_points_468.py scripts/openhead_bake/points_468.npz
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from manyfaces.assets import fetch
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.bank import photograph
from manyfaces.data.expressions import ExpressionPrior, ExpressionShares
from manyfaces.data.scene import SceneConfig, sample_scene
from manyfaces.detect import FaceMesh, crop_from_points
from manyfaces.geometry import Crop
from manyfaces.heads import HeadModel
from manyfaces.io.atomic import atomic_path
from manyfaces.io.head_files import load_head
from manyfaces.io.litert import load_network

SCENES = SceneConfig(yaw_deg=(20.0, 40.0), pitch_deg=(9.0, 20.0), roll_deg=(8.0, 20.0), size_px=384)


def look(head: HeadModel, n_scenes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Detected points (N, 468, 2), projected vertices (N, V, 2) and eye distances (N,), pixels."""
    mesh = FaceMesh(load_network(fetch("face_landmarks_468")))
    prior = ExpressionPrior(head, ExpressionShares(neutral=0.5, smile=0.2))
    detected, projected, eyes = [], [], []
    for number in range(n_scenes):
        generator = numpy_generator(468, "embedding", number)
        scene = sample_scene(head, prior, generator, SCENES)
        vertices = scene.vertices(head)
        image = photograph(head, vertices, scene.camera, generator, SCENES.size_px)
        vertices_px = scene.camera.project(vertices).points_px.numpy()
        face = vertices_px[head.data.masks["front"]]
        low, high = face.min(0), face.max(0)
        middle = (low + high) / 2
        size_px, angle_rad = 1.6 * float((high - low).max()), float(np.radians(scene.angles_deg[2]))
        crop = Crop((float(middle[0]), float(middle[1])), size_px, angle_rad)
        for _ in range(2):
            points = mesh(image, crop)
            crop = crop_from_points(points.points_px)
        if points.score < 0.7:
            continue
        detected.append(points.points_px)
        projected.append(vertices_px)
        span = points.points_px[33] - points.points_px[263]
        eyes.append(np.hypot(np.linalg.norm(span), points.depth_px[33] - points.depth_px[263]))
    print(f"FaceMesh saw {len(detected)} of {n_scenes} faces")
    return np.stack(detected), np.stack(projected), np.array(eyes)


def embed(head: HeadModel, detected: np.ndarray, projected: np.ndarray, eyes: np.ndarray) -> dict[str, np.ndarray]:
    """Triangle and barycentric coordinates of each point."""
    skin = head.data.masks["skin"] & (head.data.template[:, 2] > np.quantile(head.data.template[:, 2], 0.3))
    faces = head.data.faces
    on_skin = np.nonzero(skin[faces].all(1))[0]
    candidates = np.nonzero(skin)[0]
    scale = 1 / eyes[:, None]
    face_ids, barycentrics, residuals = [], [], []
    for point in range(468):
        error = np.linalg.norm(projected[:, candidates] - detected[:, point, None], axis=2) * scale
        near = candidates[np.argsort(np.median(error, 0))[:6]]
        ids = on_skin[np.isin(faces[on_skin], near).any(1)]
        options = [_fit_triangle(projected[:, faces[f]], detected[:, point], scale) for f in ids]
        best = int(np.argmin([residual for residual, _ in options]))
        face_ids.append(ids[best])
        barycentrics.append(options[best][1])
        residuals.append(options[best][0])
    print(f"median distance {100 * np.median(residuals):.2f} % of the eye distance")
    return {"face_ids": np.array(face_ids, np.int32), "barycentrics": np.array(barycentrics, np.float32)}


def _fit_triangle(corners: np.ndarray, target: np.ndarray, scale: np.ndarray) -> tuple[float, np.ndarray]:
    """Barycentric coordinates inside the triangle that fit over all renders, by reweighted least squares."""
    a, b = (corners[:, 0] - corners[:, 2]) * scale, (corners[:, 1] - corners[:, 2]) * scale
    y = (target - corners[:, 2]) * scale
    weights, inside = np.ones(len(y)), np.full(3, 1 / 3)
    for _ in range(6):
        w = np.sqrt(weights)[:, None]
        matrix = np.stack([(a * w).ravel(), (b * w).ravel()], 1)
        solved = np.linalg.solve(matrix.T @ matrix + 1e-10 * np.eye(2), matrix.T @ (y * w).ravel())
        inside = np.clip([*solved, 1 - solved.sum()], 0, None)
        inside /= inside.sum()
        distance = np.linalg.norm(y - a * inside[0] - b * inside[1], axis=1)
        weights = 1 / np.maximum(distance, 0.005)
    return float(np.median(distance)), inside


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=int, default=240)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    head = HeadModel(load_head("openhead"))
    embedding = embed(head, *look(head, arguments.scenes))
    with atomic_path(arguments.out) as temporary, open(temporary, "wb") as file:
        np.savez(file, **embedding)


if __name__ == "__main__":
    main()
