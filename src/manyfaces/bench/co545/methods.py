"""What is compared: a released model, folders of meshes of any method, and what any method must beat."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.bench.co545.views import Drawn, View
from manyfaces.bench.now.predictions import UNIT_MM, Unit
from manyfaces.bench.regressor import regress
from manyfaces.core.errors import DataError, InputError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.co545 import front_of
from manyfaces.data.expressions import expression_law
from manyfaces.detect import FaceBox, FaceDetector
from manyfaces.heads import HeadModel
from manyfaces.io.mesh_reading import read_mesh
from manyfaces.metrics.vertices import MM_PER_M
from manyfaces.pipeline import Predictor
from manyfaces.pipeline.loading import load_ofer
from manyfaces.pipeline.ofer_method import OferMethod

Masks = Literal["known", "auto"]
CROP_JITTER = 0.05
"""How far off the first crop is, as a share of the face: about what a detector's is."""

_RIGHT_EYE, _LEFT_EYE, _NOSE_TIP, _EARS = slice(36, 42), slice(42, 48), 30, (0, 16)


class KnownFace(FaceDetector):
    """Stands in for the detector where the face is known, so that no picture is searched and no face is missed."""

    def __init__(self) -> None:
        self.box: FaceBox | None = None

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], min_score: float = 0.5) -> list[FaceBox]:
        """The face it was told of."""
        return [] if self.box is None else [self.box]


class ReleasedModel:
    """Hypotheses of a model: expressions of the identity that it ranks first, as in the paper.

    Args:
        model: name or folder.
        head: the benchmark's.
        masks: whether the model is told what hides the face.
        n_hypotheses: expressions.
        n_identities: identities that are sampled and ranked.
        seed: of its sampling.
        device: where it runs.

    Raises:
        InputError: its head model is another than the benchmark's.
    """

    shared_frame, with_scale = True, False

    def __init__(
        self,
        model: str,
        head: HeadModel,
        masks: Masks = "known",
        n_hypotheses: int = 15,
        n_identities: int = 100,
        seed: int = 0,
        device: str = "cpu",
    ):
        self.name = f"{model} ({masks})"
        self._known_face = KnownFace()
        loaded = load_ofer(model, torch.device(device))
        if not torch.equal(loaded.head.faces.cpu(), head.faces.cpu()):
            raise InputError(
                f"{model} gives heads of {loaded.head.data.name}, the benchmark has {head.data.name}",
                f"build the benchmark with --head {loaded.head.data.name}",
            )
        self.loaded = loaded
        self._predictor = Predictor(OferMethod(replace(loaded, detector=self._known_face)))
        self._front = front_of(head)
        self._masks: Masks = masks
        self._options = {"n_expressions": n_hypotheses, "n_identities": n_identities, "seed": seed}

    def __call__(self, view: View, /) -> Drawn:
        """Reconstruct the picture; a clean one is told to be clean."""
        self._known_face.box = face_box(view)
        told = "none" if view.picture == "clean" else view.mask if self._masks == "known" else "auto"
        with torch.inference_mode():
            [result] = self._predictor.reconstruct(view.image, occlusion=told, face=0, **self._options)
            ranked = result.identities[result.order]
            return Drawn(result.vertices.cpu(), result.head.neutral(ranked)[:, self._front].cpu())


class Regressor:
    """The one answer of a deterministic network of the same data and input; see `manyfaces.bench.regressor`.

    Args:
        model: whose point encoder it is.
        masks: whether it is told what hides the face.
    """

    shared_frame, with_scale = True, False

    def __init__(self, model: ReleasedModel, masks: Masks = "known"):
        self.name = f"regressor ({masks})"
        self._model, self._masks = model.loaded, masks

    def __call__(self, view: View, /) -> Drawn:
        """Read the answer off the picture; a clean one is told to be clean."""
        known = view.mask if view.picture != "clean" else np.zeros(view.image.shape[:2], bool)
        told = known if self._masks == "known" or view.picture == "clean" else "auto"
        found, head = regress(self._model, view.image, face_box(view), told), self._model.head
        with torch.no_grad():
            vertices = head(found.identity, found.expression, head.jaw_pose(found.jaw))
        return Drawn(vertices.cpu())


class RandomHeads:
    """Heads of the prior, whatever the picture shows.

    Args:
        head: the benchmark's.
        n_hypotheses: of each picture.
        seed: of the draws.
    """

    name, shared_frame, with_scale = "random heads", True, False

    def __init__(self, head: HeadModel, n_hypotheses: int = 15, seed: int = 0):
        self._head, self._n, self._seed = head, n_hypotheses, seed
        self._law = expression_law(head)

    def __call__(self, view: View, /) -> Drawn:
        """Draw identity and expression from their priors."""
        generator = numpy_generator(self._seed, "co545 random heads", view.name)
        identity = random_identities(self._head, self._n, generator)
        pairs = [self._law.sample(generator) for _ in range(self._n)]
        expression, jaw = (torch.stack(part) for part in zip(*pairs, strict=True))
        return Drawn(self._head(identity, expression, self._head.jaw_pose(jaw)))


class MeanHead:
    """The mean head, for every picture.

    Args:
        head: the benchmark's.
    """

    name, shared_frame, with_scale = "mean head", True, False

    def __init__(self, head: HeadModel):
        self._drawn = Drawn(head.template[None])

    def __call__(self, view: View, /) -> Drawn:
        """The same head."""
        return self._drawn


class MeshFolder:
    """Meshes that any method has predicted, in the benchmark's topology.

    `FOLDER/occluded/<item>/<k>.ply` or .obj for `items/<item>/image.png`, and `FOLDER/clean/<scene>/<k>.ply` for
    `clean/<scene>.png`, hypotheses in the order of their names, best first. A single hypothesis may lie at
    `FOLDER/occluded/<item>.ply`.

    Args:
        folder: of the meshes.
        n_vertices: of the benchmark's topology.
        unit: of the meshes; "none": they have no size and are scaled to the truth.
        n_hypotheses: the first so many count.
    """

    shared_frame = False

    def __init__(self, folder: Path, n_vertices: int, unit: Unit = "mm", n_hypotheses: int = 15):
        self.name = folder.name
        self.with_scale = unit == "none"
        self._folder, self._n_vertices, self._n = folder, n_vertices, n_hypotheses
        self._metres = (UNIT_MM[unit] or 1.0) / MM_PER_M

    def __call__(self, view: View, /) -> Drawn | None:
        """Read the meshes of a picture.

        Raises:
            DataError: one is damaged, or in another topology.
        """
        paths = self._paths(view)
        return Drawn(torch.stack([self._read(path) for path in paths])) if paths else None

    def _paths(self, view: View) -> list[Path]:
        base = self._folder / view.name
        many = sorted(path for ending in ("ply", "obj") for path in base.glob(f"*.{ending}"))
        alone = [path for ending in (".ply", ".obj") if (path := base.with_suffix(ending)).is_file()]
        return many[: self._n] or alone[:1]

    def _read(self, path: Path) -> Float[Tensor, "V 3"]:
        vertices = read_mesh(path).vertices
        if len(vertices) != self._n_vertices:
            raise DataError(
                f"{path} has {len(vertices)} vertices, the benchmark's head model has {self._n_vertices}",
                "predictions must be in the benchmark's topology",
            )
        return torch.from_numpy(vertices).float() * self._metres


def average(drawn: Drawn) -> Drawn:
    """The mean of the hypotheses, as one."""
    return Drawn(drawn.vertices.mean(0, keepdim=True))


def random_identities(head: HeadModel, n: int, generator: np.random.Generator) -> Float[Tensor, "n S"]:
    """Unit-normal identity coefficients."""
    return torch.from_numpy(generator.standard_normal((n, head.n_identity)).astype(np.float32))


def face_box(view: View) -> FaceBox:
    """The face as a detector would report it, a little off."""
    points = view.item.points_68_px.astype(float)
    low, high = points.min(0), points.max(0)
    eyes = [points[_RIGHT_EYE].mean(0), points[_LEFT_EYE].mean(0)]
    keypoints = np.array([*eyes, points[_NOSE_TIP], points[48:68].mean(0), *points[list(_EARS)]])
    generator = numpy_generator(0, "co545 box", view.name)
    shift, grown = generator.normal(0, CROP_JITTER, 2) * (high - low), float(np.exp(generator.normal(0, CROP_JITTER)))
    middle, half = (low + high) / 2 + shift, grown * (high - low).max() / 2
    return FaceBox(np.concatenate([middle - half, middle + half]), keypoints + shift, 1.0)
