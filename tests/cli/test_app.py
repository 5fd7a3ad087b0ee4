"""Help is quick, mistakes are one line, exit codes mean something."""

import os
import subprocess
import sys
import time

import pytest

import manyfaces
from manyfaces.cli import app
from manyfaces.cli.commands import COMMAND_NAMES
from manyfaces.cli.messages import error_line, unexpected
from manyfaces.core.errors import ManyfacesError


def python(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=60)


def test_help_names_every_command():
    done = python("-m", "manyfaces", "--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMAND_NAMES)


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom manyfaces.cli import main\ntry:\n    main(['reconstruct', '--help'])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "bad = {'torch', 'numpy', 'numba', 'cv2', 'scipy', 'PIL'} & set(sys.modules)\nassert not bad, bad\n"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


def test_no_arguments_give_the_help(capsys):
    with pytest.raises(SystemExit) as end:
        app.main([])
    assert not end.value.code
    assert "reconstruct" in capsys.readouterr().out


def test_version(capsys):
    assert app.run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == manyfaces.__version__


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["foo"], "no command 'foo'"),
        (["reconstruct", "a.jpg"], "--out"),
        (["reconstruct", "a.jpg", "--out", "o", "--sampler", "slow"], "'fast', 'sde', 'ddim', 'ddpm'"),
        (["reconstruct", "a.jpg", "--out", "o", "--n-identities", "many"], "--n-identities"),
        (["reconstruct", "a.jpg", "--out", "o", "--n-identities", "0"], "--n-identities"),
        (["reconstruct", "a.jpg", "--out", "o", "--face", "-1"], "--face"),
        (["reconstruct", "a.jpg", "--out", "o", "--face", "some"], "--face"),
        (["reconstruct", "a.jpg", "--out", "o", "--bogus"], "--bogus"),
        (["reconstruct", "--out", "o"], "no photo"),
        (["assets"], "{list, fetch, import}"),
        (["assets", "burn"], "burn"),
        (["assets", "import"], "{flame, bfm, ofer, deep3d}"),
        (["assets", "import", "flame", "model.pkl", "--name", "flame19"], "'flame23-open'"),
        (["train", "everything", "--out", "o"], "idgen"),
    ],
)
def test_wrong_usage_is_one_line_and_two(capsys, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert app.run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("error: ")
    assert ". fix: " in printed.err
    assert said in printed.err
    assert not list(tmp_path.iterdir()), "nothing is made for a command that cannot be meant"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ManyfacesError("it broke", "mend it"), 1, "error: it broke. fix: mend it\n"),
        (ManyfacesError("it\nbroke"), 1, "error: it broke\n"),
        (RuntimeError("two\nlines"), 1, "error: unexpected RuntimeError: two lines. fix: this is a bug"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_errors_become_one_line(capsys, monkeypatch, error, code, said):
    class Command:
        def run(self):
            raise error

    monkeypatch.setattr(app, "parse", lambda arguments: Command())
    monkeypatch.delenv("MANYFACES_DEBUG", raising=False)
    assert app.run(["models"]) == code
    printed = capsys.readouterr().err
    assert printed.startswith(said)
    assert printed.count("\n") == 1


def test_an_unexpected_error_shows_where_when_asked(capsys, monkeypatch):
    def parse(arguments):
        raise RuntimeError("deep inside")

    monkeypatch.setattr(app, "parse", parse)
    monkeypatch.setenv("MANYFACES_DEBUG", "1")
    assert app.run(["models"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_error_line_without_fix():
    assert error_line(ManyfacesError("a")) == "error: a"
    assert error_line(unexpected(ValueError())).startswith("error: unexpected ValueError: no message. fix: ")


def test_an_interrupt_from_outside_ends_with_130(tmp_path):
    code = (
        # A shell's background jobs ignore the interrupt, and hand that down.
        "import signal, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from manyfaces.cli import app, commands\n"
        "commands.Models.run = lambda self: (print('ready', flush=True), time.sleep(30))\napp.main(['models'])\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.05)
    process.send_signal(2)
    _, printed = process.communicate(timeout=20)
    assert process.returncode == 130
    assert printed.count("\n") == 1
    assert printed.startswith("stopped")
