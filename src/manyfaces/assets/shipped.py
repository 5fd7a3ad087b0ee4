"""Files that come with the package: the open head, trained weights."""

from importlib.resources import files
from pathlib import Path

from manyfaces.assets.cache import sha256_of
from manyfaces.core.errors import AssetError, ChoiceError

CHECKSUMS = "SHA256SUMS"
"""Name of the list of checksums beside the shipped files, in the format of `sha256sum`."""

_REINSTALL = "the installation is damaged: install manyfaces again, or restore the file from the repository"


def packaged(name: str) -> Path:
    """Path of a file that ships inside the package.

    Args:
        name: its path below the folder of shipped files, with forward slashes.

    Raises:
        AssetError: there is no such file, or the name leads outside the folder.
    """
    root = packaged_folder()
    path = root / name
    if ".." in path.parts or not path.is_relative_to(root) or not path.is_file():
        raise AssetError(f"the package holds no file {name!r} (looked in {root})", _REINSTALL)
    return path


def packaged_folder() -> Path:
    """Folder of the files that ship inside the package."""
    return Path(str(files("manyfaces.assets") / "files"))


def packaged_checksums() -> dict[str, str]:
    """Hex sha256 digests of the shipped files, by name.

    Raises:
        AssetError: the list is missing or not in the format of `sha256sum`.
    """
    lines = packaged(CHECKSUMS).read_text(encoding="utf-8").splitlines()
    pairs = [line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#")]
    if any(len(pair) != 2 or len(pair[0]) != 64 for pair in pairs):
        raise AssetError(f"{CHECKSUMS} is not in the format of sha256sum", _REINSTALL)
    return {name.strip().lstrip("*"): digest.lower() for digest, name in pairs}


def verify_packaged(name: str) -> Path:
    """Path of a shipped file after its checksum has been compared.

    Raises:
        AssetError: the file is missing or damaged.
        ChoiceError: the list of checksums does not name it.
    """
    path, checksums = packaged(name), packaged_checksums()
    if name not in checksums:
        raise ChoiceError("shipped file", name, sorted(checksums))
    if sha256_of(path) != checksums[name]:
        raise AssetError(f"{path} does not have the checksum it was shipped with", _REINSTALL)
    return path
