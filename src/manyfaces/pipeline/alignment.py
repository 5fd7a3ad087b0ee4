"""Hypotheses onto the photo: the camera of each, and the small change that makes its visible part fit."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.detect.observation import from_crop_units, to_crop_units
from manyfaces.geometry import OrthographicCamera
from manyfaces.geometry.camera_fit import fit_orthographic
from manyfaces.heads import HeadModel
from manyfaces.methods.ofer.point_encoder import PointEncoder
from manyfaces.methods.ofer.settle import settle
from manyfaces.pipeline.preprocess import FaceView

# What a hidden point still weighs for the camera: little, but enough to hold it when next to nothing is seen.
HIDDEN_WEIGHT = 0.02
# The encoder's errors are those on renders; on photos they are larger. Chosen so that fifteen hypotheses hold the truth
# as often as they should on photos that no figure is reported on.
ERROR_SPREAD = 1.8
# Errors of neighbouring points go together: 468 points tell as much as a few dozen independent ones.
POINTS_PER_OPINION = 10.0
N_ROUNDS = 2


@dataclass(frozen=True)
class Coefficients:
    """The hypotheses of one face.

    Attributes:
        identity: standard deviations.
        expression: coefficients.
        jaw: axis-angle, radians.
    """

    identity: Float[Tensor, "M S"]
    expression: Float[Tensor, "M E"]
    jaw: Float[Tensor, "M 3"]


@dataclass(frozen=True)
class Deviations:
    """How far settling may move each coefficient: the posterior's own deviations.

    Attributes:
        identity: (S,).
        expression: (E,).
    """

    identity: Float[Tensor, " S"]
    expression: Float[Tensor, " E"]


@dataclass(frozen=True)
class Alignment:
    """Hypotheses that lie on the photo.

    Attributes:
        coefficients: settled.
        cameras: one for each, photo pixels.
    """

    coefficients: Coefficients
    cameras: OrthographicCamera


class Aligner:
    """Puts hypotheses of a head model on photos.

    Args:
        head: the head model, with the 468 points.
        encoder: knows how the points' errors go together.
    """

    def __init__(self, head: HeadModel, encoder: PointEncoder):
        self._head = head
        self._encoder = encoder
        self._identity_basis = head.landmarks(head.identity_basis, "468")
        self._expression_basis = head.landmarks(head.expression_basis, "468")

    def align(
        self,
        drawn: Coefficients,
        deviations: Deviations,
        view: FaceView,
        generator: torch.Generator,
        one_identity: bool,
        spread: float = ERROR_SPREAD,
    ) -> Alignment:
        """Settle hypotheses and fit their cameras.

        Where the points lie is itself uncertain, and their errors go together: every hypothesis but the first is
        fitted to its own draw of them, so that the hypotheses differ as much as the photo leaves open (perturb and
        maximise: for linear models with normal errors, exactly the posterior).

        Args:
            drawn: as sampled, best first.
            deviations: how far coefficients may move.
            view: the face on the photo.
            generator: source of the draws.
            one_identity: all share one identity: the first settles it, the others take it over.
            spread: scales the draws; 0 fits all to the same points.
        """
        targets_px = self._targets(view, len(drawn.identity), generator, spread)
        if not one_identity:
            return self._settled(drawn, deviations, view, targets_px)
        first = self._settled(_rows(drawn, slice(0, 1)), deviations, view, targets_px[:1])
        identity = first.coefficients.identity.expand(len(drawn.identity), -1)
        held = Deviations(torch.zeros_like(deviations.identity), deviations.expression)
        return self._settled(Coefficients(identity, drawn.expression, drawn.jaw), held, view, targets_px)

    def _settled(
        self, drawn: Coefficients, deviations: Deviations, view: FaceView, targets_px: Float[Tensor, "M N 2"]
    ) -> Alignment:
        n_identity, n_expression = drawn.identity.shape[1], drawn.expression.shape[1]
        basis = torch.cat([self._identity_basis[:n_identity], self._expression_basis[:n_expression]])
        deviation = torch.cat([deviations.identity, deviations.expression])
        precision = torch.from_numpy(1 / np.maximum(view.scale_px, 1e-3) ** 2).expand(len(targets_px), -1)
        seen = torch.from_numpy(~view.hidden)
        for_camera = precision * torch.where(seen, 1.0, HIDDEN_WEIGHT)
        for_settling = precision * seen / POINTS_PER_OPINION
        points = self._points(drawn)
        cameras = fit_orthographic(points, targets_px, for_camera).camera
        for _ in range(N_ROUNDS):
            change = settle(points, basis, deviation, cameras, targets_px, for_settling)
            identity, expression = change.split([n_identity, n_expression], 1)
            drawn = Coefficients(drawn.identity + identity, drawn.expression + expression, drawn.jaw)
            points = self._points(drawn)
            cameras = fit_orthographic(points, targets_px, for_camera, start=cameras.rotation).camera
        return Alignment(drawn, cameras)

    def _points(self, drawn: Coefficients) -> Float[Tensor, "M N 3"]:
        head = self._head
        return head.landmarks(head(drawn.identity, drawn.expression, head.jaw_pose(drawn.jaw)), "468")

    def _targets(self, view: FaceView, n: int, generator: torch.Generator, spread: float) -> Float[Tensor, "M N 2"]:
        """Where each hypothesis is told that the points lie, pixels; the first is told the estimate itself."""
        crop = view.detected.crop
        drawn = self._encoder.draw_errors(n, generator)
        drawn[0] = 0
        scale = torch.from_numpy(view.scale_px * (2 / crop.size_px))
        units = torch.from_numpy(to_crop_units(view.points_px, crop)) + spread * scale[None, :, None] * drawn
        return torch.from_numpy(np.stack([from_crop_units(u.numpy(), crop) for u in units]).astype(np.float32))


def _rows(drawn: Coefficients, rows: slice) -> Coefficients:
    return Coefficients(drawn.identity[rows], drawn.expression[rows], drawn.jaw[rows])
