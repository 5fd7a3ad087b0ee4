"""What the detector really says of rendered faces whose truth is known: the noise model is the detector itself.

Every scene is rendered once, hidden in several ways, and looked at through crops that are off as real ones are. The
result, a bank of observations with exact truth, trains and tests everything that is conditioned on points.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int

from manyfaces.assets import fetch
from manyfaces.core.config import to_json
from manyfaces.core.errors import InputError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.expressions import ExpressionPrior, ExpressionShares
from manyfaces.data.scene import SceneConfig, sample_albedo, sample_background, sample_light, sample_scene
from manyfaces.detect import POINTS_68_FROM_468, FaceMesh, crop_from_points
from manyfaces.detect.observation import hidden_at, observe, to_crop_units
from manyfaces.geometry import Crop
from manyfaces.heads import HeadModel
from manyfaces.io.atomic import atomic_path
from manyfaces.io.head_files import load_head
from manyfaces.io.litert import load_network
from manyfaces.occlusion import paint_occluder, sample_occluder
from manyfaces.render import render_mesh


@dataclass(frozen=True)
class BankConfig:
    """How a bank is made.

    Attributes:
        seed: root of all random streams; training, validation and test banks have different ones.
        n_scenes: people rendered.
        n_occluders: hidden views of each, beside the clear one.
        n_crops: crops looked through for each view.
        crop_jitter: deviations of the crop's place and log size, and of its angle in radians; one of them is drawn for
            every crop. Most are as good as a crop that was corrected once, some as bad as a detector's first.
        head: name or path of the head model.
        scene: how scenes are drawn.
        expressions: how often which expressions are.
    """

    seed: int = 0
    n_scenes: int = 12_000
    n_occluders: int = 3
    n_crops: int = 2
    crop_jitter: tuple[float, ...] = (0.03, 0.03, 0.10)
    head: str = "openhead"
    scene: SceneConfig = field(default_factory=SceneConfig)
    expressions: ExpressionShares = field(default_factory=ExpressionShares)


@dataclass(frozen=True)
class Bank:
    """Observations with their truth; rows of one scene share `scene`.

    Attributes:
        points: the detector's points, crop units; depth, hidden, hidden_at, score: as `PointObservation`.
        true_points: where the head's points project, crop units.
        identity: true coefficients; expression and jaw likewise.
        scene: number of the scene.
        angles_deg: yaw, pitch, roll.
    """

    points: Float[np.ndarray, "N 468 2"]
    depth: Float[np.ndarray, "N 468"]
    hidden: Float[np.ndarray, "N 16 16"]
    hidden_at: Float[np.ndarray, "N 468"]
    score: Float[np.ndarray, " N"]
    true_points: Float[np.ndarray, "N 468 2"]
    identity: Float[np.ndarray, "N S"]
    expression: Float[np.ndarray, "N E"]
    jaw: Float[np.ndarray, "N 3"]
    scene: Int[np.ndarray, " N"]
    angles_deg: Float[np.ndarray, "N 3"]

    def __len__(self) -> int:
        return len(self.points)

    def save(self, path: Path) -> None:
        """Write an npz file, whole or not at all."""
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **{f.name: getattr(self, f.name) for f in fields(self)})

    @staticmethod
    def load(path: Path) -> "Bank":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return Bank(**{f.name: file[f.name] for f in fields(Bank)})

    @staticmethod
    def joined(banks: "list[Bank]") -> "Bank":
        """One bank of several."""
        return Bank(**{f.name: np.concatenate([getattr(b, f.name) for b in banks]) for f in fields(Bank)})


def build_bank(config: BankConfig, folder: Path, n_workers: int = 2, tick: Callable[[int], None] | None = None) -> Bank:
    """Make a bank in parallel, in shards that an interrupted run picks up again.

    Args:
        config: what to make.
        folder: where the shards go.
        n_workers: processes.
        tick: called with the number of scenes each time some are done.
    """
    starts = range(0, config.n_scenes, SHARD_SCENES)
    jobs = [(config, start, min(start + SHARD_SCENES, config.n_scenes), folder) for start in starts]
    with multiprocessing.get_context("spawn").Pool(n_workers, _start_worker) as pool:
        for done in pool.imap_unordered(_make_shard, jobs):
            if tick:
                tick(done)
    return Bank.joined([Bank.load(_shard_path(folder, config, start, stop)) for _, start, stop, _ in jobs])


SHARD_SCENES = 250
_JITTERED_SIZE = 1.3  # sizes and angles of real crops are off by a little more than their places


def observe_scenes(config: BankConfig, start: int, stop: int, head: HeadModel, mesh: FaceMesh) -> Bank:
    """Make the rows of scenes `start` to `stop`; each depends on the seed and its own number alone."""
    prior = ExpressionPrior(head, config.expressions)
    rows = [row for number in range(start, stop) for row in _scene_rows(config, number, head, prior, mesh)]
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    at = hidden_at(columns["points"], columns["hidden"])
    return Bank(hidden_at=at, **columns)


def _scene_rows(
    config: BankConfig, number: int, head: HeadModel, prior: ExpressionPrior, mesh: FaceMesh
) -> Iterator[dict[str, Any]]:
    generator = numpy_generator(config.seed, "scene", number)
    scene = sample_scene(head, prior, generator, config.scene)
    vertices = scene.vertices(head)
    image = photograph(head, vertices, scene.camera, generator, config.scene.size_px)
    points_px = scene.camera.project(head.landmarks(vertices, "468")).points_px.numpy()
    truth = {
        "identity": scene.identity.numpy(),
        "expression": scene.expression.numpy(),
        "jaw": scene.jaw.numpy(),
        "scene": np.int64(number),
        "angles_deg": np.array(scene.angles_deg, np.float32),
    }
    for view in range(1 + config.n_occluders):
        mask = np.zeros(image.shape[:2], bool)
        seen = image
        if view:
            mask = sample_occluder(POINTS_68_FROM_468 @ points_px, image.shape[:2], generator).mask
            seen = paint_occluder(image, mask, generator)
        for _ in range(config.n_crops):
            deviation = config.crop_jitter[int(generator.integers(len(config.crop_jitter)))]
            crop = jittered_crop(crop_from_points(points_px), deviation, generator)
            found = observe(mesh(seen, crop), mask)
            yield {
                "points": found.points,
                "depth": found.depth,
                "hidden": found.hidden.astype(np.float32),
                "score": np.float32(found.score),
                "true_points": to_crop_units(points_px, crop),
                **truth,
            }


def jittered_crop(crop: Crop, deviation: float, generator: np.random.Generator) -> Crop:
    """A crop that is off as a detector's is."""
    shift = generator.normal(0, deviation, 2) * crop.size_px / 1.5
    grown, turned = generator.normal(0, deviation * _JITTERED_SIZE, 2)
    centre = (float(crop.centre_px[0] + shift[0]), float(crop.centre_px[1] + shift[1]))
    return replace(
        crop, centre_px=centre, size_px=crop.size_px * float(np.exp(grown)), angle_rad=crop.angle_rad + turned
    )


def photograph(
    head: HeadModel,
    vertices: torch.Tensor,
    camera,
    generator: np.random.Generator,
    size_px: int,
    albedo: torch.Tensor | None = None,
) -> np.ndarray:
    """Render a head before a backdrop, as a mediocre camera would: blur, noise; uint8 RGB.

    Colours are drawn unless `albedo` gives them.
    """
    render = render_mesh(
        vertices[None],
        head.faces,
        camera,
        (size_px, size_px),
        albedo=sample_albedo(head, generator) if albedo is None else albedo,
        light=sample_light(generator),
    )
    cover = render.mask[0].numpy()[..., None]
    picture = render.rgb[0].numpy() * cover + sample_background(generator, size_px) * (1 - cover)
    if generator.random() < 0.4:
        small = int(size_px / generator.uniform(1.2, 3))
        picture = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (size_px, size_px), interpolation=cv2.INTER_LINEAR)
    picture = picture + generator.normal(0, generator.uniform(0, 0.04), picture.shape)
    return np.clip(picture * 255, 0, 255).astype(np.uint8)


_worker_mesh: list[FaceMesh] = []


def _start_worker() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _worker_mesh.append(FaceMesh(load_network(fetch("face_landmarks_468"))))


def _make_shard(job: tuple[BankConfig, int, int, Path]) -> int:
    config, start, stop, folder = job
    path = _shard_path(folder, config, start, stop)
    if not path.exists():
        head = HeadModel(load_head(config.head))
        if "468" not in head.data.landmarks:
            raise InputError(f"head {config.head!r} has no embedding of the 468 points")
        path.parent.mkdir(parents=True, exist_ok=True)
        observe_scenes(config, start, stop, head, _worker_mesh[0]).save(path)
    return stop - start


def _shard_path(folder: Path, config: BankConfig, start: int, stop: int) -> Path:
    """Where scenes `start` to `stop` lie; named by all settings that shape them, so that no others are taken up."""
    settings = to_json(replace(config, n_scenes=0))
    digest = hashlib.sha256(settings.encode()).hexdigest()[:10]
    return folder / f"{digest}-{start:06d}-{stop:06d}.npz"
