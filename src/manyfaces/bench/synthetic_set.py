"""Held-out synthetic faces: a few people with many expressions and occluders, as the pipeline sees their pictures.

After CO-545 (OFER, section 4.2): 545 images of 11 people. Random streams have names that training never uses, so that
no seed can make the two meet.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import torch

from manyfaces.bench.progress import progress_bar
from manyfaces.bench.synthetic import SyntheticSet
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.bank import jittered_crop, photograph
from manyfaces.data.expressions import ExpressionPrior
from manyfaces.data.scene import Scene, SceneConfig, sample_scene
from manyfaces.detect import POINTS_68_FROM_468, FaceMesh, crop_from_points
from manyfaces.heads import HeadModel
from manyfaces.methods.ofer.point_encoder import PointEncoder
from manyfaces.occlusion import paint_occluder, sample_occluder
from manyfaces.pipeline.preprocess import look_at_face

STREAM = "synthetic benchmark"
CROP_JITTER = 0.1
"""How far off the first crop is, as that of a detector under an occluder."""


@dataclass(frozen=True)
class SyntheticSetConfig:
    """What the set holds.

    Attributes:
        n_images: pictures, each with an occluder.
        n_people: identities they share.
        n_prior: draws of the expression prior.
        seed: root of the streams.
        scene: how people are placed and turned.
    """

    n_images: int = 545
    n_people: int = 11
    n_prior: int = 2000
    seed: int = 0
    scene: SceneConfig = field(default_factory=SceneConfig)


def build_synthetic_set(
    head: HeadModel, mesh: FaceMesh, encoder: PointEncoder, config: SyntheticSetConfig | None = None
) -> SyntheticSet:
    """Render the people, hide parts of them, and look at them as the pipeline does with known masks."""
    config = config or SyntheticSetConfig()
    prior = ExpressionPrior(head)

    def face(number: int) -> dict[str, torch.Tensor]:
        person = numpy_generator(config.seed, STREAM, "person", number % config.n_people)
        identity = torch.from_numpy(person.standard_normal(head.n_identity).astype(np.float32))
        generator = numpy_generator(config.seed, STREAM, "image", number)
        scene = replace(sample_scene(head, prior, generator, config.scene), identity=identity)
        return {
            **_observe(head, scene, config.scene.size_px, generator, mesh, encoder),
            "identity": scene.identity,
            "expression": scene.expression,
            "jaw": scene.jaw,
            "person": torch.tensor(number % config.n_people),
        }

    rows = []
    with progress_bar("rendering", config.n_images) as advance:
        for number in range(config.n_images):
            rows.append(face(number))
            advance()
    draws = numpy_generator(config.seed, STREAM, "prior")
    pairs = [torch.cat(prior.sample(draws)) for _ in range(config.n_prior)]
    columns = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    with torch.no_grad():
        regressed = encoder.coefficients(columns["condition"])[:, : encoder.config.n_identity]
    return SyntheticSet(**columns, regressed_identity=regressed, prior_expression=torch.stack(pairs))


def _observe(
    head: HeadModel, scene: Scene, size_px: int, generator: np.random.Generator, mesh: FaceMesh, encoder: PointEncoder
) -> dict[str, torch.Tensor]:
    vertices = scene.vertices(head)
    image = photograph(head, vertices, scene.camera, generator, size_px)
    points_px = scene.camera.project(head.landmarks(vertices, "468")).points_px.numpy()
    mask = sample_occluder(POINTS_68_FROM_468 @ points_px, (size_px, size_px), generator).mask
    crop = jittered_crop(crop_from_points(points_px), CROP_JITTER, generator)
    seen = paint_occluder(image, mask, generator)
    view = look_at_face(seen, crop, lambda picture, points: mask, mesh, encoder)
    front_px = scene.camera.project(vertices[head.mask("front")]).points_px.round().long().clamp(0, size_px - 1)
    return {"condition": view.condition, "hidden": torch.from_numpy(mask)[front_px[:, 1], front_px[:, 0]]}
