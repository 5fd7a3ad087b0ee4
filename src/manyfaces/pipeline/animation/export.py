"""An animation as files: `animation.glb`, `animation.npz`, `report.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

import manyfaces
from manyfaces.geometry import quaternion_from_matrix
from manyfaces.io.bundles import write_bundle
from manyfaces.io.gltf import glb_bytes
from manyfaces.io.gltf_animation import Animation
from manyfaces.io.npz_writing import Rows, write_npz
from manyfaces.io.report_files import REPORT_NAME, report_text
from manyfaces.metrics.vertices import MM_PER_M
from manyfaces.pipeline.animation.character import Character
from manyfaces.pipeline.animation.motion import MotionTrack
from manyfaces.pipeline.animation.playing import Played
from manyfaces.pipeline.animation.targets import MorphTrack, morph_track

GLB_NAME, NPZ_NAME, VIDEO_NAME = "animation.glb", "animation.npz", "side_by_side.mp4"
_MOST_LISTED = 100


def save_animation(
    character: Character,
    played: Played,
    folder: Path,
    with_vertices: bool,
    clip: Mapping[str, Any],
    run: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write what a clip became, but for the video.

    Args:
        character: who played.
        played: at least one frame.
        folder: made if missing.
        with_vertices: put the vertices of all frames into the npz file.
        clip: name, rate and faults of the clip, for the report.
        run: plain values for the report's `run` entry.

    Returns:
        The report, which is written last. It says `"complete": false` where the clip was stopped or ended with a fault.

    Raises:
        OutputError: a file cannot be written.
    """
    track = played.motion.track()
    morphs = morph_track(character, track.expression, track.jaw)
    report = {
        **describe(character, played, track, morphs),
        "clip": dict(clip),
        "run": dict(run or {}),
        "complete": not played.stopped and not clip["faults"],
    }
    write_npz(folder / NPZ_NAME, npz_arrays(character, track, morphs, with_vertices))
    glb = animation_glb(character, track, morphs)
    write_bundle(folder, {GLB_NAME: glb, REPORT_NAME: report_text(report).encode()})
    return report


def npz_arrays(
    character: Character, track: MotionTrack, morphs: MorphTrack, with_vertices: bool = False
) -> dict[str, np.ndarray | Rows]:
    """The arrays of `animation.npz`: T frames in which the driver was found, V vertices, K morph targets.

    `frames` (T,) numbers of the frames in the clip; `times_s` (T,) from its first frame, float64; `expression` (T, E)
    and `jaw` (T, 3) radians, about the resting face that was asked for; `rotation` (T, 3, 3) and `translation` (T, 3)
    metres, of the head since the first of the frames, in the head frame of that one; `first_rotation` (3, 3)
    camera_from_head and `first_translation` (3,) metres, of that one; `weights` (T, K) of the morph targets in
    `animation.glb`; `identity` (S,), `neutral` (V, 3) metres and `faces` (F, 3) of the character; where asked for,
    `vertices` (T, V, 3) metres, with expression and jaw, upright.
    """
    arrays: dict[str, np.ndarray | Rows] = {
        "frames": _array(track.numbers).astype(np.int32),
        "times_s": _array(track.times_s),
        "expression": _array(track.expression),
        "jaw": _array(track.jaw),
        "rotation": _array(track.rotation_from_first),
        "translation": _array(track.translation_from_first),
        "first_rotation": _array(track.rotation[0]),
        "first_translation": _array(track.translation[0]),
        "weights": _array(morphs.weights),
        "identity": _array(character.identity),
        "neutral": _array(character.neutral),
        "faces": _array(character.head.faces).astype(np.int32),
    }
    if with_vertices:
        shape = (len(track), *character.neutral.shape)
        arrays["vertices"] = Rows(shape, "<f4", map(_array, character.chunks(track.expression, track.jaw)))
    return arrays


def animation_glb(character: Character, track: MotionTrack, morphs: MorphTrack) -> bytes:
    """The character at rest, the targets, and the clip's tracks."""
    mesh = morphs.mesh
    animation = Animation(
        "driven",
        _array(track.times_s),
        _array(morphs.weights),
        gltf_quaternions(track.rotation_from_first),
        _array(track.translation_from_first),
    )
    extras = {"head": character.head.data.name, "largest_error_mm": round(morphs.largest_error_m * MM_PER_M, 4)}
    return glb_bytes(
        _array(mesh.at_rest.vertices),
        _array(mesh.at_rest.normals),
        _array(mesh.faces),
        morphs.targets,
        None if mesh.albedo is None else _array(mesh.albedo.clamp(0, 1)),
        character.name,
        extras,
        animation,
    )


def gltf_quaternions(rotation: Float[Tensor, "T 3 3"]) -> Float[np.ndarray, "T 4"]:
    """Unit quaternions x, y, z, w, each on the side of the one before, for players that do not see to that."""
    quaternions = _array(quaternion_from_matrix(rotation))
    turned = (quaternions[1:] * quaternions[:-1]).sum(1) < 0
    signs = np.cumprod(np.concatenate([[1.0], np.where(turned, -1.0, 1.0)]))
    return (quaternions * signs[:, None])[:, [1, 2, 3, 0]]


def describe(character: Character, played: Played, track: MotionTrack, morphs: MorphTrack) -> dict[str, Any]:
    """The report, as plain values."""
    return {
        "manyfaces": manyfaces.__version__,
        "character": character.name,
        "head": character.head.data.name,
        "frames": {"looked_at": played.n_frames, "tracked": len(track), "lost": len(played.lost)},
        "from_s": round(float(track.times_s[0]), 4),
        "to_s": round(float(track.times_s[-1]), 4),
        "lost": [
            {"frame": lost.number, "time_s": round(lost.time_s, 4), "reason": lost.reason}
            for lost in played.lost[:_MOST_LISTED]
        ],
        "stopped": played.stopped,
        "morph_targets": len(morphs.targets),
        "largest_error_mm": round(morphs.largest_error_m * MM_PER_M, 4),
        "wrinkles": character.detail is not None,
        "files": [GLB_NAME, NPZ_NAME, VIDEO_NAME],
    }


def _array(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy()
