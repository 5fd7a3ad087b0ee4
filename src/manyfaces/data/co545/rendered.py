"""Rendered people: exact truth, no licence needed.

Everything is reckoned in double precision and rounded at the end, so that the last bits of a machine's arithmetic do
not show in the pictures.
"""

import math
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.core.seeds import numpy_generator
from manyfaces.data.bank import photograph
from manyfaces.data.co545.config import STREAM, Co545Config
from manyfaces.data.co545.scenes import NEUTRAL, CleanScene
from manyfaces.data.expressions import ExpressionShares, expression_law
from manyfaces.data.scene import Scene, sample_albedo, sample_scene
from manyfaces.geometry import HEAD_TO_CAMERA, PerspectiveCamera, matrix_from_euler
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head

N_POPULATION = 4000


class RenderedScenes:
    """People drawn with a head model.

    Args:
        config: how they are drawn.
    """

    def __init__(self, config: Co545Config):
        self.head = HeadModel(load_head(config.head)).double()
        self.subjects = tuple(f"person{number:02d}" for number in range(config.n_subjects))
        self._config = config
        # Scenes that are called expressive shall be.
        self._law = expression_law(self.head, ExpressionShares(neutral=0.0))

    def scene(self, number: int) -> CleanScene:
        """Draw a scene: a person of the benchmark with an expression, a light and a place of its own."""
        config, head = self._config, self.head
        person = config.subject_of(number)
        generator = numpy_generator(config.seed, STREAM, "scene", number)
        drawn = sample_scene(head, self._law, generator, config.scene)
        scene = replace(drawn, identity=self._identity(person), camera=_exact_camera(drawn))
        if config.is_neutral(number):
            scene = replace(scene, expression=torch.zeros_like(scene.expression), jaw=torch.zeros_like(scene.jaw))
        vertices = _vertices(head, scene)
        albedo = sample_albedo(head, numpy_generator(config.seed, STREAM, "albedo", person))
        image = photograph(head, vertices, scene.camera, generator, config.scene.size_px, albedo)
        return CleanScene(
            image=image,
            vertices=vertices,
            projected=scene.camera.project(vertices).with_depth,
            points_68_px=scene.camera.project(head.landmarks(vertices, "68")).points_px.numpy(),
            perspective=True,
            subject=self.subjects[person],
            expression=NEUTRAL if config.is_neutral(number) else f"drawn{number:03d}",
        )

    def neutral(self, subject: int) -> Float[Tensor, "V 3"]:
        """The person's face at rest."""
        return self.head.neutral(self._identity(subject)[None])[0]

    def population(self, region: Bool[Tensor, " V"]) -> Float[Tensor, "n R 3"]:
        """People of the prior, none of them in the benchmark."""
        generator = numpy_generator(self._config.seed, STREAM, "population")
        identity = torch.from_numpy(generator.standard_normal((N_POPULATION, self.head.n_identity)))
        pairs = [self._law.sample(generator) for _ in range(N_POPULATION)]
        expression, jaw = (torch.stack(part).double() for part in zip(*pairs, strict=True))
        head = self.head
        chunks = zip(identity.split(250), expression.split(250), jaw.split(250), strict=True)
        return torch.cat([head(i, e, head.jaw_pose(j))[:, region] for i, e, j in chunks])

    def _identity(self, person: int) -> Float[Tensor, " S"]:
        generator = numpy_generator(self._config.seed, STREAM, "person", person)
        return torch.from_numpy(generator.standard_normal(self.head.n_identity))


def _exact_camera(scene: Scene) -> PerspectiveCamera:
    """The scene's camera, its turn computed again from the angles in double precision."""
    angles = (torch.tensor(math.radians(angle), dtype=torch.float64) for angle in scene.angles_deg)
    camera = scene.camera
    return PerspectiveCamera(
        camera.focal_px.double(),
        camera.centre_px.double(),
        HEAD_TO_CAMERA.double() @ matrix_from_euler(*angles),
        camera.translation.double(),
    )


def _vertices(head: HeadModel, scene: Scene) -> Float[Tensor, "V 3"]:
    return replace(scene, expression=scene.expression.double(), jaw=scene.jaw.double()).vertices(head)
