"""The arrays of a linear head model."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from manyfaces.core.errors import HeadFileError
from manyfaces.heads.landmarks import ContourEmbedding, LandmarkEmbedding, check_embedding


@dataclass(frozen=True)
class HeadData:
    """A linear head: mean, bases, joints and skinning, in metres in the head frame (x left, y up, z out of the face).

    Attributes:
        name: of the model.
        template: (V, 3) mean face.
        identity_basis: (S, V, 3) displacement per standard deviation.
        expression_basis: (E, V, 3) displacement per unit coefficient; zero is the neutral face.
        unit_names: names of single expression units; empty where the model has none.
        unit_shapes: (U, V, 3) full displacement of each unit.
        faces: (F, 3) triangles, counter-clockwise from outside.
        joint_names: J names; joint_parents: (J,) parent of each joint, -1 for the root (always joint 0).
        joint_template: (J, 3) joints of the mean face.
        joint_identity_basis: (S, J, 3) their displacement per standard deviation of identity.
        skinning_weights: (V, J), rows sum to one.
        pose_correctives: (9 (J - 1), V, 3), linear in the entries of R_j - I, row-major, joints 1 to J - 1.
        uv: (T, 2) texture points, v up; uv_faces: (F, 3). Both may have no rows.
        landmarks: embeddings by name, as far as there are any: "68" (iBUG's scheme), "51" (of these, the inner points
            17 to 67), "468" (FaceMesh's scheme), "mediapipe105" (105 of these 468; its `indices` say which).
        masks: (V,) bool region masks by name.
        albedo: (V, 3) mean vertex colours, RGB in [0, 1], or None.
        albedo_basis: (T, V, 3) their change per standard deviation, or None.
        expression_samples: (N, E) coefficients of plausible expressions, or None.
        jaw_samples: (N, 3) axis-angle of the jaw that goes with each of them, or None.
        joint_expression_basis: (E, J, 3) displacement of the joints per unit expression (FLAME's regressor sees the
            expression too), or None for none.
        contour: points 0 to 16 of iBUG's scheme, the jaw line, for each turn of the head, or None.
    """

    name: str
    template: Float[np.ndarray, "V 3"]
    identity_basis: Float[np.ndarray, "S V 3"]
    expression_basis: Float[np.ndarray, "E V 3"]
    unit_names: tuple[str, ...]
    unit_shapes: Float[np.ndarray, "U V 3"]
    faces: Int[np.ndarray, "F 3"]
    joint_names: tuple[str, ...]
    joint_parents: Int[np.ndarray, " J"]
    joint_template: Float[np.ndarray, "J 3"]
    joint_identity_basis: Float[np.ndarray, "S J 3"]
    skinning_weights: Float[np.ndarray, "V J"]
    pose_correctives: Float[np.ndarray, "P V 3"]
    uv: Float[np.ndarray, "T 2"]
    uv_faces: Int[np.ndarray, "F2 3"]
    landmarks: dict[str, LandmarkEmbedding] = field(default_factory=dict)
    masks: dict[str, Bool[np.ndarray, " V"]] = field(default_factory=dict)
    albedo: Float[np.ndarray, "V 3"] | None = None
    expression_samples: Float[np.ndarray, "N E"] | None = None
    jaw_samples: Float[np.ndarray, "N 3"] | None = None
    joint_expression_basis: Float[np.ndarray, "E J 3"] | None = None
    contour: ContourEmbedding | None = None
    albedo_basis: Float[np.ndarray, "T2 V 3"] | None = None

    def __post_init__(self) -> None:
        """Check that the arrays fit each other.

        Raises:
            HeadFileError: a shape is wrong, an index out of range, or a number not finite.
        """
        n_vertices, n_joints = len(self.template), len(self.joint_template)
        n_identity, n_expression = len(self.identity_basis), len(self.expression_basis)
        wanted = {
            "template": (n_vertices, 3),
            "identity_basis": (n_identity, n_vertices, 3),
            "expression_basis": (n_expression, n_vertices, 3),
            "unit_shapes": (len(self.unit_names), n_vertices, 3),
            "joint_parents": (n_joints,),
            "joint_template": (n_joints, 3),
            "joint_identity_basis": (n_identity, n_joints, 3),
            "skinning_weights": (n_vertices, n_joints),
            "pose_correctives": (9 * (n_joints - 1), n_vertices, 3),
        }
        if self.albedo_basis is not None:
            wanted["albedo"] = (n_vertices, 3)
            wanted["albedo_basis"] = (len(self.albedo_basis), n_vertices, 3)
        for key, shape in wanted.items():
            array = getattr(self, key)
            if array is None:
                raise HeadFileError(f"head {self.name!r}: there is no {key}")
            if array.shape != shape:
                raise HeadFileError(f"head {self.name!r}: {key} has shape {array.shape}, not {shape}")
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise HeadFileError(f"head {self.name!r}: {key} holds numbers that are not finite")
        if len(self.joint_names) != n_joints:
            raise HeadFileError(f"head {self.name!r}: {len(self.joint_names)} joint names for {n_joints} joints")
        if self.faces.size and (self.faces.min() < 0 or self.faces.max() >= n_vertices):
            raise HeadFileError(f"head {self.name!r}: faces name vertices that are not there")
        parents = self.joint_parents.tolist()
        if not parents or parents[0] != -1 or any(not 0 <= p < j for j, p in enumerate(parents) if j):
            raise HeadFileError(f"head {self.name!r}: joint parents {parents} do not form a tree rooted at joint 0")
        for key, points in self.landmarks.items():
            check_embedding(f"landmarks {key!r} of head {self.name!r}", points, len(self.faces))
        if self.contour is not None:
            check_embedding(f"the contour of head {self.name!r}", self.contour, len(self.faces))
        for key, mask in self.masks.items():
            if mask.shape != (n_vertices,):
                raise HeadFileError(f"head {self.name!r}: mask {key!r} has shape {mask.shape}, not ({n_vertices},)")
