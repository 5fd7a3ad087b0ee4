"""Run the command line as `python -m manyfaces`."""

from manyfaces.cli import main

main()
