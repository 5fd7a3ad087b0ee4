"""The command line: parse, call, print."""

from manyfaces.cli.app import main

__all__ = ["main"]
