"""Points of many faces in one list: dlib's XML and COCO's JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Bool, Float

from manyfaces.core.errors import DataError

_FIX = "get the list anew"
_COCO_VISIBLE, _COCO_OCCLUDED = 2, 1


@dataclass(frozen=True, eq=False)
class ListedFace:
    """One face of a list.

    Attributes:
        file: its picture, as the list names it.
        points_px: x, y, 0-based.
        visible: which points can be seen; None where the list does not say.
        box_px: x0, y0, x1, y1; None where there is none.
    """

    file: str
    points_px: Float[np.ndarray, "P 2"]
    visible: Bool[np.ndarray, " P"] | None
    box_px: Float[np.ndarray, "4"] | None


def read_dlib_xml(path: str | Path) -> tuple[ListedFace, ...]:
    """Read a list of dlib's imglab: `<image file><box left top width height><part name x y>`, 0-based.

    Parts are put in the order of their numbers. Boxes that are to be ignored and boxes without parts are no faces.

    Raises:
        DataError: there is no such file, it is damaged, or a face has a part twice or lacks one.
    """
    path = Path(path)
    try:
        root = ElementTree.fromstring(path.read_bytes())
        return tuple(
            _dlib_face(image.attrib["file"], box)
            for image in root.iter("image")
            for box in image.iter("box")
            if box.get("ignore", "0") == "0" and box.find("part") is not None
        )
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{path} is no list of dlib's: {type(error).__name__} {error}", _FIX) from None


def _dlib_face(file: str, box: ElementTree.Element) -> ListedFace:
    parts = sorted(box.iter("part"), key=lambda part: int(part.attrib["name"]))
    if [int(part.attrib["name"]) for part in parts] != list(range(len(parts))):
        raise ValueError(f"the parts of a face in {file} are not numbered from 0 without gaps")
    points = np.array([[float(part.attrib[axis]) for axis in "xy"] for part in parts])
    left, top, width, height = (float(box.attrib[name]) for name in ("left", "top", "width", "height"))
    return ListedFace(file, _finite(file, points), None, np.array([left, top, left + width, top + height]))


def read_coco(path: str | Path) -> tuple[ListedFace, ...]:
    """Read COCO keypoints: `images` and `annotations` with `keypoints` (x, y, v for each point) and `bbox`, 0-based.

    v is 2 for visible and 1 for occluded points; lists in which it is the same for all points of all faces do not
    tell them apart, and none of their faces says what is visible.

    Raises:
        DataError: there is no such file, it is damaged, an annotation has no picture, or a point is not labelled (v 0).
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files = {image["id"]: image["file_name"] for image in content["images"]}
        values = [
            (files[face["image_id"]], np.array(face["keypoints"], float).reshape(-1, 3), face.get("bbox"))
            for face in content["annotations"]
        ]
        says = len(np.unique(np.concatenate([points[:, 2] for _, points, _ in values] or [np.zeros(1)]))) > 1
        return tuple(_coco_face(file, points, box, says) for file, points, box in values)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no list of COCO keypoints: {type(error).__name__} {error}", _FIX) from None


def _coco_face(file: str, keypoints: np.ndarray, box: Sequence[Any] | None, says: bool) -> ListedFace:
    codes = keypoints[:, 2]
    if not np.isin(codes, (_COCO_OCCLUDED, _COCO_VISIBLE)).all():
        raise ValueError(f"a face in {file} has points that are not labelled")
    visible = codes == _COCO_VISIBLE if says else None
    corners = None
    if box is not None:
        left, top, width, height = (float(value) for value in box)
        corners = np.array([left, top, left + width, top + height])
    return ListedFace(file, _finite(file, keypoints[:, :2]), visible, corners)


def _finite(file: str, points: np.ndarray) -> np.ndarray:
    if not np.isfinite(points).all():
        raise ValueError(f"a face in {file} has points that are not finite")
    return points
