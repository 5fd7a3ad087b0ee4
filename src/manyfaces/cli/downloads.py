"""`manyfaces assets fetch`: asks for consent and logins, shows how far a download is, says what to do next."""

import getpass
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import TransferSpeedColumn as SpeedColumn

from manyfaces import assets
from manyfaces.cli.commands import FetchAssets
from manyfaces.cli.messages import DONE, FAILED, INTERRUPTED, UsageError, error_line
from manyfaces.core.errors import ManyfacesError


def fetch_assets(command: FetchAssets) -> int:
    """Fetch what is named, or what the program itself needs; one that fails does not stop the others.

    Raises:
        UsageError: `--from` with other than one asset.
    """
    names = assets.asset_names(command.names)
    if command.source and len(names) != 1:
        raise UsageError("--from is the source of one asset", "name that one")
    errors: set[str] = set()
    paths: dict[str, Path] = {}
    clerk = _Clerk(command.accept_terms)
    for name in names:
        try:
            with clerk:
                paths[name] = assets.fetch(name, clerk.answers(), command.source)
            print(f"{name}: {paths[name]}")
        except ManyfacesError as error:
            # Files of one source fail for one reason; once is enough.
            line = error_line(error)
            if line not in errors:
                print(line, file=sys.stderr)
            errors.add(line)
        except KeyboardInterrupt:
            print("stopped; the same command goes on with what has arrived", file=sys.stderr)
            return INTERRUPTED
    for command_line in _next_steps(paths):
        print(f"next: {command_line}")
    return FAILED if errors else DONE


def _next_steps(paths: dict[str, Path]) -> list[str]:
    """Commands that make use of what has been fetched."""
    steps = []
    for name in sorted(paths.keys() & {"flame2020", "flame2023", "flame2023-open"}):
        from manyfaces.io.flame_files import FLAME_VERSIONS

        models = [paths[name] / version.file_name for version in FLAME_VERSIONS.values()]
        steps += [f"manyfaces assets import flame {shlex.quote(str(path))}" for path in models if path.is_file()]
    if "deep3d" in paths:
        steps.append(f"manyfaces assets import deep3d {shlex.quote(str(paths['deep3d']))}")
    if set(assets.GROUPS["ofer"]) <= paths.keys():
        parts = zip(("idgen", "idrank", "expgen"), assets.GROUPS["ofer"], strict=True)
        given = " ".join(f"--{part} {shlex.quote(str(paths[name]))}" for part, name in parts)
        # The manifest has the weights for FLAME 2020; names in the cache do not tell.
        front = "--head flame20 --front-indices frontindices.npy  # of OFER's repository"
        steps.append(f"manyfaces assets import ofer {given} {front}")
    return steps


class _Clerk:
    """Asks a person at the terminal what a download asks of us, each thing once; a bar shows how far it is."""

    def __init__(self, accept_terms: bool):
        self._accept_terms = accept_terms
        self._accepted: dict[str, bool] = {}
        self._logins: dict[str, assets.Login] = {}
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            SpeedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal, redirect_stdout=False)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def answers(self) -> assets.Answers:
        return assets.Answers(self._accepts, self._login, self._show, self._say)

    def _accepts(self, asset: assets.Asset) -> bool:
        if self._accept_terms or not sys.stdin.isatty():
            return self._accept_terms
        terms = f"{asset.licence}\n  {asset.terms}\n  {asset.page}"
        if terms not in self._accepted:
            print(f"{asset.name}: {terms}")
            answer = _ask(lambda: input("Do you accept these terms? [y/N] "))
            self._accepted[terms] = answer.strip().lower() in ("y", "yes")
        return self._accepted[terms]

    def _login(self, site: assets.Site) -> assets.Login:
        try:
            return assets.login_from_environment(site)
        except ManyfacesError:
            if not sys.stdin.isatty():
                raise
        if site.name not in self._logins:
            print(f"The account at {site.page} is needed; it is sent there and kept nowhere.")
            user = _ask(lambda: input("User name: "))
            self._logins[site.name] = assets.Login(user, _ask(lambda: getpass.getpass("Password: ")))
        return self._logins[site.name]

    def _show(self, asset: assets.Asset, here: int, total: int | None) -> None:
        if asset.name not in self._tasks:
            # With the first bytes, not before: a bar would cover the questions.
            self._bar.start()
            self._tasks[asset.name] = self._bar.add_task(asset.name, total=total, completed=here)
        self._bar.update(self._tasks[asset.name], completed=here, total=total)

    def _say(self, remark: str) -> None:
        self._bar.stop()
        print(remark, file=sys.stderr)


def _ask(question: Callable[[], str]) -> str:
    try:
        return question()
    except EOFError:  # Ctrl-D: no answer
        return ""
