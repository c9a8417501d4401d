"""Analyse logs: ``python -m lamport.analyze``, also ``lamport analyze``."""

import sys
from collections.abc import Sequence

from lamport._cli.examples import examples
from lamport._cli.guard import guard
from lamport._cli.logs import add_analyze, run_analyze
from lamport._cli.output import comforting
from lamport._cli.parser import Parser
from lamport._cli.say import add_quiet
from lamport._cli.words import parse

__all__ = ["main"]

DESCRIPTION = "Read the logs of one run and write analysis_subplots.png and analysis_summary.md beside them."


@comforting
def main(argv: Sequence[str] | None = None) -> int:
    """Analyse the logs of one run.

    Returns
    -------
    int
        0: done, 1: a log is malformed or missing, 2: bad arguments.
    """
    parser = Parser(prog="python -m lamport.analyze", description=DESCRIPTION, epilog=examples("analyze"))
    add_analyze(parser)
    add_quiet(parser)
    parser.set_defaults(parser=parser)
    return guard(parser, run_analyze, parse(parser, argv))


if __name__ == "__main__":
    sys.exit(main())
