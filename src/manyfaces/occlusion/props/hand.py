"""A hand before the face, with its forearm and perhaps a sleeve."""

from dataclasses import replace

import numpy as np

from manyfaces.occlusion.props.canvas import Layer, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.hand_relief import bone_axes, cone_surface, flat, hand_relief
from manyfaces.occlusion.props.hand_skeleton import Cone, hand_cones, moved, sample_pose, shortened
from manyfaces.occlusion.props.hand_skin import skin_of_hand
from manyfaces.occlusion.props.relief import crevices, diffuse
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import fractal_noise, noise, sample_cloth

# What a hand is held before: points of the 68 whose mean it is, and how far up the hand is what comes to lie there.
_GOALS = (
    (range(48, 60), 105.0),  # mouth
    (range(29, 36), 115.0),  # nose
    (range(36, 42), 120.0),  # the eyes
    (range(42, 48), 120.0),
    ((3, 4, 31), 95.0),  # the cheeks
    ((12, 13, 35), 95.0),
    ((57, 8), 90.0),  # chin
    ((21, 22), 100.0),  # brow
)
_SLEEVED = 0.65
_ALL = (slice(None), slice(None))


def hand(site: Site, generator: np.random.Generator) -> Occluder:
    """A hand of about true size, in one of several poses, seen on its back."""
    arm, *cones = _placed(site, generator)
    sleeve: list[Layer] = []
    if generator.random() < _SLEEVED:
        begin = generator.uniform(0.07, 0.18)
        sleeve = _sleeve(site, arm, begin, generator)
        arm = shortened(arm, begin + 0.06)
    cones = [arm, *cones]
    canvas = canvas_around(site, np.concatenate([flat(cone.ends) for cone in cones]), 26.0)
    relief = hand_relief(canvas, cones)
    cover = canvas.blur(np.clip(relief.inside_mm * site.px_per_mm + 0.5, 0, 1), 0.25)
    skin = skin_of_hand(canvas, relief, cones, generator)
    return occluder("hand", [canvas.shadow(cover, 7.0, 0.42), canvas.layer(skin, cover), *sleeve])


def _placed(site: Site, generator: np.random.Generator) -> list[Cone]:
    """Pose and turn a hand and put it before the face; face millimetres, but y upwards."""
    indices, along = _GOALS[int(generator.integers(len(_GOALS)))]
    goal = site.points_mm[list(indices)].mean(0) + generator.normal(0, 6, 2)
    # The arm comes from below or from the side, mostly from the side that the goal is on.
    aside = abs(goal[0]) > 15 and generator.random() < 0.8
    side = np.sign(goal[0]) if aside else generator.choice([-1.0, 1.0])
    angle = side * generator.uniform(0.15, 1.75)
    own = generator.random() < 0.9  # the person's own hand: its thumb is on the upper side
    mirrored = (side > 0) == own
    lift = _turn(generator.normal(0, 0.2), generator.normal(0, 0.25))
    cosine, sine = np.cos(angle), np.sin(angle)
    spin = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    rotation = spin @ np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0]) @ lift
    grip = np.array([generator.normal(0, 8), along + generator.normal(0, 10), 0.0])
    cones = moved(hand_cones(sample_pose(generator)), rotation, grip, generator.normal(1.0, 0.05))
    there = np.array([goal[0], -goal[1], 0.0])
    return [replace(cone, ends=cone.ends + there) for cone in cones]


def _turn(pitch: float, yaw: float) -> np.ndarray:
    a, b, c, d = np.cos(pitch), np.sin(pitch), np.cos(yaw), np.sin(yaw)
    return np.array([[1, 0, 0], [0, a, -b], [0, b, a]]) @ np.array([[c, 0, d], [0, 1, 0], [-d, 0, c]])


def _sleeve(site: Site, arm: Cone, begin: float, generator: np.random.Generator) -> list[Layer]:
    """Cloth around the forearm; `begin` is the share of it that is bare."""
    looser = generator.uniform(4, 9)
    wider = replace(arm, radii=(arm.radii[0] + looser, arm.radii[1] + 2 * looser))
    start = wider.ends[0] + begin * (wider.ends[1] - wider.ends[0])
    canvas = canvas_around(site, flat(np.stack([start, wider.ends[1]])), max(wider.radii) + 4)
    inside, height = cone_surface(canvas, wider, _ALL)
    along, aside = bone_axes(canvas, wider, _ALL)
    along = along - begin * float(np.linalg.norm(wider.ends[1, :2] - wider.ends[0, :2])) - 0.006 * aside * aside
    scale = site.px_per_mm
    seam = np.exp(-((along - 16) ** 2) / 1.5)
    height = height + 1.8 * fractal_noise(canvas.shape, 22 * scale, generator, 3) - 1.5 * seam
    cover = canvas.blur(np.clip(np.minimum(inside, along) * scale + 0.5, 0, 1), 0.3)
    brightness = diffuse(canvas.blur(height, 0.6), canvas, 0.1) * (1 - 0.6 * crevices(height, canvas, 4))
    weave = 1 + 0.05 * noise(canvas.shape, 0.7 * scale, generator)
    colour = sample_cloth(generator)(along, aside) * (1.1 * site.exposure * brightness * weave)[..., None]
    return [canvas.shadow(cover, 4.0, 0.3), canvas.layer(colour, cover)]
