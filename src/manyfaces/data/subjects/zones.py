"""Where skin wrinkles, and which way: fields on the mean face, laid out on the texture map."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.faces import FaceModel
from manyfaces.methods.personal.surface import DetailSurface

Map = Float[Tensor, "S S"]


@dataclass(frozen=True)
class Zone:
    """A part of the face that wrinkles in its own way.

    Attributes:
        weight: 0 to 1.
        across_m: distance across the wrinkles; lines run where it is constant.
        tension: that half-way wrinkles the skin; some parts of a head model are stiffer than others.
        valley_m: where the first valley is, where anatomy says so; any place else.
    """

    weight: Map
    across_m: Map
    tension: float
    valley_m: float | None = None


@dataclass(frozen=True)
class FaceMap:
    """The mean face on the texture map.

    Attributes:
        at: position of each texel, metres, head frame.
        points: the 68 landmarks.
        skin: 0 to 1.
    """

    at: Float[Tensor, "S S 3"]
    points: Float[Tensor, "68 3"]
    skin: Map

    @staticmethod
    def of(face: FaceModel, surface: DetailSurface) -> "FaceMap":
        """The map of a surface."""
        template = face.head.template
        return FaceMap(surface.layout.of(template[None])[0], face.head.landmarks(template), surface.skin)

    def sides(self) -> list[tuple[Float[Tensor, "S S 3"], Float[Tensor, "68 3"]]]:
        """The face, and its mirror image: rules for its right half (negative x) then hold for both."""
        mirror = torch.tensor([-1.0, 1.0, 1.0]).to(self.at)
        swapped = self.points.clone()
        for first, second in ((36, 45), (39, 42), (41, 46), (31, 35), (48, 54), (21, 22)):
            swapped[[first, second]] = self.points[[second, first]]
        return [(self.at, self.points), (self.at * mirror, swapped * mirror)]


def wrinkle_zones(face_map: FaceMap) -> dict[str, Zone]:
    """All zones by name."""
    halves = {"feet": _crows_feet, "lid": _under_eye, "fold": _nasolabial}
    zones = {"forehead": _forehead(face_map), "frown": _frown(face_map), "nose": _nose(face_map)}
    zones["mouth"] = _mouth(face_map)
    for name, rule in halves.items():
        for side, (at, points) in zip(("right", "left"), face_map.sides(), strict=True):
            zones[f"{name}_{side}"] = rule(at, points)
    return zones


def _forehead(face: FaceMap) -> Zone:
    """Horizontal lines above the brows."""
    x, y, _ = face.at.unbind(-1)
    brow = face.points[17:27, 1].max()
    weight = _rises(y, brow + 0.002, 0.012) * _within(x / 0.058)
    return Zone(weight, y - 0.006 * (x / 0.05).square(), tension=0.02)


def _frown(face: FaceMap) -> Zone:
    """Upright lines between the brows, two deep ones in front."""
    x, y, _ = face.at.unbind(-1)
    middle = face.points[[21, 22]].mean(0)
    up = y - middle[1]
    weight = _within(x / 0.015) * _within((up + 0.002) / 0.018)
    return Zone(weight, x.abs() * (1 - 8 * up), tension=0.06, valley_m=0.006)


def _nose(face: FaceMap) -> Zone:
    """Lines across the root of the nose, and down along its sides."""
    x, y, _ = face.at.unbind(-1)
    root = face.points[27, 1] - 0.006
    weight = _within(x / 0.016) * _within((y - root) / 0.012)
    return Zone(weight, y + 0.6 * x.abs(), tension=0.06)


def _crows_feet(at: Tensor, points: Tensor) -> Zone:
    """Rays from the outer corner of the eye."""
    back, up, far = _beside(at, points[36] + torch.tensor([0.006, 0.0, 0.0]).to(at))
    angle = torch.atan2(up, back)
    weight = _rises(far, 0.009, 0.006) * _within(far / 0.034) * _within(angle / 0.95)
    return Zone(weight, 0.018 * angle, tension=0.03)


def _under_eye(at: Tensor, points: Tensor) -> Zone:
    """Arcs below the lower lid."""
    middle = points[[36, 39]].mean(0)
    x, y = at[..., 0] - middle[0], (at[..., 1] - middle[1]) * 1.5
    far = (x.square() + y.square()).sqrt()
    weight = _rises(-y, 0.006, 0.006) * _within((far - 0.021) / 0.010) * (at[..., 0] < 0)
    return Zone(weight, far, tension=0.04)


def _nasolabial(at: Tensor, points: Tensor) -> Zone:
    """The fold from the wing of the nose past the corner of the mouth, and its echoes in the cheek."""
    start = points[31, :2] + torch.tensor([-0.005, 0.004]).to(at)
    end = points[48, :2] + torch.tensor([-0.007, -0.006]).to(at)
    way = end - start
    length = way.norm()
    way = way / length
    off = at[..., :2] - start
    along = off @ way
    bow = 0.004 * torch.sin(torch.pi * (along / length).clamp(0, 1))
    across = off[..., 0] * way[1] - off[..., 1] * way[0] - bow  # grows towards the cheek
    weight = _within((along / length - 0.5) / 0.72) * _within((across - 0.004) / 0.016) * (at[..., 0] < 0)
    return Zone(weight, across, tension=0.05, valley_m=0.0)


def _mouth(face: FaceMap) -> Zone:
    """Short lines that meet the lips at right angles."""
    corner = (face.points[54] - face.points[48])[0] / 2
    middle = face.points[[48, 54]].mean(0)
    x, y = (face.at[..., 0] - middle[0]) / corner, (face.at[..., 1] - middle[1]) / (0.55 * corner)
    far, angle = (x.square() + y.square()).sqrt(), torch.atan2(y, x)
    weight = _within((far - 1.25) / 0.42) * _within((x.abs() - 0.2) / 1.1)
    return Zone(weight, 1.15 * corner * angle, tension=0.06)


def _beside(at: Tensor, corner: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How far behind a point of the right half texels are, along the skin, and how far above it, and both together."""
    off = at - corner
    back = (off[..., 0].square() + off[..., 2].square()).sqrt() * torch.where(off[..., 0] < 0, 1.0, -1.0)
    return back, off[..., 1], (back.square() + off[..., 1].square()).sqrt()


def _rises(value: Tensor, start: Tensor | float, width: float) -> Tensor:
    """From zero to one over a width."""
    share = ((value - start) / width).clamp(0, 1)
    return share * share * (3 - 2 * share)


def _within(share: Tensor) -> Tensor:
    """One in the middle, 0.37 at share one, then soon nothing."""
    return torch.exp(-share.square().square())
