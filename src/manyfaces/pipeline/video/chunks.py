"""What was tracked, on the disk: a file for each hundred frames, so that a run that ends early leaves what it did.

Each file is whole or not there at all. `read_track` puts them together.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from manyfaces.core.errors import InputError
from manyfaces.io.npz_writing import write_npz
from manyfaces.pipeline.video.frames import TrackedFrame

CHUNK_FOLDER = "frames"
CHUNK_FRAMES = 100


class ChunkWriter:
    """Writes tracked frames as they come.

    Args:
        folder: of the clip; the files go to `frames/` in it.
        size: frames to a file.
    """

    def __init__(self, folder: Path, size: int = CHUNK_FRAMES):
        self._folder, self._size = folder / CHUNK_FOLDER, size
        self._rows: list[dict[str, Any]] = []

    def add(self, tracked: TrackedFrame) -> None:
        """Take the next frame in.

        Raises:
            OutputError: a file cannot be written.
        """
        self._rows.append(frame_arrays(tracked))
        if len(self._rows) == self._size:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet.

        Raises:
            OutputError: the file cannot be written.
        """
        if self._rows:
            arrays = {name: np.stack([row[name] for row in self._rows]) for name in self._rows[0]}
            write_npz(self._folder / f"{int(arrays['number'][0]):08d}.npz", arrays)
            self._rows = []


def frame_arrays(tracked: TrackedFrame) -> dict[str, np.ndarray]:
    """The arrays of one frame.

    `number` and `time_s`; `expression` (E,); `jaw` (3,) radians; `points_px` (468, 2), smoothed; `visible` (468,) bool;
    `camera_rotation` (3, 3) camera_from_head, and the other numbers of its camera by the names that `faces.npz` has;
    `light` (3, 9) of models that predict it.
    """
    result = tracked.reconstruction
    arrays = {
        "number": np.array(tracked.frame.number, np.int32),
        "time_s": np.array(tracked.frame.time_s, np.float64),
        "expression": _array(result.expressions[0]),
        "jaw": _array(result.jaw[0]),
        "points_px": result.points_px.astype(np.float32),
        "visible": result.visible,
    }
    for field in dataclasses.fields(result.cameras):
        arrays[f"camera_{field.name}"] = _array(getattr(result.cameras, field.name)[0])
    if result.appearance is not None:
        arrays["light"] = _array(result.appearance.coefficients.light[0])
    return arrays


def read_track(folder: str | Path) -> dict[str, np.ndarray]:
    """All frames that were tracked of a clip, also of one that is not finished: one row for each; see `frame_arrays`.

    Args:
        folder: of the clip.

    Raises:
        InputError: there are none.
    """
    files = sorted((Path(folder) / CHUNK_FOLDER).glob("*.npz"))
    if not files:
        raise InputError(f"{folder} holds no frames that were tracked", "name the folder of a clip's results")
    parts = []
    for file in files:
        with np.load(file) as arrays:
            parts.append(dict(arrays))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def remove_chunks(folder: Path) -> None:
    """Take away what an earlier run left."""
    for file in (folder / CHUNK_FOLDER).glob("*.npz"):
        file.unlink(missing_ok=True)


def _array(values: Any) -> np.ndarray:
    return values.detach().cpu().numpy().astype(np.float32)
