"""The command ``lamport rerun``."""

import argparse

from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.options import add_changes, changed
from lamport._cli.print_run import print_run
from lamport._drive.key import given_key

__all__ = ["add_rerun", "run_rerun"]


def add_rerun(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run that runs again."""
    add = parser.add_argument
    add("run", metavar="RUN", help="the directory of a run, or its run.json")
    add("--time", choices=("real", "virtual"), help="over TCP, or in virtual time (default: as it ran)")
    add_changes(parser, ("run", "simulate"))
    add("--no-key", action="store_true", help="connect in plain text, even if the run did not")
    add("--no-report", action="store_true", help="write no figure and no summary")
    add("--no-progress", action="store_true", help="show no progress bar")


def run_rerun(args: argparse.Namespace) -> int:
    """Do what ``lamport rerun`` says."""
    from lamport._drive.rerun import rerun

    changes = changed(args)
    if args.no_key:
        if "key" in changes:
            raise ValueError(f"--no-key and --key-file {args.key} exclude each other: give one")
        changes["key"] = None
    elif "key" in changes:
        changes["key"] = given_key(changes["key"])
    run = rerun(args.run, time=args.time, progress=False if args.no_progress else None, **changes)
    records = changes.get("record", True)
    print_run(run, run.report() if records and not args.no_report else [])
    return INTERRUPTED if run.interrupted else DONE
