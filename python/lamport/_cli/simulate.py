"""The command ``lamport simulate``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._cli.algorithm import check_algorithm
from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.options import add_parameters, given
from lamport._cli.print_run import print_run
from lamport._cli.table_file import add_format, file_format, save_table
from lamport._cli.view import add_beside, check_beside, write_beside
from lamport._cli.words import WordedError

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["add_simulate", "run_simulate"]


def add_simulate(parser: argparse.ArgumentParser) -> None:
    """Add the options of a simulation."""
    add_parameters(parser, "simulate")
    add = parser.add_argument
    add("--no-report", action="store_true", help="write no figure and no summary beside the logs")
    add_beside(parser)
    add("-o", "--output", metavar="FILE", help="write a table; FILE is replaced if it exists")
    add("--table", choices=("events", "machines"), help="which (default: events; with --no-record machines)")
    add_format(parser)
    add("--no-progress", action="store_true", help="show no progress bar")


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
    if form is not None:
        paths.append(_write(run, table, Path(args.output), form))
    print_run(run, paths)
    return INTERRUPTED if run.interrupted else DONE


def _write(run: "Run", table: str, path: Path, form: str) -> Path:
    if table == "events":
        return run.export(path, format=form)
    save_table(run._machines.reset_index(), path, form)
    return path
