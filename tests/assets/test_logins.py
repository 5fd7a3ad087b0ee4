"""Passwords go to the site they belong to, and nowhere else: not on redirects, into files, or into errors."""

import itertools
import traceback

import pytest

from manyfaces import assets
from manyfaces.assets import Answers, Login, Site, login_from_environment
from manyfaces.core.errors import AssetError

CONTENT = b"model" * 50_000
USER, PASSWORD = "somebody@example.org", "s3cret & more="
SITE = Site("thing", "https://example.org/register")


@pytest.fixture(autouse=True)
def account(monkeypatch):
    monkeypatch.setenv("MANYFACES_THING_USER", USER)
    monkeypatch.setenv("MANYFACES_THING_PASSWORD", PASSWORD)


def chain(error):
    """An error and all that are tied to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def all_that_is_told(error):
    """Everything a traceback with variables would show of the program's own frames and the libraries'."""
    told = []
    for one in chain(error):
        told += [str(one), repr(one)]
        for frame in traceback.TracebackException.from_exception(one, capture_locals=True).stack:
            if "tests" not in frame.filename:
                told += (frame.locals or {}).values()
    return "\n".join(told)


def asked_without_login(served):
    return all(PASSWORD not in str(vars(request)) and "s3cret" not in str(vars(request)) for request in served.asked)


def test_the_login_is_sent_as_a_form(serve, put_up, empty_cache):
    served = serve(content=CONTENT, login=(USER, PASSWORD), cuts=[150_000])
    put_up(f"{served.address}/download.php?sfile=thing.bin", CONTENT, site=SITE)
    assert assets.fetch("thing").read_bytes() == CONTENT
    assert [request.method for request in served.asked] == ["POST", "POST"]  # going on logs in again
    for path in empty_cache.rglob("*"):
        assert path.is_dir() or (b"s3cret" not in path.read_bytes() and USER.encode() not in path.read_bytes())


@pytest.mark.parametrize("refusal", ["status", "text/html", "application/zip"])
def test_a_wrong_password_is_told_and_not_shown(serve, put_up, capfd, caplog, refusal):
    caplog.set_level("DEBUG")
    served = serve(content=CONTENT, login=(USER, "another"), refusal=refusal)
    put_up(served.address, site=SITE)
    with pytest.raises(AssetError, match="user name or password are wrong") as caught:
        assets.fetch("thing")
    assert len(served.asked) == 1
    assert "https://example.org/thing" in caught.value.fix
    printed = capfd.readouterr()
    for said in (all_that_is_told(caught.value), printed.out, printed.err, caplog.text):
        assert "s3cret" not in said
        assert USER not in said


def test_a_cut_connection_does_not_tell_the_password(put_up):
    put_up("http://127.0.0.1:9", site=SITE)
    with pytest.raises(AssetError, match="cannot be reached") as caught:
        assets.fetch("thing")
    assert "s3cret" not in all_that_is_told(caught.value)
    # What `requests` raises has the request, form and all, as an attribute.
    assert not any(hasattr(error, "request") for error in chain(caught.value))


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_to_another_host_is_followed_without_the_login(serve, put_up, status):
    store = serve(content=CONTENT)
    site = serve(redirects={"/": (status, store.address.replace("127.0.0.1", "localhost") + "/signed")})
    put_up(f"{site.address}/", CONTENT, site=SITE)
    assert assets.fetch("thing").read_bytes() == CONTENT
    assert "s3cret" in site.asked[0].body
    assert [request.method for request in store.asked] == ["GET"]
    assert asked_without_login(store)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_would_send_the_login_on_is_refused(serve, put_up, status):
    thief = serve(content=CONTENT)
    site = serve(redirects={"/": (status, thief.address)})
    put_up(f"{site.address}/", site=SITE)
    with pytest.raises(AssetError, match="wants the password sent on"):
        assets.fetch("thing")
    assert thief.asked == []


def test_a_redirect_within_the_site_keeps_the_login(serve, put_up):
    site = serve(content=CONTENT, login=(USER, PASSWORD), redirects={"/": (307, "/file")})
    put_up(f"{site.address}/", CONTENT, site=SITE)
    assert assets.fetch("thing").read_bytes() == CONTENT


def test_redirects_in_a_ring_end(serve, put_up):
    site = serve()
    site.redirects = {"/a": (302, "/b"), "/b": (302, "/a")}
    put_up(f"{site.address}/a")
    with pytest.raises(AssetError, match="without end"):
        assets.fetch("thing")


def test_a_redirect_to_something_on_this_machine_is_refused(serve, put_up, tmp_path):
    site = serve(redirects={"/": (302, f"file://{tmp_path}")})
    put_up(f"{site.address}/")
    with pytest.raises(AssetError, match="no web address"):
        assets.fetch("thing")


def test_no_password_over_an_open_line(put_up):
    put_up("http://example.org/file", site=SITE)
    with pytest.raises(AssetError, match="encrypted"):
        assets.fetch("thing")


def test_no_password_to_an_address_that_somebody_names(serve, put_up):
    mirror = serve(content=CONTENT)
    put_up("https://example.org/file", CONTENT, site=SITE)
    assert assets.fetch("thing", source=mirror.address).read_bytes() == CONTENT
    assert asked_without_login(mirror)
    assert mirror.asked[0].method == "GET"


def test_a_key_in_an_address_is_not_shown(serve, put_up):
    mirror = serve(statuses=[404])
    put_up("https://example.org/file")
    address = mirror.address.replace("127", "me:s3cret@127") + "/file?key=s3cret"
    with pytest.raises(AssetError, match="no such file") as caught:
        assets.fetch("thing", source=address)
    assert "s3cret" not in f"{caught.value.message} {caught.value.fix}"


def test_passwords_kept_for_other_programs_are_not_used(serve, put_up, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login {USER} password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    served = serve(content=CONTENT)
    put_up(served.address, CONTENT)
    assets.fetch("thing")
    assert served.asked[0].headers["Authorization"] is None


@pytest.mark.parametrize("missing", ["MANYFACES_THING_USER", "MANYFACES_THING_PASSWORD"])
def test_a_login_that_is_not_there_says_where_it_is_looked_for(monkeypatch, missing):
    monkeypatch.setenv(missing, "")
    with pytest.raises(AssetError, match=r"example\.org/register") as caught:
        login_from_environment(SITE)
    assert missing in caught.value.fix


def test_a_login_does_not_print_itself():
    login = Login(USER, PASSWORD)
    assert not any(PASSWORD in said or USER in said for said in (str(login), repr(login), f"{login}"))


def test_the_login_is_asked_of_the_answers(serve, put_up):
    served, asked = serve(content=CONTENT, login=("a", "b")), itertools.count()
    put_up(served.address, CONTENT, site=SITE)

    def login(site):
        assert site == SITE
        next(asked)
        return Login("a", "b")

    assert assets.fetch("thing", Answers(login=login)).read_bytes() == CONTENT
    assert next(asked) == 1
