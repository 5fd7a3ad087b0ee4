"""Points picked on a mesh: MeshLab's `.pp` files."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float64

from manyfaces.core.errors import DataError

_FIX = "pick the points again in MeshLab, or get the file anew"


def read_picked_points(path: str | Path, count: int) -> Float64[np.ndarray, "count 3"]:
    """Read the points of a file, in its order.

    Coordinates go by their names, wherever they stand: neither the order of the attributes nor the length of the
    header matters, both of which differ between versions of MeshLab.

    Args:
        path: the file.
        count: how many points it must hold.

    Returns:
        x, y, z in the unit of the mesh.

    Raises:
        DataError: there is no such file, it is damaged, holds another number of points, one that was not picked
            (`active="0"`), or a coordinate that is not a finite number.
    """
    path = Path(path)
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{path} is damaged or no file of picked points: {error}", _FIX) from None
    if root.tag != "PickedPoints":
        raise DataError(f"{path} is no file of picked points: it begins with <{root.tag}>", _FIX)
    picked = list(root.iter("point"))
    if len(picked) != count:
        raise DataError(f"{path} holds {len(picked)} picked points, not {count}", _FIX)
    return np.array([_coordinates(path, number, point) for number, point in enumerate(picked)])


def _coordinates(path: Path, number: int, point: ElementTree.Element) -> list[float]:
    if point.get("active", "1") == "0":
        raise DataError(f"{path}: point {number} was not picked", _FIX)
    try:
        values = [float(point.attrib[axis]) for axis in "xyz"]
    except KeyError as error:
        raise DataError(f"{path}: point {number} has no coordinate {error.args[0]}", _FIX) from None
    except ValueError as error:
        raise DataError(f"{path}: point {number}: {error}", _FIX) from None
    if not np.isfinite(values).all():
        raise DataError(f"{path}: point {number} is not finite", _FIX)
    return values
