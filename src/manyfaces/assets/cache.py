"""The cache folder: where fetched files lie, whether they are whole, and how they get there."""

import hashlib
import os
import secrets
from pathlib import Path

from manyfaces.assets.manifest import Asset
from manyfaces.core.errors import AssetError


def cache_folder() -> Path:
    """Folder of everything fetched: `MANYFACES_HOME`, else the platform's cache folder for `manyfaces`."""
    home = os.environ.get("MANYFACES_HOME")
    if home:
        return Path(home).expanduser()
    import pooch  # here: it takes 0.1 s to import, and is not needed where MANYFACES_HOME is set

    return Path(pooch.os_cache("manyfaces"))


def cached_path(asset: Asset) -> Path:
    """Where the file of `asset` lies once it is fetched."""
    return cache_folder() / "assets" / asset.file_name


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, asset: Asset) -> bool:
    """Say whether the file is there with the size and the checksum of the manifest."""
    try:
        # The size first: it costs nothing and catches most damage.
        return path.stat().st_size == asset.size and sha256_of(path) == asset.sha256
    except OSError:
        return False


def store(asset: Asset, content: bytes) -> Path:
    """Check `content` against the manifest and put it into the cache, whole or not at all.

    Raises:
        AssetError: other bytes than the manifest names, or the cache folder cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    if digest != asset.sha256:
        raise AssetError(
            f"{asset.name} from {asset.source} has checksum {digest[:12]}..., not {asset.sha256[:12]}...",
            "the download is damaged or was replaced; try again, and report it if it stays so",
        )
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
