"""Model files: those that ship with the package and those fetched from elsewhere, with checksums and licences."""

from manyfaces.assets.answers import UNATTENDED, Answers
from manyfaces.assets.cache import cache_folder
from manyfaces.assets.fetching import AssetStatus, asset_status, fetch, list_assets
from manyfaces.assets.logins import Login, Site, login_from_environment
from manyfaces.assets.manifest import GROUPS, MANIFEST, Asset, asset_names
from manyfaces.assets.shipped import packaged, packaged_folder, verify_packaged

__all__ = [
    "GROUPS",
    "MANIFEST",
    "UNATTENDED",
    "Answers",
    "Asset",
    "AssetStatus",
    "Login",
    "Site",
    "asset_names",
    "asset_status",
    "cache_folder",
    "fetch",
    "list_assets",
    "login_from_environment",
    "packaged",
    "packaged_folder",
    "verify_packaged",
]
