"""`manyfaces assets fetch`: asks for consent and logins, shows how far a download is, says what to do next."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import TransferSpeedColumn as SpeedColumn

from manyfaces import assets
from manyfaces.cli.commands import FetchAssets
from manyfaces.cli.messages import DONE, FAILED, INTERRUPTED, UsageError, error_line
from manyfaces.core.errors import ManyfacesError

NEXT = {
    "ofer": "manyfaces assets import ofer --idgen {ofer-idgen} --idrank {ofer-idrank} --expgen {ofer-expgen} "
    "--front-indices FILE",
}
"""What to run when all of a group are there; FILE is `frontindices.npy` of the authors' repository."""


def fetch_assets(command: FetchAssets) -> int:
    """Fetch what is named, or what the program itself needs; one that fails does not stop the others.

    Raises:
        UsageError: `--from` with other than one asset.
    """
    names = assets.asset_names(command.names)
    if command.source and len(names) != 1:
        raise UsageError("--from is the source of one asset", "name that one")
    errors: set[str] = set()
    paths: dict[str, object] = {}
    with _bar() as progress:
        answers = _Clerk(command.accept_terms, progress).answers()
        for name in names:
            try:
                paths[name] = assets.fetch(name, answers, command.source)
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
    for group, then in NEXT.items():
        if set(assets.GROUPS[group]) <= set(paths):
            print(f"next: {then.format_map(paths)}")
    return FAILED if errors else DONE


class _Clerk:
    """Asks a person at the terminal what a download asks of us; each thing once in a run."""

    def __init__(self, accept_terms: bool, progress: Progress):
        self._accept_terms = accept_terms
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._accepted: dict[str, bool] = {}
        self._logins: dict[str, assets.Login] = {}

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
            self._progress.start()
            self._tasks[asset.name] = self._progress.add_task(asset.name, total=total)
        self._progress.update(self._tasks[asset.name], completed=here, total=total)

    def _say(self, remark: str) -> None:
        print(remark, file=sys.stderr)


def _ask(question: Callable[[], str]) -> str:
    try:
        return question()
    except EOFError:  # Ctrl-D: no answer
        return ""


@contextmanager
def _bar() -> Iterator[Progress]:
    """A bar with speed and time left, on a terminal; it starts with the first bytes, so as not to cover a question."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), SpeedColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    try:
        yield progress
    finally:
        progress.stop()
