"""From a vector of coefficients to a picture: the same camera, light and frame for every head model."""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.detect.rnet_alignment import FIVE_IN_SPACE, FRAME_ORIGIN_PX, RNET_PX, rnet_five
from manyfaces.faces.coefficients import CoefficientLayout, FaceCoefficients
from manyfaces.geometry import HEAD_TO_CAMERA, Camera, OrthographicCamera, PerspectiveCamera, matrix_from_axis_angle
from manyfaces.heads import HeadModel
from manyfaces.render import Render, deng_harmonics, render_mesh
from manyfaces.render.normals import shading_normals

Projection = Literal["perspective", "orthographic"]
"""How a camera sees faces: R-Net's does by perspective, that of person-specific models orthographically."""

FOCAL_PX = 1015.0
DISTANCE_M = 1.0
M_PER_DM = 0.1
JAW_UNIT_RAD = 0.1
_PUBLISHED_HEAD = "bfm"
# White light of usual strength: what a prediction of zero means.
USUAL_LIGHT = 0.8


class FaceModel(nn.Module):
    """A head model with the camera, the light and the coefficient layout of R-Net (Deng et al., CVPRW 2019).

    Heads other than BFM are moved so that their five points lie about the origin as BFM's do; crops, translations and
    angles then mean the same for all of them.

    Args:
        head: with the "68" landmarks and a space of skin colours.
        layout: how many coefficients of each kind.
        projection: of the camera. An orthographic one has the scale that perspective gives the head's origin, so that
            the translation means the same for both: u = s Pi(v) + t with s = focal length / distance.

    Raises:
        ChoiceError: there is no such projection.
        InputError: the head has fewer coefficients than the layout, or lacks one of these.
    """

    origin: Tensor

    def __init__(self, head: HeadModel, layout: CoefficientLayout, projection: Projection | str = "perspective"):
        super().__init__()
        if projection not in get_args(Projection):
            raise ChoiceError("projection", projection, list(get_args(Projection)))
        self.projection = projection
        self.head = head
        self.layout = layout
        self.n_jaw = 3 if "jaw" in head.data.joint_names else 0
        have = {"identity": head.n_identity, "expression": head.n_expression + self.n_jaw, "albedo": head.n_albedo}
        for name, number in have.items():
            if layout.sizes[name] > number:
                raise InputError(
                    f"{layout.sizes[name]} {name} coefficients are asked for, {head.data.name!r} has {number}"
                )
        five = rnet_five(head.landmarks(head.template))
        origin = five.mean(0) - torch.tensor(FIVE_IN_SPACE.mean(0) * M_PER_DM).to(five)
        # What the published weights say of a face is about BFM's own origin, whatever its landmarks are.
        own = head.data.name == _PUBLISHED_HEAD
        self.register_buffer("origin", torch.zeros_like(origin) if own else origin, persistent=False)

    def vertices(self, c: FaceCoefficients) -> Float[Tensor, "*B V 3"]:
        """The face about its origin, not turned yet; metres, head frame."""
        pose = self.head.jaw_pose(self.jaw(c)) if self.n_jaw else None
        return self.head(c.identity, self.expression(c), pose) - self.origin

    def expression(self, c: FaceCoefficients) -> Float[Tensor, "*B E"]:
        """The expression without the jaw, as the head model takes it."""
        return c.expression[..., : c.expression.shape[-1] - self.n_jaw]

    def jaw(self, c: FaceCoefficients) -> Float[Tensor, "*B 3"]:
        """Axis-angle of the jaw, radians; at rest where the head has none."""
        if not self.n_jaw:
            return torch.zeros_like(c.angles)
        return c.expression[..., -self.n_jaw :] * JAW_UNIT_RAD

    def camera(self, c: FaceCoefficients) -> Camera:
        """The camera of the 224 pixel picture that shows a face where its pose puts it."""
        flip = HEAD_TO_CAMERA.to(c.angles)
        rotation = flip @ rotation_from_angles(c.angles)
        centre_px = torch.tensor(FRAME_ORIGIN_PX).to(c.angles).expand(*c.angles.shape[:-1], 2)
        place = c.translation * M_PER_DM @ flip + torch.tensor([0.0, 0.0, DISTANCE_M]).to(c.angles)
        if self.projection == "orthographic":
            scale_px = FOCAL_PX / place[..., 2]
            return OrthographicCamera(scale_px, rotation, centre_px + scale_px[..., None] * place[..., :2])
        return PerspectiveCamera(torch.full_like(c.angles[..., 0], FOCAL_PX), centre_px, rotation, place)

    def landmarks_px(self, c: FaceCoefficients) -> Float[Tensor, "*B 68 2"]:
        """The 68 points on the 224 pixel picture."""
        return self.camera(c).project(self.head.landmarks(self.vertices(c))).points_px

    def five_px(self, c: FaceCoefficients) -> Float[Tensor, "*B 5 2"]:
        """Eyes, nose tip and mouth corners on the 224 pixel picture, left in the picture first."""
        return rnet_five(self.landmarks_px(c))

    def colours(self, c: FaceCoefficients, vertices: Float[Tensor, "*B V 3"] | None = None) -> Float[Tensor, "*B V 3"]:
        """Lit colours of the vertices as the published networks take them: light times albedo, both as sRGB numbers.

        Args:
            c: the face.
            vertices: what `vertices` gives for it, where that is known already.
        """
        vertices = self.vertices(c) if vertices is None else vertices
        return self.head.albedo(c.albedo) * light_on(shading_normals(vertices, self.head.faces), c)

    def front(self, drawn: Render) -> Float[Tensor, "B H W"]:
        """How much of each pixel of a render is the front of the face; all of it where the head names no front."""
        whole = self.head.region("front")[self.head.faces].all(-1)
        ids = drawn.fragments.face_ids.long()
        return drawn.mask * (whole[ids.clamp(min=0)] & (ids >= 0))

    def render(
        self, c: FaceCoefficients, size_px: int = RNET_PX, vertices: Float[Tensor, "B V 3"] | None = None
    ) -> Render:
        """Draw faces.

        Args:
            c: the faces, one batch dimension.
            size_px: side of the picture; what it shows is the same for all sizes.
            vertices: what `vertices` gives for them, where that is known already.
        """
        vertices = self.vertices(c) if vertices is None else vertices
        camera = self.camera(c).scaled(size_px / RNET_PX)
        colours = self.colours(c, vertices).clamp(0, 1)
        return render_mesh(vertices, self.head.faces, camera, (size_px, size_px), albedo=colours, light=None)


def light_on(normals: Float[Tensor, "*B N 3"], c: FaceCoefficients) -> Float[Tensor, "*B N 3"]:
    """The light of faces on surfaces that turn with them.

    Args:
        normals: unit vectors, head frame.
        c: the faces: their angles and light.

    Returns:
        Red, green and blue of it, what an albedo is multiplied by.
    """
    return deng_harmonics(normals @ rotation_from_angles(c.angles).mT) @ usual(c.light).mT


def usual(light: Float[Tensor, "*B 3 9"]) -> Float[Tensor, "*B 3 9"]:
    """Predicted light with the usual white light added."""
    offset = torch.zeros_like(light)
    offset[..., 0] = USUAL_LIGHT
    return light + offset


def rotation_from_angles(angles: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 3 3"]:
    """R_z(roll) R_y(yaw) R_x(pitch) for column vectors; angles in the order pitch, yaw, roll, radians."""
    x, y, z = (matrix_from_axis_angle(angles[..., k : k + 1] * torch.eye(3).to(angles)[k]) for k in range(3))
    return z @ y @ x
