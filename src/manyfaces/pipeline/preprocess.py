"""From a detected face to what the networks are conditioned on: crop, points, what hides them, condition vector."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from manyfaces.core.seeds import numpy_generator
from manyfaces.detect import FaceMesh, FacePoints, crop_from_points
from manyfaces.detect.observation import from_crop_units, hidden_at, hidden_cells, observe, to_crop_units
from manyfaces.geometry import Crop
from manyfaces.methods.ofer.point_encoder import Observations, PointEncoder, PointEstimate

FindMask = Callable[[UInt8[np.ndarray, "H W 3"], FacePoints], Bool[np.ndarray, "H W"]]
"""Says which pixels hide the face; a known mask ignores its arguments."""

# An occluder misleads the detector's crop, and the crop the points. Each look corrects the points and with them the
# next crop; past two nothing is gained.
N_LOOKS = 2
# The last look is through several crops that differ by about what a good crop is off by; their mean is steadier.
N_VIEWS = 6
VIEW_JITTER = 0.03


@dataclass(frozen=True)
class FaceView:
    """One face, ready for the networks.

    Attributes:
        condition: (C,) condition vector.
        points_px: (468, 2) where the points really are, as estimated, hidden ones included; picture pixels.
        scale_px: (468,) how far off each may be, pixels.
        hidden: (468,) whether each is hidden.
        mask: (H, W) pixels that hide the face.
        detected: what the detector said in the end.
    """

    condition: Float[Tensor, " C"]
    points_px: Float[np.ndarray, "468 2"]
    scale_px: Float[np.ndarray, "468"]
    hidden: Bool[np.ndarray, "468"]
    mask: Bool[np.ndarray, "H W"]
    detected: FacePoints


def look_at_face(
    image: UInt8[np.ndarray, "H W 3"], crop: Crop, find_mask: FindMask, mesh: FaceMesh, encoder: PointEncoder
) -> FaceView:
    """Find points, what hides them, and the condition vector.

    Args:
        image: the whole picture, RGB.
        crop: where the detector saw the face.
        find_mask: says which pixels hide it.
        mesh: finds the points in a crop.
        encoder: corrects them and makes the condition.
    """
    mask: np.ndarray | None = None
    for _ in range(N_LOOKS):
        found = mesh(image, crop)
        if mask is None:
            mask = find_mask(image, found)
        estimate = encode([found], mask, encoder)
        crop = crop_from_points(from_crop_units(estimate.points[0].numpy(), found.crop))
    assert mask is not None
    return view_face(image, crop, mask, mesh, encoder)


def view_face(
    image: UInt8[np.ndarray, "H W 3"],
    crop: Crop,
    mask: Bool[np.ndarray, "H W"],
    mesh: FaceMesh,
    encoder: PointEncoder,
    n_views: int = N_VIEWS,
) -> FaceView:
    """Find points and the condition vector where the place of the face is known.

    Args:
        image: the whole picture, RGB.
        crop: where the face is.
        mask: pixels that hide it.
        mesh: finds the points in a crop.
        encoder: corrects them and makes the condition.
        n_views: crops to look through.
    """
    views = [mesh(image, jittered) for jittered in _around(crop, n_views)]
    estimate = encode(views, mask, encoder)
    points = np.stack([from_crop_units(p.numpy(), v.crop) for p, v in zip(estimate.points, views, strict=True)])
    raw = np.mean([view.points_px for view in views], 0)
    scale_px = (estimate.scale.numpy() * np.array([[v.crop.size_px / 2] for v in views])).mean(0)
    middle = points.mean(0)
    hidden = hidden_at(to_crop_units(middle, crop), hidden_cells(mask, crop)) > HIDDEN_FROM
    # The encoder has learned from renders. On photos the detector itself is the better judge of the points that it
    # sees, the more so the less of the face is hidden.
    trust = np.where(hidden, 0, 1 - hidden.mean())[:, None]
    return FaceView(
        condition=estimate.condition.mean(0),
        points_px=(middle + trust * (raw - middle)).astype(np.float32),
        scale_px=scale_px.astype(np.float32),
        hidden=hidden,
        mask=mask,
        detected=views[0],
    )


HIDDEN_FROM = 0.5


@torch.no_grad()
def encode(views: list[FacePoints], mask: Bool[np.ndarray, "H W"], encoder: PointEncoder) -> PointEstimate:
    """Encode several looks at one face as a batch."""
    seen = [observe(view, mask) for view in views]
    points, hidden = np.stack([s.points for s in seen]), np.stack([s.hidden for s in seen])
    batch = Observations(
        torch.from_numpy(points),
        torch.from_numpy(np.stack([s.depth for s in seen])),
        torch.from_numpy(hidden.astype(np.float32)),
        torch.from_numpy(hidden_at(points, hidden)),
        torch.tensor([s.score for s in seen], dtype=torch.float32),
    )
    return encoder(batch)


def _around(crop: Crop, n_views: int) -> list[Crop]:
    """The crop itself and its neighbours, the same every time."""
    generator = numpy_generator(0, "views")
    crops = [crop]
    while len(crops) < n_views:
        dx, dy, grown, turned = generator.normal(0, VIEW_JITTER, 4)
        centre = (crop.centre_px[0] + dx * crop.size_px, crop.centre_px[1] + dy * crop.size_px)
        crops.append(
            replace(
                crop, centre_px=centre, size_px=crop.size_px * float(np.exp(grown)), angle_rad=crop.angle_rad + turned
            )
        )
    return crops
