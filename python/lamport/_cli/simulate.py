"""The command ``lamport simulate``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.options import MODEL, add_faults, add_latency, add_model
from lamport._cli.print_run import print_run
from lamport._cli.table_file import add_format, file_format, save_table

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["add_simulate", "run_simulate"]


def add_simulate(parser: argparse.ArgumentParser) -> None:
    """Add the options of a simulation."""
    add_model(parser)
    add_latency(parser, 0.0005)
    add_faults(parser)
    add = parser.add_argument
    add("--seed", type=int, metavar="S", help="seed of all draws (default: drawn)")
    add("--log-dir", "--logs_dir", metavar="DIR", help="write logs, figure and summary there (default: none)")
    add("--no-record", action="store_true", help="keep no events, only the table of machines")
    add("--no-report", action="store_true", help="write no figure and no summary beside the logs")
    add("-o", "--output", metavar="FILE", help="write a table; FILE is replaced if it exists")
    add("--table", choices=("events", "machines"), help="which (default: events; with --no-record machines)")
    add_format(parser)
    add("--no-progress", action="store_true", help="show no progress bar")


def run_simulate(args: argparse.Namespace) -> int:
    """Do what ``lamport simulate`` says."""
    from lamport._drive.simulate import simulate

    form = None if args.output is None else file_format(args)
    table = args.table or ("machines" if args.no_record else "events")
    if args.output is not None and table == "events" and args.no_record:
        raise ValueError("--table events: with --no-record there are none")
    run = simulate(
        **{name: getattr(args, name) for name in MODEL},
        seed=args.seed,
        log_dir=args.log_dir,
        record=not args.no_record,
        progress=False if args.no_progress else None,
    )
    paths = [] if args.log_dir is None or args.no_report or args.no_record else run.report()
    if form is not None:
        paths.append(_write(run, table, Path(args.output), form))
    print_run(run, paths)
    return INTERRUPTED if run.interrupted else DONE


def _write(run: "Run", table: str, path: Path, form: str) -> Path:
    if table == "events":
        return run.export(path, format=form)
    save_table(run._machines.reset_index(), path, form)
    return path
