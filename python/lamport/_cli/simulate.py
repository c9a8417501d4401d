"""The command ``lamport simulate``."""

import argparse

from lamport._cli.algorithm import check_algorithm
from lamport._cli.document import add_json
from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.options import add_parameters, given
from lamport._cli.show_run import show_run
from lamport._cli.standard_output import TO_STANDARD, is_standard, placed
from lamport._cli.table_file import add_format, file_format, write_table
from lamport._cli.view import add_beside, check_beside, write_beside
from lamport._cli.words import WordedError

__all__ = ["add_simulate", "run_simulate"]


def add_simulate(parser: argparse.ArgumentParser) -> None:
    """Add the options of a simulation."""
    add_parameters(parser, "simulate")
    add = parser.add_argument
    add("--no-report", action="store_true", help="write no figure and no summary beside the logs")
    add_beside(parser)
    add("-o", "--output", metavar="FILE", help=f"write a table; FILE is replaced if it exists; {TO_STANDARD}")
    add("--table", choices=("events", "machines"), help="which (default: events; with --no-record machines)")
    add_format(parser)
    add("--no-progress", action="store_true", help="show no progress bar")
    add_json(parser)


def run_simulate(args: argparse.Namespace) -> int:
    """Do what ``lamport simulate`` says."""
    from lamport._drive.simulate import simulate

    form = file_format(args)
    if args.table is not None and form is None:
        raise ValueError(f"--table {args.table} goes with --output FILE")
    table = args.table or ("events" if args.record else "machines")
    if args.output is not None and table == "events" and not args.record:
        raise ValueError("--table events: with --no-record there are none")
    if args.view and (args.log_dir is None or not args.record):
        raise WordedError("--view goes with --log-dir and without --no-record: it writes beside the logs")
    check_beside(args, args.log_dir)
    parameters = given(args, "simulate")
    check_algorithm(parameters, args.parser)
    run = simulate(**parameters, progress=False if args.no_progress else None)
    paths = [] if args.log_dir is None or args.no_report or not args.record else run.report()
    paths += write_beside(run, args)
    if table == "machines":
        paths += write_table(args, run._machines.reset_index(), form)
    elif form is not None:
        with placed(args, form) as path:
            run.export(path, format=form)
        paths += [] if is_standard(args) else [path]
    show_run(args, run, paths)
    return INTERRUPTED if run.interrupted else DONE
