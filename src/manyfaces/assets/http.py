"""One request for a file: redirects followed with care, and answers refused that are no file.

A password goes to the origin of the manifest's address and nowhere else, over an encrypted connection, and into no
error: what `requests` raises holds the request, so it is never passed on nor chained.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests

from manyfaces.assets.logins import Login
from manyfaces.core.errors import AssetError

TIMEOUT_S = (20, 60)
"""To connect, and between two pieces of the answer."""

CHUNK = 64 * 1024
"""Bytes at a time; what of a piece has arrived when the connection breaks is lost."""

_MAX_REDIRECTS = 8
_REDIRECTS = (301, 302, 303, 307, 308)
_KEEP_METHOD = (307, 308)
_NETWORK = "check the network connection and try again; once fetched, no network is needed"


class CutError(Exception):
    """The server could not be reached, broke off or is busy: another try may go better.

    Attributes:
        answered: whether the server had answered at all.
    """

    def __init__(self, reason: str, answered: bool = True):
        super().__init__(reason)
        self.answered = answered


@dataclass(frozen=True)
class Wanted:
    """A file at an address.

    Attributes:
        name: of the asset, for messages.
        address: where it is.
        page: where a person finds it with a browser; may be empty.
        login: sent along as a form, if the site asks for one.
    """

    name: str
    address: str = field(repr=False)
    page: str = ""
    login: Login | None = None

    def error(self, reason: str, fix: str = "") -> AssetError:
        """Word an error about this file."""
        by_hand = f"; or take it from {self.page} with a browser, then: manyfaces assets fetch {self.name} --from FILE"
        fix = (fix or _NETWORK) + (by_hand if self.page else "")
        return AssetError(f"cannot download {self.name} from {shown(self.address)}: {reason}", fix)


def shown(address: str) -> str:
    """Write an address without the parts that can hold a key or a password."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def new_session() -> requests.Session:
    """Open a session that sends nothing of its own accord."""
    session = requests.Session()
    # Without it, requests would look for passwords in the user's .netrc, also for hosts it was redirected to.
    session.auth = lambda request: request
    session.headers["User-Agent"] = "manyfaces"
    # Positions in a file mean nothing if the server packs it for the way.
    session.headers["Accept-Encoding"] = "identity"
    return session


def send(session: requests.Session, wanted: Wanted, headers: dict[str, str]) -> requests.Response:
    """Ask for a file and follow redirects; the body is not read yet.

    Raises:
        AssetError: a redirect leads where a login or the file itself is not safe.
        CutError: nobody answers.
    """
    address, login = wanted.address, wanted.login
    if login and not _is_private(address):
        raise wanted.error("a password is sent over an encrypted connection (https) only")
    for _ in range(_MAX_REDIRECTS):
        response = _request(session, address, login, headers)
        location = response.headers.get("location")
        if response.status_code not in _REDIRECTS or not location:
            return response
        response.close()
        target = urljoin(address, location)
        if login and response.status_code not in _KEEP_METHOD:
            login = None  # as browsers do: the form has been handed in, what follows is an ordinary visit
        _refuse_detour(wanted, address, target, login)
        address = target
    raise wanted.error("one address leads to the next without end")


def check(response: requests.Response, wanted: Wanted) -> None:
    """Let pass only an answer that brings the file or a part of it.

    Raises:
        AssetError: it is refused, not there, or something else than a file.
        CutError: the server is busy.
    """
    status = response.status_code
    if status in (401, 403):
        raise _no_entry(wanted, f"the server refuses it ({status})")
    if status in (404, 410):
        raise wanted.error(f"there is no such file ({status})", "the address may have changed")
    if status == 429 or status >= 500:
        raise CutError(f"the server is busy or out of order ({status})")
    if status not in (200, 206):
        raise wanted.error(f"the server answers {status}, which brings no file")
    if "html" in response.headers.get("content-type", ""):
        raise web_page(wanted)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise wanted.error("the server sends it packed in a way that was not asked for")


def web_page(wanted: Wanted) -> AssetError:
    """Word the error for a page that came in place of the file."""
    return _no_entry(wanted, "a web page came in place of the file")


def chunks(response: requests.Response) -> Iterator[bytes]:
    """Read the body piece by piece.

    Raises:
        CutError: the connection breaks off or stays silent.
    """
    try:
        yield from response.iter_content(CHUNK)
        return
    except requests.RequestException as error:
        reason = _reason(error)
    raise CutError(reason)


def _request(
    session: requests.Session, address: str, login: Login | None, headers: dict[str, str]
) -> requests.Response:
    try:
        return session.request(
            "POST" if login else "GET",
            address,
            data=login.form() if login else None,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=TIMEOUT_S,
        )
    except requests.RequestException as error:
        reason = _reason(error)
    # Not in the handler: there it would be chained to an error that holds the request, password and all.
    raise CutError(reason, answered=False)


def _refuse_detour(wanted: Wanted, address: str, target: str, login: Login | None) -> None:
    if login and _origin(target) != _origin(address):
        raise wanted.error(f"the site wants the password sent on to {shown(target)}, which was not done")
    if urlsplit(address).scheme == "https" and urlsplit(target).scheme != "https":
        raise wanted.error(f"the site sends on to {shown(target)}, which is not encrypted")


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _is_private(address: str) -> bool:
    # What goes to this machine itself never leaves it.
    return urlsplit(address).scheme == "https" or urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def _no_entry(wanted: Wanted, reason: str) -> AssetError:
    if wanted.login is None:
        return wanted.error(reason, "the address may have changed")
    return wanted.error(
        f"{reason}: user name or password are wrong, or the licence was not accepted there",
        f"log in at {wanted.page} to see which; its account is for that site alone",
    )


def _reason(error: requests.RequestException) -> str:
    """Word an error of `requests` without its text, which can name what was sent."""
    reasons: tuple[tuple[type[requests.RequestException], str], ...] = (
        (requests.exceptions.SSLError, "the server cannot prove who it is (certificate)"),
        (requests.exceptions.ProxyError, "the proxy cannot be reached"),
        (requests.exceptions.ConnectTimeout, "the server does not answer"),
        (requests.exceptions.Timeout, "the server has gone silent"),
        (requests.exceptions.ChunkedEncodingError, "the connection was cut"),
        (requests.exceptions.ConnectionError, "the server cannot be reached"),
        (requests.exceptions.InvalidURL, "that is no web address"),
        (requests.exceptions.InvalidSchema, "that is no web address"),
        (requests.exceptions.MissingSchema, "that is no web address"),
    )
    return next((said for kind, said in reasons if isinstance(error, kind)), type(error).__name__)
