"""The command ``lamport``."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from lamport._cli import (
    compare,
    completion,
    grade,
    keygen,
    logs,
    machine,
    predict,
    rerun,
    run,
    schema,
    simulate,
    sweep,
    view,
)
from lamport._cli.examples import examples
from lamport._cli.exit_status import DONE, MISUSED
from lamport._cli.guard import guard
from lamport._cli.output import comforting
from lamport._cli.parser import Parser
from lamport._cli.say import add_quiet
from lamport._cli.words import parse

__all__ = ["COMMANDS", "main", "make_parser"]

Command: TypeAlias = tuple[
    str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]
]
COMMANDS: dict[str, Command] = {
    "run": ("run machines on this host and analyse them", run.add_run, run.run_run),
    "machine": ("run one machine, a process of its own", machine.add_machine, machine.run_machine),
    "simulate": ("run machines in virtual time", simulate.add_simulate, simulate.run_simulate),
    "rerun": ("run it again, as it was or changed", rerun.add_rerun, rerun.run_rerun),
    "sweep": ("simulate many runs of a grid of parameters", sweep.add_sweep, sweep.run_sweep),
    "analyze": ("write figure and summary of logs", logs.add_analyze, logs.run_analyze),
    "compare": ("write figure and summary of several runs", compare.add_compare, compare.run_compare),
    "view": (
        "draw a space-time diagram of logs, a page to look at or a picture",
        view.add_view,
        view.run_view,
    ),
    "export": ("write logs to one file", logs.add_export, logs.run_export),
    "predict": ("say what theory expects of machines", predict.add_predict, predict.run_predict),
    "verify": ("check whether logs obey causality", logs.add_verify, logs.run_verify),
    "grade": ("check the logs of many submissions", grade.add_grade, grade.run_grade),
    "keygen": ("make a key for the machines of a run", keygen.add_keygen, keygen.run_keygen),
    "schema": ("print the JSON Schema of what --json prints", schema.add_schema, schema.run_schema),
    "completion": (
        "print what a shell needs to complete words of this command",
        completion.add_completion,
        completion.run_completion,
    ),
}
"""Of each: what it does, its options, and what carries it out."""


def make_parser() -> Parser:
    """Return what reads the command line, with the options of every command."""
    parser = Parser(prog="lamport", description="A laboratory for logical clocks.", epilog=examples(""))
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, (text, add_arguments, action) in COMMANDS.items():
        each = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=examples(name)
        )
        add_arguments(each)
        add_quiet(each)
        each.set_defaults(action=action, parser=each, whole=parser)
    return parser


@comforting
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after the command; those of this process if None.

    Returns
    -------
    int
        0: done, 1: a check failed, a machine could not run, or a file could not be read or written,
        2: bad arguments, 128 + n: ended early by signal n (Ctrl-C: 130), 141 and 74: done, but nobody reads
        the output, or it could not be written.
    """
    parser = make_parser()
    args = parse(parser, argv)
    if args.version:
        from lamport._lamport import __version__

        print(f"lamport {__version__}")
        return DONE
    if not hasattr(args, "action"):
        parser.print_help(sys.stderr)
        return MISUSED
    return guard(args.parser, args.action, args)
