"""BUPT-Balancedface: photos of 28,000 people, 7,000 of each of four groups (Wang and Deng, CVPR 2020)."""

from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.clips.folders import needed_clips
from manyfaces.data.clips.sample import ClipSet, ClipSource

GROUPS = ("African", "Asian", "Caucasian", "Indian")
_PARENT = "race_per_7000"
_LAYOUT = f"{_PARENT}/{{{','.join(GROUPS)}}}/<person>/*.jpg"


def bupt_clips(root: Path) -> ClipSet:
    """List the people; the photos of one are a clip.

    Args:
        root: holds `race_per_7000`, or `images/race_per_7000`, or is that folder.

    Raises:
        DataError: there is no such folder, or not one of the four groups in it.
    """
    places = (root / _PARENT, root / "images" / _PARENT, root)
    place = next((place for place in places if any((place / group).is_dir() for group in GROUPS)), None)
    if place is None:
        raise DataError(f"{root} is not a folder of BUPT-Balancedface", f"expected: {_LAYOUT}")
    people = (
        (group, person)
        for group in GROUPS
        if (place / group).is_dir()
        for person in sorted(path for path in (place / group).iterdir() if path.is_dir())
    )
    clips = [ClipSource(f"{group}/{person.name}", f"{group}/{person.name}", person) for group, person in people]
    return needed_clips("BUPT-Balancedface", place, clips, _LAYOUT)
