"""From an address, or a file that a person has downloaded, to a checked file in the cache."""

import os
import shutil
import zipfile
from pathlib import Path

from manyfaces.assets.answers import Answers, require_acceptance
from manyfaces.assets.archives import unpack
from manyfaces.assets.cache import cached_path, expected_sha256, is_whole, sha256_of, unpacked_folder, wrong_checksum
from manyfaces.assets.download import download
from manyfaces.assets.http import Wanted, shown
from manyfaces.assets.locks import only_one
from manyfaces.assets.manifest import Asset
from manyfaces.assets.partial import Partial
from manyfaces.assets.receipts import receipt_path, write_receipt
from manyfaces.core.errors import AssetError


def obtain(asset: Asset, answers: Answers, source: str = "") -> None:
    """Bring the file of an asset into the cache: checked, unpacked where it is an archive, whole or not at all.

    Args:
        asset: one that lies at an address.
        answers: who accepts terms and knows passwords.
        source: a file on this machine, or an address, to take it from in place of the manifest's.

    Raises:
        AssetError: the terms are not accepted, it cannot be had, or it is not what it should be.
    """
    require_acceptance(asset, answers)
    target = cached_path(asset)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with only_one(target):
            partial = partial_of(asset)
            if source or not is_whole(target, asset):
                _bring(asset, answers, source, partial)
                _keep(asset, answers, source, partial)
            elif asset.unpack:
                unpack(target, asset.unpack, unpacked_folder(asset))
    except OSError as error:
        raise AssetError(
            f"cannot write {target}: {error.strerror or error}",
            "free some space, or set MANYFACES_HOME to a folder that can be written",
        ) from error


def partial_of(asset: Asset) -> Partial:
    """Where the file of an asset lies while it arrives."""
    target = cached_path(asset)
    return Partial(target.with_name(f"{target.name}.part"))


def _bring(asset: Asset, answers: Answers, source: str, partial: Partial) -> None:
    if source and "://" not in source:
        return _copy(asset, Path(source), partial)
    if not source and asset.kind == "page":
        raise AssetError(
            f"{asset.name} lies in a shared folder that only a browser can open",
            f"take {asset.member} from {asset.page}, then run `manyfaces assets fetch {asset.name} --from FILE`",
        )
    # The password belongs to the site of the manifest, not to an address that somebody names.
    login = answers.login(asset.site) if asset.site and not source else None
    wanted = Wanted(asset.name, source or asset.where, asset.page, login)
    if partial.note(wanted.address):
        answers.say(f"{asset.name}: going on after {partial.size / 1e6:.1f} MB that arrived before")
    return download(wanted, partial, lambda here, total: answers.progress(asset, here, total))


def _copy(asset: Asset, path: Path, partial: Partial) -> None:
    if not path.is_file():
        raise AssetError(f"{path} is not a file", f"name the file that was downloaded for {asset.name}")
    partial.discard()
    shutil.copyfile(path, partial.path)


def _keep(asset: Asset, answers: Answers, source: str, partial: Partial) -> None:
    """Check what has arrived and give it its place; what is wrong is removed."""
    target, digest = cached_path(asset), sha256_of(partial.path)
    expected = expected_sha256(target, asset)
    try:
        if expected not in (None, digest):
            raise _other_bytes(asset, source, digest, expected)
        if expected is None:
            _refuse_other_kinds(asset, partial.path)
        if asset.unpack:
            files = unpack(partial.path, asset.unpack, unpacked_folder(asset))
            answers.say(f"{asset.name}: took out {', '.join(file.name for file in files)}")
    except AssetError:
        partial.discard()
        raise
    with partial.path.open("rb+") as file:
        os.fsync(file.fileno())  # or a power cut could leave the name on an empty file
    partial.finish(target)
    write_receipt(target, digest)
    if expected is None:
        answers.say(
            f"{asset.name}: its makers publish no checksum, so that of this first download was recorded "
            f"(sha256 {digest}); later ones are compared with it"
        )


def _refuse_other_kinds(asset: Asset, path: Path) -> None:
    """Tell a file that torch has written from a message in its place; what is recorded as right must look right."""
    if Path(asset.file_name).suffix not in (".pt", ".pth", ".tar"):
        return  # archives that are unpacked are checked by that
    with path.open("rb") as file:
        begin = file.read(2)
    # Since torch 1.6 a zip, whose directory is at its end; before, a pickle.
    if not zipfile.is_zipfile(path) and begin != b"\x80\x02":
        raise AssetError(f"what came as {asset.name} is no file that torch has written", f"look at {asset.page}")


def _other_bytes(asset: Asset, source: str, digest: str, expected: str | None) -> AssetError:
    where = shown(source or asset.where) if "://" in (source or asset.where) else source
    error = wrong_checksum(asset, where, digest, str(expected))
    if asset.sha256 is not None:
        return error
    fix = f"if its makers have released another one and you trust it, remove {receipt_path(cached_path(asset))}"
    return AssetError(f"{error.message}, as the first download had", fix)
