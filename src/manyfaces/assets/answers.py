"""What a download has to ask of whoever wants it, and what it has to say meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass

from manyfaces.assets.logins import Login, Site, login_from_environment
from manyfaces.assets.manifest import Asset
from manyfaces.core.errors import AssetError

Progress = Callable[[Asset, int, int | None], None]
"""Told as bytes arrive: the asset, the bytes that are here, the bytes there will be if the server says so."""


def _refuse(asset: Asset) -> bool:
    return False


def _ignore(*_: object) -> None:
    return None


@dataclass(frozen=True)
class Answers:
    """How a fetch gets its questions answered; the default asks nobody and accepts nothing.

    Attributes:
        accepts: whether the terms of an asset are accepted.
        login: the account at a site; raises AssetError where there is none.
        progress: told as bytes arrive.
        say: told remarks, one line each.
    """

    accepts: Callable[[Asset], bool] = _refuse
    login: Callable[[Site], Login] = login_from_environment
    progress: Progress = _ignore
    say: Callable[[str], None] = _ignore


UNATTENDED = Answers()


def require_acceptance(asset: Asset, answers: Answers) -> None:
    """Let only those pass who accept the terms of an asset that asks for it.

    Raises:
        AssetError: they are not accepted.
    """
    if asset.on_request and not answers.accepts(asset):
        raise AssetError(
            f"the terms of {asset.name} have to be accepted before it is fetched: {asset.licence}; {asset.terms}",
            f"read {asset.page}, then run `manyfaces assets fetch {asset.name} --accept-terms`",
        )
