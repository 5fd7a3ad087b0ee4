"""Make the example photos: the public-domain astronaut portrait of scikit-image, as it is and behind drawn occluders.

python scripts/make_examples.py examples
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from manyfaces.io.image import write_image

# Corners of the square around the face, and points of it, in the portrait's pixels.
X0, Y0, SIDE, SCALE = 80, 0, 300, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    portrait = cv2.resize(
        np.ascontiguousarray(data.astronaut()[Y0 : Y0 + SIDE, X0 : X0 + SIDE]),
        None,
        fx=SCALE,
        fy=SCALE,
        interpolation=cv2.INTER_CUBIC,
    )
    pictures = {
        "astronaut": portrait,
        "astronaut_mask": face_mask(portrait),
        "astronaut_sunglasses": sunglasses(portrait),
        "astronaut_half": behind_a_door(portrait),
    }
    for name, picture in pictures.items():
        write_image(out / f"{name}.jpg", picture)


def at(*points: tuple[float, float]) -> np.ndarray:
    """Portrait pixels to pixels of the enlarged square."""
    return np.round((np.array(points) - (X0, Y0)) * SCALE).astype(np.int32)


def _blend(picture: np.ndarray, paint: np.ndarray, cover: np.ndarray) -> np.ndarray:
    soft = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 1.2)[..., None]
    return np.clip(picture * (1 - soft) + paint * soft, 0, 255).astype(np.uint8)


def face_mask(picture: np.ndarray) -> np.ndarray:
    """A surgical mask: pale blue cloth with pleats and straps."""
    cover = np.zeros(picture.shape[:2], np.float32)
    outline = at(
        (191, 118),
        (207, 112),
        (224, 106),
        (243, 112),
        (257, 117),
        (256, 138),
        (247, 156),
        (226, 166),
        (204, 157),
        (193, 139),
    )
    smooth = cv2.approxPolyDP(outline, 0.5, True)
    cv2.fillPoly(cover, [smooth], 1.0, cv2.LINE_AA)
    for start, end in (
        ((192, 121), (181, 108)),
        ((194, 140), (183, 126)),
        ((256, 121), (266, 106)),
        ((255, 138), (265, 124)),
    ):
        cv2.line(cover, *map(tuple, at(start, end).tolist()), 1.0, 3, cv2.LINE_AA)
    rows = np.arange(picture.shape[0])[:, None, None]
    pleats = 10 * np.sin(rows / 7.0) - 0.05 * np.abs(np.arange(picture.shape[1])[None, :, None] - 290)
    paint = np.array([168, 200, 216]) + pleats
    return _blend(picture, np.broadcast_to(paint, picture.shape), cover)


def sunglasses(picture: np.ndarray) -> np.ndarray:
    """Dark glasses."""
    cover = np.zeros(picture.shape[:2], np.float32)
    for centre in ((207, 98), (243, 97)):
        cv2.ellipse(cover, tuple(at(centre)[0].tolist()), (31, 24), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    cv2.line(cover, *map(tuple, at((220, 95), (230, 94)).tolist()), 1.0, 7, cv2.LINE_AA)
    for start, end in (((193, 95), (181, 92)), ((257, 94), (267, 91))):
        cv2.line(cover, *map(tuple, at(start, end).tolist()), 1.0, 6, cv2.LINE_AA)
    rows = np.linspace(0, 1, picture.shape[0])[:, None, None]
    return _blend(picture, np.broadcast_to(np.array([22, 20, 26]) + 60 * (0.33 - rows).clip(0), picture.shape), cover)


def behind_a_door(picture: np.ndarray) -> np.ndarray:
    """The right half of the picture behind a painted board."""
    cover = np.zeros(picture.shape[:2], np.float32)
    cover[:, int(at((228, 0))[0, 0]) :] = 1
    columns = np.arange(picture.shape[1])[None, :, None]
    grain = 5 * np.sin(columns / 3.1 + 2 * np.sin(np.arange(picture.shape[0])[:, None, None] / 60))
    return _blend(picture, np.array([74, 98, 116]) + grain, cover)


if __name__ == "__main__":
    main()
