"""Recorded people: registered meshes with pictures, and cameras fitted to the landmarks.

CoMA comes without camera calibration. The points that the detector finds on a picture and the landmarks of the mesh
give a scaled-orthographic camera, good enough to tell which vertices are seen.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from manyfaces.assets import fetch
from manyfaces.core.errors import DataError
from manyfaces.data.co545.config import Co545Config
from manyfaces.data.co545.scenes import NEUTRAL, CleanScene, front_of
from manyfaces.data.photos import RegisteredFrame, coma_frames
from manyfaces.data.photos.registrations import read_registration
from manyfaces.detect import POINTS_68_FROM_468, FaceDetector, FaceMesh, crop_from_box
from manyfaces.detect.alignment import points_box
from manyfaces.detect.sampling import sample_crop
from manyfaces.geometry import Crop, OrthographicCamera, fit_rigid
from manyfaces.geometry.camera_fit import fit_orthographic
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.image import read_image
from manyfaces.io.litert import load_network

FindDense = Callable[[UInt8[np.ndarray, "H W 3"]], Float[np.ndarray, "468 2"] | None]
"""The 468 points of the face on a picture, or None where there is no face."""

N_POPULATION = 4000
PICTURE_PER_FACE = 1.9
# Where in a performance its expression is looked for, as a share of its length; the next one when a person has been
# through all performances.
_PLACES = (0.5, 0.35, 0.65, 0.42, 0.58)
_NEIGHBOURS = 5
_INNER = slice(17, 68)


@dataclass(frozen=True)
class _Shot:
    """A frontal picture, cut around the face, with its camera."""

    image: np.ndarray
    points_68_px: np.ndarray
    camera: OrthographicCamera


class RecordedScenes:
    """Recordings in CoMA's published layout; see `coma_frames`.

    Args:
        config: which and how many.
        folder: of the recordings.
        find: finds faces' points; the project's detector by default.

    Raises:
        DataError: there are fewer people with pictures than the benchmark needs.
    """

    def __init__(self, config: Co545Config, folder: Path, find: FindDense | None = None):
        self.head = HeadModel(load_head(config.head)).double()
        self._config = config
        self._all = coma_frames(folder)
        people: dict[str, dict[str, list[RegisteredFrame]]] = defaultdict(lambda: defaultdict(list))
        for frame in self._all:
            if frame.photos:
                people[frame.subject][frame.sequence].append(frame)
        if len(people) < config.n_subjects:
            raise DataError(
                f"{folder} has pictures of {len(people)} people, {config.n_subjects} are needed",
                "pictures lie beside the meshes: <expression>.<frame>.<camera>.jpg",
            )
        self.subjects = tuple(sorted(people)[: config.n_subjects])
        self._people = [people[name] for name in self.subjects]
        self._find = find

    def scene(self, number: int) -> CleanScene:
        """Cut out a scene: a frontal picture of the performance's middle, or of its start, which is at rest.

        Raises:
            DataError: no picture thereabouts is frontal, or a mesh is damaged.
        """
        config = self._config
        person = config.subject_of(number)
        sequence, candidates = self._candidates(person, number)
        for frame in candidates:
            vertices = self._in_head_frame(read_registration(frame, self.head).double())
            shots = (self._shot(photo, vertices) for photo in frame.photos)
            shot = next((shot for shot in shots if shot), None)
            if shot:
                return CleanScene(
                    image=shot.image,
                    vertices=vertices,
                    projected=shot.camera.project(vertices).with_depth,
                    points_68_px=shot.points_68_px,
                    perspective=False,
                    subject=self.subjects[person],
                    expression=NEUTRAL if config.is_neutral(number) else sequence,
                )
        raise DataError(
            f"no picture of {self.subjects[person]}, {sequence}, shows the face from the front "
            f"(within {config.most_turn_deg:g} degrees) around {candidates[0].mesh}",
            "are the pictures of the frontal camera there?",
        )

    def neutral(self, subject: int) -> Float[Tensor, "V 3"]:
        """The person's face at the start of the first performance."""
        first = next(iter(self._people[subject].values()))[0]
        return self._in_head_frame(read_registration(first, self.head).double())

    def population(self, region: Bool[Tensor, " V"]) -> Float[Tensor, "n R 3"]:
        """Meshes of all people, evenly from all performances."""
        rows = np.unique(np.linspace(0, len(self._all) - 1, N_POPULATION).astype(int))
        return torch.stack([read_registration(self._all[int(row)], self.head).double()[region] for row in rows])

    def _candidates(self, person: int, number: int) -> tuple[str, list[RegisteredFrame]]:
        """The performance of a scene, and its frames to try: the wanted one and some that follow it."""
        config, sequences = self._config, self._people[person]
        names = list(sequences)
        rounds = range(number // config.n_subjects)
        kinds = [config.is_neutral(r * config.n_subjects) for r in rounds]
        turn = sum(kind == config.is_neutral(number) for kind in kinds)
        name = names[turn % len(names)]
        place = 0.0 if config.is_neutral(number) else _PLACES[turn // len(names) % len(_PLACES)]
        frames = sequences[name]
        first = int(place * (len(frames) - 1))
        return name, frames[first : first + _NEIGHBOURS]

    def _in_head_frame(self, vertices: Float[Tensor, "V 3"]) -> Float[Tensor, "V 3"]:
        front, template = front_of(self.head), self.head.template
        return fit_rigid(vertices[front], template[front]).apply(vertices)

    def _shot(self, photo: Path, vertices: Float[Tensor, "V 3"]) -> _Shot | None:
        """A picture with its camera; None where it shows no face, or not from the front."""
        image = read_image(photo)
        if self._find is None:
            self._find = _default_find()
        dense = self._find(image)
        if dense is None:
            return None
        x0, y0, x1, y1 = points_box(dense).tolist()
        size = self._config.size_px
        crop = Crop(((x0 + x1) / 2, (y0 + y1) / 2), PICTURE_PER_FACE * max(x1 - x0, y1 - y0))
        points_68_px = POINTS_68_FROM_468.astype(float) @ crop.to_crop(dense.astype(float), size)
        camera = _fitted(self.head.landmarks(vertices, "68"), points_68_px)
        if max(_turn_deg(camera)) > self._config.most_turn_deg:
            return None
        return _Shot(sample_crop(image, crop, size, replicate_border=True), points_68_px, camera)


def _fitted(landmarks: Float[Tensor, "68 3"], points_68_px: Float[np.ndarray, "68 2"]) -> OrthographicCamera:
    """The camera by the points inside the face: those of the jaw line wander with the view."""
    found = torch.from_numpy(points_68_px)[None, _INNER]
    camera = fit_orthographic(landmarks[None, _INNER], found, torch.ones_like(found[..., 0])).camera
    return OrthographicCamera(camera.scale_px[0], camera.rotation[0], camera.translation_px[0])


def _turn_deg(camera: OrthographicCamera) -> tuple[float, float]:
    """How far a head is turned and nodded away from the camera."""
    x, y, z = camera.rotation[:, 2].tolist()  # where the face looks
    return abs(math.degrees(math.atan2(x, -z))), abs(math.degrees(math.asin(max(-1.0, min(1.0, y)))))


def _default_find() -> FindDense:
    detector = FaceDetector(
        load_network(fetch("face_detection_short_range")), load_network(fetch("face_detection_full_range"))
    )
    mesh = FaceMesh(load_network(fetch("face_landmarks_468")))

    def find(image: UInt8[np.ndarray, "H W 3"]) -> Float[np.ndarray, "468 2"] | None:
        boxes = detector(image)
        if not boxes:
            return None
        return mesh(image, crop_from_box(boxes[0])).points_px

    return find
