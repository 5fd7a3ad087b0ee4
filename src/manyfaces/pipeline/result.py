"""What a reconstruction is: the many faces that one face of a photo could be, best first."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from manyfaces.faces import FaceCoefficients
from manyfaces.geometry.camera import OrthographicCamera, PerspectiveCamera
from manyfaces.geometry.similarity import fit_rigid
from manyfaces.heads import HeadModel
from manyfaces.metrics.vertices import MM_PER_M, spread_mm
from manyfaces.pipeline.skin_detail import SkinDetail

ALIGNMENT_ROUNDS = 3


@dataclass(frozen=True)
class Hypothesis:
    """One face that the photo could show.

    Attributes:
        rank: 0 is the best.
        identity_rank: place of its identity among the sampled ones, 0 best.
        identity: coefficients, standard deviations.
        expression: coefficients.
        jaw: axis-angle, radians.
        vertices: metres, head frame.
        camera: puts the vertices on the photo's pixels (no batch dimension).
    """

    rank: int
    identity_rank: int
    identity: Float[Tensor, " S"]
    expression: Float[Tensor, " E"]
    jaw: Float[Tensor, "3"]
    vertices: Float[Tensor, "V 3"]
    camera: PerspectiveCamera | OrthographicCamera


@dataclass(frozen=True)
class Appearance:
    """How the hypotheses look, from models that predict it.

    Attributes:
        coefficients: all that was predicted, M rows.
        albedo: (M, V, 3) vertex colours without light, sRGB in [0, 1].
        colours: (M, V, 3) the same in the photo's light.
    """

    coefficients: FaceCoefficients
    albedo: Float[Tensor, "M V 3"]
    colours: Float[Tensor, "M V 3"]


@dataclass(frozen=True)
class Reconstruction:
    """The faces that one face of a photo could be, best first.

    Attributes:
        head: turns coefficients into vertices.
        identities: (N, S) as sampled, standard deviations.
        order: (N,) rows of `identities`, best first.
        scores: (N,) the ranker's score of each row of `identities`.
        identity_index: (M,) the row of `identities` that each hypothesis has.
        expressions: (M, E) coefficients.
        jaw: (M, 3) axis-angle, radians.
        cameras: M cameras; each puts its hypothesis on the photo's pixels.
        photo: (H, W, 3) the whole photo, RGB.
        visible: (468,) which dense points the camera was allowed to see.
        points_px: (468, 2) dense points found on the photo.
        hidden_mask: (H, W) pixels where something hides the face; None where only points are known.
        face_box: (4,) x0, y0, x1, y1 in photo pixels.
        model: name of the model.
        seed: of all sampling.
        timings: seconds by step.
        source: name of the photo, for captions and the report.
        appearance: colours and light, of models that predict them.
        detail: wrinkles and folds of the best hypothesis, of models that predict them.
    """

    head: HeadModel
    identities: Float[Tensor, "N S"]
    order: Int[Tensor, " N"]
    scores: Float[Tensor, " N"]
    identity_index: Int[Tensor, " M"]
    expressions: Float[Tensor, "M E"]
    jaw: Float[Tensor, "M 3"]
    cameras: PerspectiveCamera | OrthographicCamera
    photo: UInt8[np.ndarray, "H W 3"]
    visible: Bool[np.ndarray, "468"]
    points_px: Float[np.ndarray, "468 2"]
    hidden_mask: Bool[np.ndarray, "H W"] | None
    face_box: Float[np.ndarray, "4"]
    model: str
    seed: int
    timings: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    appearance: Appearance | None = None
    detail: SkinDetail | None = None

    def __len__(self) -> int:
        """How many hypotheses there are."""
        return len(self.identity_index)

    @property
    def n_identities(self) -> int:
        """How many identities were sampled and ranked."""
        return len(self.identities)

    @cached_property
    def vertices(self) -> Float[Tensor, "M V 3"]:
        """All hypotheses as vertices: metres, head frame, head upright, jaw and expression as they are."""
        with torch.no_grad():
            identities = self.identities[self.identity_index]
            pose = self.head.jaw_pose(self.jaw) if "jaw" in self.head.data.joint_names else None
            return self.head(identities, self.expressions, pose)

    @property
    def albedo(self) -> Float[Tensor, "V 3"] | None:
        """Vertex colours of the best hypothesis, without light: as predicted, else the head model's; or None."""
        if self.appearance is not None:
            return self.appearance.albedo[0]
        colours = self.head.data.albedo
        return None if colours is None else torch.as_tensor(colours, dtype=torch.float32, device=self.vertices.device)

    @cached_property
    def identity_rank(self) -> Int[Tensor, " M"]:
        """The place of each hypothesis' identity in `order`, 0 best."""
        return torch.argsort(self.order)[self.identity_index]

    @cached_property
    def front(self) -> Bool[Tensor, " V"]:
        """What hypotheses are aligned and compared by: the front of the face, or all vertices where none is named."""
        return self.head.region("front")

    @cached_property
    def aligned_vertices(self) -> Float[Tensor, "M V 3"]:
        """The hypotheses moved (not scaled) onto their common mean, by the front of the face; metres."""
        vertices = aligned = self.vertices
        for _ in range(ALIGNMENT_ROUNDS):
            mean = aligned.mean(0, keepdim=True).expand_as(vertices)
            aligned = fit_rigid(vertices, mean, self.front.to(vertices)).apply(vertices)
        return aligned

    @cached_property
    def disagreement_mm(self) -> Float[Tensor, " V"]:
        """How far apart the hypotheses are at each vertex: RMS distance to their mean after rigid alignment, mm."""
        return spread_mm(self.aligned_vertices)

    @cached_property
    def distance_to_best_mm(self) -> Float[Tensor, " M"]:
        """How far each hypothesis is from the best: mean distance over the front of the face after alignment, mm."""
        front = self.aligned_vertices[:, self.front]
        return (front - front[:1]).norm(dim=-1).mean(-1) * MM_PER_M

    @property
    def best(self) -> Hypothesis:
        """The first hypothesis."""
        return self.hypothesis(0)

    def hypothesis(self, rank: int) -> Hypothesis:
        """One hypothesis, 0 the best."""
        if not 0 <= rank < len(self):
            raise IndexError(f"there are {len(self)} hypotheses, 0 to {len(self) - 1}; asked for {rank}")
        return Hypothesis(
            rank=rank,
            identity_rank=int(self.identity_rank[rank]),
            identity=self.identities[self.identity_index[rank]],
            expression=self.expressions[rank],
            jaw=self.jaw[rank],
            vertices=self.vertices[rank],
            camera=self._camera(rank),
        )

    def camera_batch(self, rank: int) -> PerspectiveCamera | OrthographicCamera:
        """The camera of one hypothesis, as a batch of one."""
        return self._camera(slice(rank, rank + 1))

    def _camera(self, index: int | slice) -> PerspectiveCamera | OrthographicCamera:
        values = {f.name: getattr(self.cameras, f.name)[index] for f in dataclasses.fields(self.cameras)}
        return type(self.cameras)(**values)

    def save(self, folder: str | Path, run: Mapping[str, Any] | None = None) -> Path:
        """Write the result: `faces.glb`, `faces.npz`, `best.obj`, `best.ply`, `overview.png`, `report.json`.

        Everything is computed before the first byte is written, and either all files appear or none; `report.json`
        comes last. The keys of `faces.npz` are listed in `manyfaces.pipeline.export.npz_arrays`.

        Args:
            folder: made if missing.
            run: plain values for the report's `run` entry, such as the settings of a batch.

        Returns:
            The folder.

        Raises:
            OutputError: the folder cannot be written or the disk is full; earlier results stay as they were.
        """
        # Imported late: export draws and encodes this very class.
        from manyfaces.pipeline.export import save_reconstruction

        return save_reconstruction(self, Path(folder), run)
