"""A file that is arriving, and beside it a note of which version of which file it is."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Note:
    """What was said of the file when its first byte arrived.

    Attributes:
        source: digest of the address; an address can hold a key, so it is not kept itself.
        validator: the server's ETag or date of this version; empty where it named none.
        total: bytes of the whole file; None where the server did not say.
    """

    source: str
    validator: str
    total: int | None


@dataclass(frozen=True)
class Partial:
    """The beginning of a file.

    Attributes:
        path: where it lies.
    """

    path: Path

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    def note(self, address: str) -> Note | None:
        """Read the note, if there is something to go on with and it came from this address."""
        try:
            values = json.loads(self._note_path.read_text(encoding="utf-8"))
            note = Note(values["source"], values["validator"], values["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return note if self.size and note.source == _digest(address) else None

    def begin(self, address: str, validator: str, total: int | None) -> None:
        """Start over with a version of the file at an address."""
        self.discard()
        note = Note(_digest(address), validator, total)
        self._note_path.write_text(json.dumps(asdict(note)), encoding="utf-8")

    def tail(self, start: int) -> bytes:
        """Bytes from position `start` on."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read()

    def discard(self) -> None:
        """Remove it and its note."""
        # The file first: a note without a file is harmless, a file with another's note is not.
        self.path.unlink(missing_ok=True)
        self._note_path.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Give the file its place and name, in one step."""
        self.path.replace(target)
        self._note_path.unlink(missing_ok=True)

    @property
    def _note_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
