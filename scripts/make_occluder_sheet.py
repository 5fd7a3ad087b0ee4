"""Draw every kind of occluder before the example photo's face: docs/images/occluders.jpg.

python scripts/make_occluder_sheet.py
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from manyfaces.core.seeds import numpy_generator
from manyfaces.detect import POINTS_68_FROM_468, crop_from_box
from manyfaces.io.image import read_image, write_image
from manyfaces.occlusion import draw_occluder, site_from_points
from manyfaces.pipeline.models import load_detector, load_mesh
from manyfaces.render import contact_sheet

ROOT = Path(__file__).resolve().parent.parent
SHOWN = (
    *(("hand", seed) for seed in (0, 1, 3, 4, 5)),
    *(("mask", seed) for seed in (0, 2, 12, 1)),
    *(("sunglasses", seed) for seed in (1, 2, 3)),
    *(("scarf", seed) for seed in (2, 4)),
    *(("hair", seed) for seed in (2, 4)),
    *(("microphone", seed) for seed in (3, 1)),
    *(("blob", seed) for seed in (0, 5)),
    *(("patch", seed) for seed in (0, 3)),
    *((kind, 0) for kind in ("dsofi", "dhofi", "shofi", "stars")),
    ("crown", 3),
    ("crown", 5),
)
CELL_PX, COLUMNS = 156, 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "occluders.jpg")
    out = parser.parse_args().out
    photo = read_image(ROOT / "examples" / "astronaut.jpg")
    face = load_detector()(photo)[0]
    points = POINTS_68_FROM_468 @ load_mesh()(photo, crop_from_box(face)).points_px.astype(np.float64)
    site = site_from_points(points, photo.shape[:2], photo)
    cells = []
    for kind, seed in SHOWN:
        covered = draw_occluder(kind, site, numpy_generator(seed, kind)).over(photo)
        cells.append(cv2.resize(covered[20:470, 65:515], (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA))
    sheet = contact_sheet(cells, COLUMNS, [kind for kind, _ in SHOWN], gap_px=4)
    write_image(out, sheet, quality=79)
    print(f"{out}: {sheet.shape[1]}x{sheet.shape[0]} px, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
