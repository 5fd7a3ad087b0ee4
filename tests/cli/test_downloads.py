"""`assets fetch` at a terminal and without one: consent, logins, what comes next."""

import getpass
import sys
import types

import pytest

from manyfaces import assets
from manyfaces.assets import Asset, Site
from manyfaces.cli import app
from manyfaces.core.errors import AssetError

FLAME = Site("flame", "https://flame.example")
ASSETS = {
    name: Asset(name, "url:https://x", f"{name}.bin", None, None, licence, "terms", page="https://p", on_request=True)
    for name, licence in (("one", "own"), ("two", "own"), ("three", "other"))
}


@pytest.fixture
def answering(monkeypatch, tmp_path):
    """Fetching that asks for consent and a login, and brings nothing; what it was told."""
    told = []

    def fetch(name, answers, source):
        if not answers.accepts(ASSETS[name]):
            raise AssetError(f"{name} not accepted", "--accept-terms")
        login = answers.login(FLAME)
        answers.progress(ASSETS[name], 5, 10)
        told.append((name, login.user, login.password, source))
        return tmp_path / name

    monkeypatch.setattr(assets, "fetch", fetch)
    monkeypatch.delenv("MANYFACES_FLAME_USER", raising=False)
    return told


@pytest.fixture
def person(monkeypatch):
    """A person at a terminal, who types these lines and this password; the questions asked."""

    def sit_down(*lines, password="s3cret"):
        typed, asked = list(lines), []

        def answer(question):
            asked.append(question)
            if not typed:
                raise EOFError
            return typed.pop(0)

        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr("builtins.input", answer)
        monkeypatch.setattr(getpass, "getpass", lambda question: (asked.append(question), password)[1])
        return asked

    return sit_down


def test_terms_and_login_are_asked_once(answering, person, capsys):
    asked = person("y", "me", "Yes")
    assert app.run(["assets", "fetch", "one", "two", "three"]) == 0
    assert asked == ["Do you accept these terms? [y/N] ", "User name: ", "Password: ", asked[0]]
    assert [told[:3] for told in answering] == [(name, "me", "s3cret") for name in ASSETS]
    printed = capsys.readouterr()
    assert printed.out.count("own\n  terms\n  https://p") == 1
    assert "s3cret" not in printed.out + printed.err


@pytest.mark.parametrize("lines", [("n",), ("",), ()])
def test_anything_but_yes_is_no(answering, person, capsys, lines):
    person(*lines)
    assert app.run(["assets", "fetch", "one"]) == 1
    assert answering == []
    assert "not accepted" in capsys.readouterr().err


def test_nobody_is_asked_without_a_terminal(answering, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("asked"))
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(isatty=lambda: False))
    assert app.run(["assets", "fetch", "one"]) == 1
    assert "--accept-terms" in capsys.readouterr().err
    assert app.run(["assets", "fetch", "one", "--accept-terms"]) == 1
    assert "MANYFACES_FLAME_PASSWORD" in capsys.readouterr().err
    monkeypatch.setenv("MANYFACES_FLAME_USER", "me")
    monkeypatch.setenv("MANYFACES_FLAME_PASSWORD", "s3cret")
    assert app.run(["assets", "fetch", "one", "--accept-terms"]) == 0
    assert answering == [("one", "me", "s3cret", "")]


def test_from_is_handed_on_for_one_asset(answering, person, capsys):
    person("y", "me")
    assert app.run(["assets", "fetch", "one", "--from", "file.bin"]) == 0
    assert answering[0][3] == "file.bin"
    for names in (["one", "two"], ["ofer"], []):
        assert app.run(["assets", "fetch", *names, "--from", "file.bin"]) == 2
        assert "name that one" in capsys.readouterr().err


def test_ctrl_c_says_that_it_goes_on(monkeypatch, capsys):
    def fetch(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(assets, "fetch", fetch)
    assert app.run(["assets", "fetch"]) == 130
    assert "goes on with what has arrived" in capsys.readouterr().err


def test_the_next_command_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(assets, "fetch", lambda name, *_: tmp_path / "my files" / name)
    folder = tmp_path / "my files" / "flame2023"
    folder.mkdir(parents=True)
    (folder / "flame2023_no_jaw.pkl").touch()
    assert app.run(["assets", "fetch", "flame2023"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"next: manyfaces assets import flame '{folder / 'flame2023_no_jaw.pkl'}'"
    ]
    assert app.run(["assets", "fetch", "ofer"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("next: "))
    assert f"--idgen '{tmp_path / 'my files' / 'ofer-idgen-flame20'}' --idrank" in line
    assert app.run(["assets", "fetch", "deep3d", "facenet"]) == 0
    path = tmp_path / "my files" / "deep3d"
    assert capsys.readouterr().out.splitlines()[2:] == [f"next: manyfaces assets import deep3d '{path}'"]
    assert app.run(["assets", "fetch", "ofer-idrank"]) == 0
    assert "next:" not in capsys.readouterr().out


def test_what_needs_consent_is_never_fetched_unnamed(monkeypatch, tmp_path, capsys):
    fetched = []
    monkeypatch.setattr(assets, "fetch", lambda name, *_: fetched.append(name) or tmp_path)
    assert app.run(["assets", "fetch"]) == 0
    assert set(fetched) == {asset.name for asset in assets.MANIFEST if not asset.on_request}


def test_the_list_says_size_licence_and_login(capsys, empty_cache):
    assert app.run(["assets", "list"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("flame2023 "))
    assert line.split("  ")[0] == "flame2023"
    for said in ("missing", "not known", "FLAME licence", "flame", "https://flame.is.tue.mpg.de"):
        assert said in line
