"""The bones of a hand: joint angles to round cones in space.

Millimetres, seen on the back of the hand: x across, y from the wrist to the fingertips, z to the viewer, away from the
face. The thumb is at negative x, as on the right hand; mirroring makes the left.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from jaxtyping import Float

Part = Literal["palm", "finger", "arm"]


@dataclass(frozen=True)
class Cone:
    """A bone with its flesh: a ball that changes its size while it moves.

    Attributes:
        ends: where it starts and stops.
        radii: of the ball there.
        part: palm, finger or arm.
        tip: it ends in a fingertip, which has a nail.
        joint: it starts at a joint whose skin has creases.
        back: direction that the back of this bone faces.
    """

    ends: Float[np.ndarray, "2 3"]
    radii: tuple[float, float]
    part: Part
    tip: bool = False
    joint: bool = False
    back: Float[np.ndarray, "3"] = field(default_factory=lambda: np.array([0.0, 0.0, 1.0]))


@dataclass(frozen=True)
class Finger:
    """One finger's measures.

    Attributes:
        root: where it leaves the palm.
        lengths: of its bones.
        radii: at the root, the joints and the tip.
        yaw: its direction when the hand is spread, radians from y towards x.
    """

    root: tuple[float, float, float]
    lengths: tuple[float, float, float]
    radii: tuple[float, float, float, float]
    yaw: float


@dataclass(frozen=True)
class Pose:
    """Joint angles in radians.

    Attributes:
        spread: how far the fingers are apart, 0 (closed) to 1.
        curls: for index to little finger, the three joints' flexion.
        thumb_out: thumb away from the palm.
        thumb_curl: flexion of the thumb's joints.
    """

    spread: float
    curls: Float[np.ndarray, "4 3"]
    thumb_out: float
    thumb_curl: float


FINGERS = (
    Finger((-25.0, 89.0, 1.0), (43.0, 25.0, 19.0), (9.9, 8.7, 7.9, 6.2), -0.16),
    Finger((-5.0, 93.0, 2.5), (47.0, 28.0, 20.0), (10.1, 8.9, 8.0, 6.4), -0.03),
    Finger((14.0, 88.0, 1.5), (43.0, 27.0, 20.0), (9.6, 8.3, 7.5, 6.0), 0.09),
    Finger((30.0, 76.0, -1.0), (34.0, 20.0, 18.0), (8.6, 7.3, 6.6, 5.3), 0.24),
)
_THUMB_ROOT = np.array([-20.0, 24.0, -6.0])
_THUMB = ((42.0, 33.0, 25.0), (14.0, 11.0, 9.8, 7.6))
_PALM = (
    ((-13.0, 4.0, 0.0), (-24.0, 84.0, 1.0), (17.0, 11.5)),
    ((-5.0, 4.0, 1.0), (-5.0, 88.0, 2.0), (17.0, 12.0)),
    ((5.0, 4.0, 1.0), (14.0, 83.0, 1.0), (17.0, 11.5)),
    ((13.0, 4.0, 0.0), (29.0, 70.0, -1.0), (16.0, 10.5)),
    ((-14.0, 22.0, -5.0), (-18.0, 62.0, -4.0), (19.0, 16.0)),
    ((20.0, 18.0, -5.0), (25.0, 60.0, -4.0), (15.0, 13.0)),
)
_ARM_RADII, _ARM_LENGTH = (25.5, 38.0), 420.0


def sample_pose(generator: np.random.Generator) -> Pose:
    """A flat, a relaxed or a spread hand, a pointing one, or a loose fist."""
    style = generator.choice(5, p=[0.32, 0.3, 0.18, 0.1, 0.1])
    wobble = generator.normal(0, 0.06, (4, 3))
    if style == 0:  # flat, fingers together
        curls, spread = np.full((4, 3), 0.1), generator.uniform(0.0, 0.35)
    elif style == 1:  # relaxed: more bent from the index to the little finger
        curls = np.linspace(0.6, 1.15, 4)[:, None] * [0.35, 0.5, 0.3] * generator.uniform(0.7, 1.4)
        spread = generator.uniform(0.1, 0.6)
    elif style == 2:  # spread
        curls, spread = np.full((4, 3), 0.06), generator.uniform(0.9, 1.5)
    elif style == 3:  # pointing
        curls, spread = np.array([[0.1, 0.1, 0.1], *[[1.1, 1.5, 0.8]] * 3]), 0.2
    else:  # fist
        curls, spread = np.full((4, 3), [0.95, 1.35, 0.8]), 0.1
    bent = style >= 3
    thumb_out = generator.uniform(0.15, 0.4) if bent else generator.uniform(0.3, 0.95)
    return Pose(spread, np.clip(curls + wobble, 0, 1.6), thumb_out, generator.uniform(0.2, 0.6))


def hand_cones(pose: Pose) -> list[Cone]:
    """The forearm and the hand in a pose, the forearm first."""
    cones = [Cone(np.array([[0.0, 14.0, 0.0], [2.0, -_ARM_LENGTH, -2.0]]), _ARM_RADII, "arm")]
    cones += [Cone(np.array([low, high]), radii, "palm") for low, high, radii in _PALM]
    for finger, curl in zip(FINGERS, pose.curls, strict=True):
        cones += _finger(finger, curl, (0.25 + pose.spread) * finger.yaw)
    return cones + _thumb(pose)


def moved(cones: list[Cone], rotation: Float[np.ndarray, "3 3"], origin: np.ndarray, scale: float) -> list[Cone]:
    """The hand with a point of it at zero, made larger and turned."""
    return [
        replace(
            cone,
            ends=scale * (cone.ends - origin) @ rotation.T,
            radii=(scale * cone.radii[0], scale * cone.radii[1]),
            back=rotation @ cone.back,
        )
        for cone in cones
    ]


def shortened(cone: Cone, share: float) -> Cone:
    """The first part of a bone."""
    start, end = cone.ends
    radius = cone.radii[0] + share * (cone.radii[1] - cone.radii[0])
    return replace(cone, ends=np.array([start, start + share * (end - start)]), radii=(cone.radii[0], radius))


def _finger(finger: Finger, curl: np.ndarray, yaw: float) -> list[Cone]:
    here, cones, bent = np.array(finger.root), [], 0.0
    for k, length in enumerate(finger.lengths):
        bent += curl[k]
        ahead = np.array([np.sin(yaw) * np.cos(bent), np.cos(yaw) * np.cos(bent), -np.sin(bent)])
        back = np.array([np.sin(yaw) * np.sin(bent), np.cos(yaw) * np.sin(bent), np.cos(bent)])
        there = here + length * ahead
        radii = finger.radii[k], finger.radii[k + 1]
        cones.append(Cone(np.array([here, there]), radii, "finger", k == 2, k > 0, back))
        here = there
    return cones


def _thumb(pose: Pose) -> list[Cone]:
    here, cones = _THUMB_ROOT, []
    lengths, radii = _THUMB
    yaw = -(0.35 + pose.thumb_out)
    for k, length in enumerate(lengths):
        # The thumb bends across the palm, so in the picture's plane; its nail faces out and sideways.
        yaw += pose.thumb_curl * (0.0, 0.5, 0.35)[k]
        ahead = np.array([np.sin(yaw), np.cos(yaw), -0.12])
        ahead /= np.linalg.norm(ahead)
        there = here + length * ahead
        back = np.array([-0.45 * np.cos(yaw), 0.45 * np.sin(yaw), 0.89])
        part = "palm" if k == 0 else "finger"
        cones.append(Cone(np.array([here, there]), (radii[k], radii[k + 1]), part, k == 2, k > 0, back))
        here = there
    return cones
