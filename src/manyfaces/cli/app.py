"""From arguments to an exit code; a user's mistake becomes one line on stderr, never a traceback."""

import contextlib
import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import tyro

import manyfaces
from manyfaces.cli.commands import COMMAND_NAMES, Command
from manyfaces.cli.messages import DONE, FAILED, INTERRUPTED, WRONG_USAGE, UsageError, error_line, unexpected
from manyfaces.core.errors import ManyfacesError

SUMMARY = "One photo of a partly hidden face in; the many 3D faces it could be, best first, out."


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process.

    Exit codes: 0 done, 1 something failed, 2 wrong usage, 130 stopped by Ctrl-C.

    Args:
        arguments: without the program's name; the process' own when None.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    if arguments == ["--version"]:
        print(manyfaces.__version__)
        return DONE
    try:
        command = parse(arguments)
        code = command.run()
        # Here, where a full disk or a closed pipe can still be told; at exit Python would only complain.
        sys.stdout.flush()
        return code
    except UsageError as error:
        return _say(error, WRONG_USAGE)
    except ManyfacesError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        print(
            "stopped; what was written is complete (bench goes on by itself, reconstruct with --resume)",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if os.environ.get("MANYFACES_DEBUG"):
            traceback.print_exc()
        return _say(unexpected(error), FAILED)


def parse(arguments: list[str]) -> Command:
    """Turn arguments into a command.

    Raises:
        UsageError: they do not fit; the message is the first sentence of the parser's.
        SystemExit: code 0, after --help.
    """
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            return tyro.cli(
                Command,  # pyright: ignore[reportArgumentType, reportCallIssue]
                prog="manyfaces",
                description=SUMMARY,
                args=arguments or ["--help"],
            )
    except SystemExit as error:
        if not error.code:
            raise
        raise _usage_error(printed.getvalue(), arguments) from None


def _say(error: ManyfacesError, code: int) -> int:
    print(error_line(error), file=sys.stderr)
    return code


def _usage_error(box: str, arguments: list[str]) -> UsageError:
    """Condense the parser's drawn box into one line."""
    command = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    if command and command not in COMMAND_NAMES:
        return UsageError(f"there is no command {command!r}", f"known: {', '.join(COMMAND_NAMES)}")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", box)
    # Title, then perhaps a rule, then what is wrong; the next rule begins the long help. Where the terminal cannot show
    # them, the frame's strokes are spaces and hyphens.
    rows = [line.strip("│╭╮╰╯ ") for line in plain.splitlines()][1:]
    said = []
    for row in rows:
        if set(row) <= set("─-"):
            if said:
                break
        else:
            said.append(row)
    available = re.search(r"Available subcommands: ([\w\s,-]+?) *(?:[─-]{8}|$)", " ".join(rows))
    if available:
        words = [word for word in arguments if not word.startswith("-")]
        unknown = re.search(r"Unrecognized (?:or misplaced )?options: +(\S+)", " ".join(rows))
        at = words.index(unknown[1]) if unknown and unknown[1] in words else 1
        named = words[at] if at < len(words) else ""
        return UsageError(f"{' '.join(words[:at])} has no {named!r}", f"valid: {available[1].strip()}")
    message = " ".join(said).rstrip(".:") or "the arguments cannot be understood"
    return UsageError(message[0].lower() + message[1:], f"see {' '.join(['manyfaces', command]).strip()} --help")
