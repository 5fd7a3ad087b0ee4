"""How a video is tracked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from manyfaces.core.errors import ChoiceError, InputError


@dataclass(frozen=True)
class TrackOptions:
    """What can be said of tracking.

    Attributes:
        occlusion: what hides the face: "auto" finds it, "none" takes nothing as hidden.
        face: which face is followed, of the first frame that shows as many; 0 the largest.
        smooth: smooth expression, jaw, camera, points and colours.
        person: whose face it is, from `find_person`; None to find out on the way, for cameras.
        model_options: further options of the model by name, such as `seed`.
    """

    occlusion: Literal["auto", "none"] | str = "auto"
    face: int = 0
    smooth: bool = True
    person: Any = None
    model_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: one makes no sense.
        """
        if self.occlusion not in ("auto", "none"):
            raise ChoiceError("occlusion of a video", self.occlusion, ["auto", "none"])
        if not isinstance(self.face, int) or self.face < 0:
            raise InputError(f"face is {self.face!r}", "give a number from 0, the largest face, up")
