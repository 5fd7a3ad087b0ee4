"""Arrays out of BFM's files, each checked as it is taken: every complaint names the file and the array."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int

from manyfaces.core.errors import DataError, HeadFileError
from manyfaces.io.annotations.mat_files import read_mat

AGAIN = "get the file anew (docs/bfm.md)"
RELEASE = "take all files of one release (docs/bfm.md)"
N_IDENTITY, N_EXPRESSION, N_TEXTURE = 80, 64, 80
N_KEYPOINTS = 68


class BfmMat:
    """One .mat file of BFM.

    Args:
        path: the file.
        keys: the arrays that are needed of it.

    Raises:
        HeadFileError: the file is missing, damaged or of a version that cannot be read, or lacks an array.
    """

    def __init__(self, path: Path, keys: Collection[str]):
        self.path = path
        try:
            self._arrays = read_mat(path, keys)
        except DataError as error:
            raise HeadFileError(error.message, error.fix or AGAIN) from None

    def points(self, key: str, n_points: int | None = None) -> Float[np.ndarray, "V 3"]:
        """x, y, z or R, G, B of each vertex, one after the other.

        Raises:
            HeadFileError: it is no vector, of another length, or not finite.
        """
        values = self._arrays[key]
        if values.size == 0 or values.size != max(values.shape) or values.size % 3:
            raise self._shape(key, "three numbers for each vertex, in one row or column")
        if n_points is not None and values.size != 3 * n_points:
            raise self._shape(key, f"three numbers for each of {n_points} vertices")
        return self._finite(key, values.reshape(-1, 3))

    def basis(
        self, key: str, n_components: int, n_points: int, kept: Int[np.ndarray, " V"] | None = None
    ) -> Float[np.ndarray, "K V 3"]:
        """The first components of a basis that has one for each column.

        Args:
            key: of the array.
            n_components: how many of them.
            n_points: vertices that it must have.
            kept: which vertices are wanted; all when None.

        Raises:
            HeadFileError: it is of another shape, or not finite.
        """
        values = self._arrays[key]
        if values.ndim != 2 or values.shape[0] != 3 * n_points or values.shape[1] < n_components:
            raise self._shape(key, f"({3 * n_points}, {n_components} or more)")
        values = values[:, :n_components].reshape(n_points, 3, n_components)
        return np.moveaxis(self._finite(key, values if kept is None else values[kept]), 2, 0)

    def deviations(self, key: str, n_components: int) -> Float[np.ndarray, " K"]:
        """The first standard deviations of a list.

        Raises:
            HeadFileError: there are fewer, or one is not finite.
        """
        values = self._arrays[key]
        if values.size < n_components or values.size != max(values.shape):
            raise self._shape(key, f"{n_components} numbers or more, in one row or column")
        return self._finite(key, values.reshape(-1)[:n_components])

    def indices(self, key: str, limit: int, n_wanted: int | None = None) -> Int[np.ndarray, " N"]:
        """A list of whole numbers from 1, which these files keep as floats.

        Args:
            key: of the array.
            limit: the largest that there may be.
            n_wanted: how many there must be; any number when None.

        Returns:
            The same, counted from 0.

        Raises:
            HeadFileError: it is no list, of another length, or its numbers are not whole or out of range.
        """
        values = self._arrays[key]
        if values.size == 0 or values.size != max(values.shape) or n_wanted not in (None, values.size):
            raise self._shape(key, f"{n_wanted or 'any number of'} numbers in one row or column")
        return self._whole(key, limit).reshape(-1)

    def triangles(self, key: str, limit: int) -> Int[np.ndarray, "F 3"]:
        """Triangles, their corners counted from 0; see `indices`.

        Raises:
            HeadFileError: it is no list of triangles, or one has a corner that is not there.
        """
        values = self._arrays[key]
        if values.ndim != 2 or values.shape[1] != 3 or not len(values):
            raise self._shape(key, "three corners for each triangle")
        return self._whole(key, limit)

    def flags(self, key: str, n_points: int) -> Bool[np.ndarray, " V"]:
        """One number for each vertex, true where it is over a half.

        Raises:
            HeadFileError: there are more or fewer, or one is not finite.
        """
        if self._arrays[key].size != n_points:
            raise self._shape(key, f"one number for each of {n_points} vertices")
        return self._finite(key, self._arrays[key].reshape(-1)) > 0.5

    def _whole(self, key: str, limit: int) -> Int[np.ndarray, "..."]:
        values = self._finite(key, self._arrays[key])
        if (values != np.round(values)).any() or values.min() < 1 or values.max() > limit:
            said = f"numbers from {values.min():g} to {values.max():g}, not whole ones from 1 to {limit}"
            raise HeadFileError(f"{self.path}: {key} holds {said}", RELEASE)
        return values.astype(np.int32) - 1

    def _finite(self, key: str, values: np.ndarray) -> np.ndarray:
        if not np.isfinite(values).all():
            raise HeadFileError(f"{self.path}: {key} holds numbers that are not finite", AGAIN)
        return values.astype(np.float64)

    def _shape(self, key: str, wanted: str) -> HeadFileError:
        return HeadFileError(f"{self.path}: {key} is of shape {self._arrays[key].shape}, not {wanted}", RELEASE)


@dataclass(frozen=True)
class Front:
    """What is known of the front beside its spaces.

    Attributes:
        faces: (F, 3) triangles.
        keypoints: (68,) vertices, in the order of iBUG's scheme.
        compared: (V,) the part of the face on which renders are compared with photos.
        skin: (V,) where the face is skin, which has about one colour.
    """

    KEYS: ClassVar = ("tri", "keypoints", "frontmask2_idx", "skinmask")

    faces: Int[np.ndarray, "F 3"]
    keypoints: Int[np.ndarray, "68"]
    compared: Bool[np.ndarray, " V"]
    skin: Bool[np.ndarray, " V"]

    @classmethod
    def read(cls, mat: BfmMat, n_vertices: int) -> "Front":
        """Take them out of a file that has `KEYS`.

        Raises:
            HeadFileError: an array is of another shape, or names what is not there.
        """
        faces, keypoints = mat.triangles("tri", n_vertices), mat.indices("keypoints", n_vertices, N_KEYPOINTS)
        lone = np.setdiff1d(keypoints, faces)
        if len(lone):
            raise HeadFileError(f"{mat.path}: keypoints has vertex {lone[0] + 1}, which is in no triangle", RELEASE)
        compared = np.zeros(n_vertices, bool)
        compared[mat.indices("frontmask2_idx", n_vertices)] = True
        return cls(faces, keypoints, compared, mat.flags("skinmask", n_vertices))


@dataclass(frozen=True)
class BfmArrays:
    """The front of the Basel Face Model as the code of Deep3DFaceRecon cuts it out and scales it.

    Attributes:
        mean_dm: (V, 3) mean shape, decimetres; x to the subject's left, y up, z out of the face.
        identity_dm: (S, V, 3) displacement per standard deviation.
        expression_dm: (E, V, 3) likewise.
        mean_texture: (V, 3) RGB, 0 to 255.
        texture: (T, V, 3) change per standard deviation.
        front: triangles, keypoints and regions.
    """

    mean_dm: Float[np.ndarray, "V 3"]
    identity_dm: Float[np.ndarray, "S V 3"]
    expression_dm: Float[np.ndarray, "E V 3"]
    mean_texture: Float[np.ndarray, "V 3"]
    texture: Float[np.ndarray, "T V 3"]
    front: Front
