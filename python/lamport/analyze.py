"""Analyse logs: ``python -m lamport.analyze``, also ``lamport analyze``."""

import argparse
import sys
from collections.abc import Sequence

__all__ = ["main"]

DESCRIPTION = "Read the logs of one run and write analysis_subplots.png and analysis_summary.md beside them."


def main(argv: Sequence[str] | None = None) -> int:
    """Analyse the logs of one run.

    Returns
    -------
    int
        0: done, 1: a log is malformed or missing, 2: bad arguments.
    """
    parser = argparse.ArgumentParser(prog="python -m lamport.analyze", description=DESCRIPTION)
    add_arguments(parser)
    from lamport._cli import guard

    return guard(parser, run, parser.parse_args(argv))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """State the options of an analysis."""
    parser.add_argument("logs", nargs="+", metavar="LOG", help="log file, glob, or directory of a run")
    parser.add_argument("-o", "--output", metavar="DIR", help="where to write (default: beside the logs)")


def run(args: argparse.Namespace) -> int:
    """Analyse what the arguments name. Returns the exit status."""
    from lamport._cli import show
    from lamport._load import load

    done = load(args.logs)
    show(done, done.report(args.output))
    return 0


if __name__ == "__main__":
    sys.exit(main())
