"""The cache folder: where fetched files lie, whether they are whole, and how they get there."""

import hashlib
import os
import secrets
from pathlib import Path

from platformdirs import user_cache_dir

from manyfaces.assets.manifest import Asset
from manyfaces.assets.receipts import read_receipt
from manyfaces.core.errors import AssetError


def cache_folder() -> Path:
    """Folder of everything fetched: `MANYFACES_HOME`, else the platform's cache folder for `manyfaces`."""
    home = os.environ.get("MANYFACES_HOME")
    if home:
        return Path(home).expanduser()
    return Path(user_cache_dir("manyfaces"))


def cached_path(asset: Asset) -> Path:
    """Where the file of `asset` lies once it is fetched."""
    return cache_folder() / "assets" / asset.file_name


def unpacked_folder(asset: Asset) -> Path:
    """Where the files lie that are taken out of the archive of `asset`."""
    return cache_folder() / "assets" / asset.name


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expected_sha256(path: Path, asset: Asset) -> str | None:
    """Checksum that the file must have: the manifest's, else that of what arrived first; None before that."""
    receipt = read_receipt(path)
    return asset.sha256 or (receipt.sha256 if receipt else None)


def is_whole(path: Path, asset: Asset) -> bool:
    """Say whether the file is there with the checksum it must have."""
    expected, receipt = expected_sha256(path, asset), read_receipt(path)
    try:
        if receipt and receipt.sha256 == expected and receipt.describes(path):
            return True
        # The size first: it costs nothing and catches most damage.
        if asset.size is not None and path.stat().st_size != asset.size:
            return False
        return expected is not None and sha256_of(path) == expected
    except OSError:
        return False


def wrong_checksum(asset: Asset, source: str, digest: str, expected: str) -> AssetError:
    """Word the error for other bytes than the expected ones."""
    return AssetError(
        f"{asset.name} from {source} has checksum {digest[:12]}..., not {expected[:12]}...",
        "the download is damaged or was replaced; try again, and report it if it stays so",
    )


def store(asset: Asset, content: bytes) -> Path:
    """Check `content` against the manifest and put it into the cache, whole or not at all.

    Raises:
        AssetError: other bytes than the manifest names, or the cache folder cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    if digest != asset.sha256:
        raise wrong_checksum(asset, asset.source, digest, str(asset.sha256))
    target = cached_path(asset)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            temporary.write_bytes(content)
            # A rename within the folder: other processes see the old file or the new one, never a half.
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise AssetError(
            f"cannot write {target}: {error.strerror or error}",
            "free some space, or set MANYFACES_HOME to a folder that can be written",
        ) from error
    return target
