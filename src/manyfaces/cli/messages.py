"""Exit codes, and errors as one line."""

from manyfaces.core.errors import ManyfacesError, OutputError

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class UsageError(ManyfacesError):
    """The command line asks for something that cannot be meant."""


def error_line(error: ManyfacesError) -> str:
    """One line that says what is wrong and what to do."""
    line = f"error: {error.message}" + (f". fix: {error.fix}" if error.fix else "")
    return " ".join(line.split())


def unexpected(error: Exception) -> ManyfacesError:
    """Put an error that nobody foresaw into the form of the others; a full or missing disk is no bug of ours."""
    text = " ".join(str(error).split()) or "no message"
    if isinstance(error, OSError):
        return OutputError(f"the system refused: {text}", "check that the place exists, has space and may be written")
    fix = "this is a bug: set MANYFACES_DEBUG=1 to see where, and report it"
    return ManyfacesError(f"unexpected {type(error).__name__}: {text}", fix)
