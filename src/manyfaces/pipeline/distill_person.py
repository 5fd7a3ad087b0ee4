"""One person for models that predict one face from each photo: what they say of the person, in the mean."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.detect.rnet_alignment import FRAME_ORIGIN_PX
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.faces.model import DISTANCE_M, FOCAL_PX, M_PER_DM
from manyfaces.geometry import HEAD_TO_CAMERA


@dataclass(frozen=True)
class ToldOfPerson:
    """What one face says of whose it is.

    Attributes:
        identity: coefficients.
        albedo: coefficients, settled where the model settles.
        light_change: by how much settling changed the light.
    """

    identity: Float[Tensor, " S"]
    albedo: Float[Tensor, " T"]
    light_change: Float[Tensor, "3 9"]

    @classmethod
    def of(cls, predicted: FaceCoefficients, settled: FaceCoefficients) -> "ToldOfPerson":
        """From what was predicted for a face, and what became of it when its colours were settled."""
        return cls(settled.identity, settled.albedo, settled.light - predicted.light)


@dataclass(frozen=True)
class SharedFace:
    """What all faces of a person have: of each number of `ToldOfPerson` the mean of the middle half.

    Light is each face's own; only by how much the network misjudges it, which goes with the albedo, is shared.
    """

    identity: Float[Tensor, " S"]
    albedo: Float[Tensor, " T"]
    light_change: Float[Tensor, "3 9"]

    @classmethod
    def of(cls, told: Sequence[ToldOfPerson]) -> "SharedFace":
        """From what faces told, at least one."""
        names = ("identity", "albedo", "light_change")
        return cls(**{name: middle_mean(torch.stack([getattr(one, name) for one in told])) for name in names})

    def given_to(self, model: FaceModel, c: FaceCoefficients) -> FaceCoefficients:
        """A predicted face with the person's identity, in the place where the network saw its own."""
        shared = replace(c, identity=self.identity, albedo=self.albedo, light=c.light + self.light_change)
        return replace(shared, translation=_kept_in_place(model, c, shared))


def middle_mean(values: Float[Tensor, "K *D"]) -> Float[Tensor, "*D"]:
    """Mean of the middle half of K values, number by number: as exact as a mean, and outliers do not count."""
    left_out = len(values) // 4
    return values.sort(0).values[left_out : len(values) - left_out].mean(0)


def _kept_in_place(model: FaceModel, predicted: FaceCoefficients, shared: FaceCoefficients) -> Float[Tensor, "3"]:
    """The translation, decimetres, by which the landmarks of another face lie where the predicted ones did.

    A landmark (X, Y, Z) of the turned face is seen at n = (X + a, Y + b) / (Z + c), in units of the focal length, or
    orthographically at (X + a, Y + b) / c: with n given, two linear equations in (a, b, c) for each landmark.
    """
    n = (model.landmarks_px(predicted) - torch.tensor(FRAME_ORIGIN_PX).to(predicted.angles)) / FOCAL_PX
    turned = model.head.landmarks(model.vertices(shared)) @ model.camera(shared).rotation.mT
    depth = turned[:, 2:] if model.projection == "perspective" else torch.zeros_like(turned[:, 2:])
    rows = torch.cat([torch.eye(2).to(n).expand(len(n), 2, 2), -n[..., None]], -1)
    place = torch.linalg.lstsq(rows.flatten(0, 1), (n * depth - turned[:, :2]).flatten()[:, None]).solution[:, 0]
    return (place - torch.tensor([0.0, 0.0, DISTANCE_M]).to(place)) @ HEAD_TO_CAMERA.to(place) / M_PER_DM
