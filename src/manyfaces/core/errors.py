"""Errors a user can act on: each says what was wrong, where, and what to do."""


class ManyfacesError(Exception):
    """Base of every error that is the user's to solve.

    Attributes:
        message: what was wrong and where, one line.
        fix: what to do about it, one line; may be empty.
    """

    def __init__(self, message: str, fix: str = ""):
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}. {self.fix}".strip() if self.fix else self.message


class InputError(ManyfacesError):
    """A value, file or folder handed in cannot be used."""


class ImageError(InputError):
    """A picture cannot be read or is of no use."""


class MaskError(InputError):
    """An occlusion mask cannot be read or does not fit its picture."""


class NoFaceError(InputError):
    """A picture holds no face that was found."""


class ChoiceError(InputError):
    """A name is not among the valid ones."""

    def __init__(self, what: str, given: object, valid: "list[str] | tuple[str, ...]"):
        super().__init__(f"unknown {what} {given!r}", f"valid: {', '.join(map(str, valid))}")


class DataError(InputError):
    """A data set's list or one of its files cannot be used."""


class VideoError(DataError):
    """A video, or what is taken for one, cannot be read, or not to its end."""


class ConfigError(InputError):
    """A configuration has unknown keys or values of the wrong type."""


class AssetError(ManyfacesError):
    """A model file is missing, cannot be fetched or fails its checksum."""


class WeightError(ManyfacesError):
    """A weight file is damaged or does not fit the network."""


class HeadFileError(ManyfacesError):
    """A head model file cannot be read, or holds something that is refused."""


class OutputError(ManyfacesError):
    """A result cannot be written."""


class ConformanceError(ManyfacesError):
    """Figures that must agree do not."""
