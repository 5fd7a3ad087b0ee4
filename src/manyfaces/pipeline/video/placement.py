"""Where a camera puts a face, in numbers that can be smoothed: one meaning for both kinds of camera.

A camera that was found in a crop has the crop's own focal length and centre, which tremble against its translation.
Where a point in the middle of the face comes to lie, and how large the face is there, trembles as little as it can.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry import Camera, PerspectiveCamera


@dataclass(frozen=True, eq=False)
class Placement:
    """Where and how large a face is on the picture.

    Attributes:
        rotation: camera_from_head.
        anchor_px: where the anchor is seen.
        log_scale: logarithm of pixels per metre at the anchor.
        log_depth: logarithm of the anchor's depth, metres; 0 of orthographic cameras, which have none.
    """

    rotation: Float[Tensor, "*B 3 3"]
    anchor_px: Float[Tensor, "*B 2"]
    log_scale: Float[Tensor, "*B"]
    log_depth: Float[Tensor, "*B"]

    @classmethod
    def of(cls, camera: Camera, anchor: Float[Tensor, "3"]) -> "Placement":
        """Take a camera apart.

        Args:
            camera: any.
            anchor: a point of the head frame, best in the middle of the face; metres.
        """
        seen = camera.project(anchor[None])
        if isinstance(camera, PerspectiveCamera):
            depth = seen.depth[..., 0]
            return cls(camera.rotation, seen.points_px[..., 0, :], (camera.focal_px / depth).log(), depth.log())
        nothing = torch.zeros_like(camera.scale_px)
        return cls(camera.rotation, seen.points_px[..., 0, :], camera.scale_px.log(), nothing)

    def camera(self, like: Camera, anchor: Float[Tensor, "3"]) -> Camera:
        """Put a camera together: the inverse of `of`.

        Args:
            like: gives the kind of camera, and the centre of a perspective one.
            anchor: as in `of`.
        """
        turned, scale_px = self.rotation @ anchor, self.log_scale.exp()
        if not isinstance(like, PerspectiveCamera):
            return replace(
                like,
                scale_px=scale_px,
                rotation=self.rotation,
                translation_px=self.anchor_px - scale_px[..., None] * turned[..., :2],
            )
        sideways = (self.anchor_px - like.centre_px) / scale_px[..., None]
        depth = self.log_depth.exp()
        return replace(
            like,
            focal_px=scale_px * depth,
            rotation=self.rotation,
            translation=torch.cat([sideways, depth[..., None]], -1) - turned,
        )
