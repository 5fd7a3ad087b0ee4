"""Model files: those that ship with the package and those fetched from elsewhere, with checksums and licences."""

from manyfaces.assets.cache import cache_folder
from manyfaces.assets.fetching import AssetStatus, fetch, list_assets
from manyfaces.assets.manifest import MANIFEST, Asset
from manyfaces.assets.shipped import packaged, packaged_folder, verify_packaged

__all__ = [
    "MANIFEST",
    "Asset",
    "AssetStatus",
    "cache_folder",
    "fetch",
    "list_assets",
    "packaged",
    "packaged_folder",
    "verify_packaged",
]
