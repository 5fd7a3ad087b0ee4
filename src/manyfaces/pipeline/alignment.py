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
from manyfaces.methods.ofer.point_encoder import ERROR_SPREAD, PointEncoder
from manyfaces.methods.ofer.settle import settle
from manyfaces.pipeline.anchors import find_anchors
from manyfaces.pipeline.preprocess import FaceView

# What a hidden point still weighs for the camera: little, but enough to hold it when next to nothing is seen.
HIDDEN_WEIGHT = 0.02
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
        coefficients: settled, or as drawn.
        cameras: one for each, photo pixels.
    """

    coefficients: Coefficients
    cameras: OrthographicCamera


class Aligner:
    """Puts hypotheses of a head model on photos.

    Args:
        head: the head model, with landmarks.
        encoder: knows how the points' errors go together.

    Raises:
        HeadFileError: the head has no landmarks.
    """

    def __init__(self, head: HeadModel, encoder: PointEncoder):
        self._head = head
        self._encoder = encoder
        self._anchors = find_anchors(head)
        self._identity_basis = head.landmarks(head.identity_basis, self._anchors.name)
        self._expression_basis = head.landmarks(head.expression_basis, self._anchors.name)

    def place(self, drawn: Coefficients, view: FaceView) -> Alignment:
        """Fit the cameras of hypotheses, and leave the hypotheses as they are."""
        targets_px = self._anchors.of(view.points_px).expand(len(drawn.identity), -1, -1)
        return Alignment(drawn, self._cameras(self._points(drawn), view, targets_px))

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
        self, drawn: Coefficients, deviations: Deviations, view: FaceView, targets_px: Float[Tensor, "M L 2"]
    ) -> Alignment:
        n_identity, n_expression = drawn.identity.shape[1], drawn.expression.shape[1]
        basis = torch.cat([self._identity_basis[:n_identity], self._expression_basis[:n_expression]])
        deviation = torch.cat([deviations.identity, deviations.expression])
        weights = self._anchors.weights(view).expand(len(targets_px), -1)
        points = self._points(drawn)
        cameras = self._cameras(points, view, targets_px)
        for _ in range(N_ROUNDS):
            change = settle(points, basis, deviation, cameras, targets_px, weights)
            identity, expression = change.split([n_identity, n_expression], 1)
            drawn = Coefficients(drawn.identity + identity, drawn.expression + expression, drawn.jaw)
            points = self._points(drawn)
            cameras = self._cameras(points, view, targets_px, start=cameras.rotation)
        return Alignment(drawn, cameras)

    def _cameras(
        self,
        points: Float[Tensor, "M L 3"],
        view: FaceView,
        targets_px: Float[Tensor, "M L 2"],
        start: Float[Tensor, "M 3 3"] | None = None,
    ) -> OrthographicCamera:
        trust = torch.where(self._anchors.seen(view), 1.0, HIDDEN_WEIGHT)
        weights = (self._anchors.precision(view) * trust).expand(len(targets_px), -1)
        return fit_orthographic(points, targets_px, weights, start=start).camera

    def _points(self, drawn: Coefficients) -> Float[Tensor, "M L 3"]:
        head = self._head
        return head.landmarks(head(drawn.identity, drawn.expression, head.jaw_pose(drawn.jaw)), self._anchors.name)

    def _targets(self, view: FaceView, n: int, generator: torch.Generator, spread: float) -> Float[Tensor, "M L 2"]:
        """Where each hypothesis is told that the anchors lie, pixels; the first is told the estimate itself."""
        crop = view.detected.crop
        drawn = self._encoder.draw_errors(n, generator)
        drawn[0] = 0
        scale = torch.from_numpy(view.scale_px * (2 / crop.size_px))
        units = torch.from_numpy(to_crop_units(view.points_px, crop)) + spread * scale[None, :, None] * drawn
        points_px = np.stack([from_crop_units(u.numpy(), crop) for u in units]).astype(np.float32)
        return self._anchors.from_468 @ torch.from_numpy(points_px)


def _rows(drawn: Coefficients, rows: slice) -> Coefficients:
    return Coefficients(drawn.identity[rows], drawn.expression[rows], drawn.jaw[rows])
