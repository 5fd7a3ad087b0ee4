"""What is known of a fetched file beside its content: which bytes they were, so that they can be told again."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Receipt:
    """Which file arrived.

    Attributes:
        sha256: hex digest of the content.
        size: bytes.
        mtime_ns: when the file was last written; with the size, it spares reading gigabytes again.
    """

    sha256: str
    size: int
    mtime_ns: int

    def describes(self, path: Path) -> bool:
        """Say whether the file has not been written to since."""
        status = path.stat()
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns)


def receipt_path(path: Path) -> Path:
    """Where the receipt of a file lies: beside it."""
    return path.with_name(f"{path.name}.receipt.json")


def read_receipt(path: Path) -> Receipt | None:
    """Read the receipt of a file, which may itself be gone; None where there is none or it cannot be read."""
    try:
        values = json.loads(receipt_path(path).read_text(encoding="utf-8"))
        return Receipt(str(values["sha256"]), int(values["size"]), int(values["mtime_ns"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_receipt(path: Path, sha256: str) -> None:
    """Write the receipt of a file that lies in its place."""
    status = path.stat()
    receipt = Receipt(sha256, status.st_size, status.st_mtime_ns)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_text(json.dumps(asdict(receipt)), encoding="utf-8")
        os.replace(temporary, receipt_path(path))
    finally:
        temporary.unlink(missing_ok=True)
