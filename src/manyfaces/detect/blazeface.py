"""One BlazeFace network on one square window (Bazarevsky et al. 2019, arXiv 1907.05047)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from manyfaces.detect.boxes import Candidates
from manyfaces.detect.sampling import sample_crop
from manyfaces.geometry.crop import Crop


@dataclass(frozen=True)
class BlazeFaceLayout:
    """What a BlazeFace network expects and gives.

    Attributes:
        input_size: side of its input, pixels.
        grids: per output layer (cells a side, boxes a cell); the outputs come in this order, row by row.
    """

    input_size: int
    grids: tuple[tuple[int, int], ...]

    def anchors(self) -> Float[np.ndarray, "A 2"]:
        """Centres of the cells, fractions of the window, one for each box."""
        layers = []
        for cells, repeats in self.grids:
            middles = (np.arange(cells) + 0.5) / cells
            x, y = np.meshgrid(middles, middles)
            layers.append(np.stack([x.ravel(), y.ravel()], 1).repeat(repeats, 0))
        return np.concatenate(layers)


SHORT_RANGE = BlazeFaceLayout(128, ((16, 2), (8, 6)))
FULL_RANGE = BlazeFaceLayout(192, ((48, 1),))


class BlazeFace:
    """Runs a detection network on square windows.

    Args:
        network: (1, S, S, 3) float32 in [-1, 1] in; (1, A, 16) boxes and (1, A, 1) score logits out.
        layout: of that network.
    """

    def __init__(self, network: Callable[[np.ndarray], list[np.ndarray]], layout: BlazeFaceLayout):
        self._network = network
        self._layout = layout
        self._anchors = layout.anchors()

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], window: Crop, min_score: float) -> Candidates:
        """Find faces in a window of the picture.

        Args:
            image: (H, W, 3) uint8 RGB.
            window: the square to look at; black beyond the picture.
            min_score: in (0, 1).
        """
        size = self._layout.input_size
        pixels = sample_crop(image, window, size)
        outputs = self._network((pixels.astype(np.float32) / 127.5 - 1)[None])
        raw = next(o for o in outputs if o.shape[-1] == 16)[0]
        logits = next(o for o in outputs if o.shape[-1] == 1)[0, :, 0]
        keep = logits > np.log(min_score / (1 - min_score))
        raw, anchors = raw[keep].astype(np.float64), self._anchors[keep]
        # Fractions of the window: the box's centre and keypoints from the anchor, its sides as they are.
        centre, half = anchors + raw[:, :2] / size, raw[:, 2:4] / (2 * size)
        keypoints = (anchors[:, None] + raw[:, 4:].reshape(-1, 6, 2) / size).reshape(-1, 2)
        corners = np.stack([centre - half, centre + half], 1).reshape(-1, 2)
        # A fraction f of the window lies at pixel f * size - 1/2, pixels counted by their centres.
        values = np.concatenate(
            [
                window.to_picture(corners * size - 0.5, size).reshape(-1, 4),
                window.to_picture(keypoints * size - 0.5, size).reshape(-1, 12),
            ],
            1,
        )
        scores = 1 / (1 + np.exp(-np.clip(logits[keep].astype(np.float64), -60, 60)))
        return Candidates(values, scores, np.zeros(len(scores), int))
