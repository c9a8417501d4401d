"""The command ``lamport rerun``."""

import argparse
import re
from typing import TYPE_CHECKING, Any

from lamport._cli.algorithm import check_algorithm
from lamport._cli.document import add_json
from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.options import add_changes, changed
from lamport._cli.show_run import show_run
from lamport._cli.view import add_beside, check_beside, write_beside
from lamport._cli.watched import watched
from lamport._cli.words import WordedError
from lamport._drive.key import given_key
from lamport._model.setting import SETTING

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["add_rerun", "run_rerun"]

NOT_OF = re.compile(r"'(\w+)' is not a parameter of (run_local|run_hosts|simulate)")
KINDS = {"run_local": "real", "run_hosts": "real", "simulate": "virtual"}


def add_rerun(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run that runs again."""
    add = parser.add_argument
    add("run", metavar="RUN", help="the directory of a run, or its run.json")
    add("--time", choices=("real", "virtual"), help="over TCP, or in virtual time (default: as it ran)")
    add_changes(parser, ("run", "simulate"))
    add("--hosts", metavar="FILE", help="run on the hosts of FILE, see lamport run (default: on this one)")
    add("--no-key", action="store_true", help="connect in plain text, even if the run did not")
    add("--no-report", action="store_true", help="write no figure and no summary")
    add_beside(parser)
    add("--no-progress", action="store_true", help="show no progress bar")
    add_json(parser)


def run_rerun(args: argparse.Namespace) -> int:
    """Do what ``lamport rerun`` says."""
    from lamport._drive.rerun import carry_out, plan

    if args.view and not getattr(args, "record", True):
        raise WordedError("--view: with --no-record there are no events to look at")
    check_beside(args, getattr(args, "log_dir", None))
    changes = _changes(args)
    own = changes.pop("arguments", {})
    try:
        planned = plan(args.run, args.time, getattr(args, "log_dir", None), changes)
    except ValueError as error:
        if found := NOT_OF.match(str(error)):
            flag, kind = SETTING[found[1]].options, KINDS[found[2]]
            raise WordedError(
                f"{next(iter(flag.values())).flags[0]} is not for a run in {kind} time"
            ) from None
        raise
    if own:  # the others stay as they were
        planned.arguments["arguments"] = {**(planned.arguments.get("arguments") or {}), **own}
    check_algorithm(planned.arguments, args.parser)
    bar = False if args.no_progress else None
    if planned.function == "simulate":
        run = carry_out(planned, bar)
        _show(run, args)
    else:
        with args.signals.noted():
            with watched(args.signals, planned.arguments["duration"], bar=bar) as look:
                run = carry_out(planned, look)
            _show(run, args)
    return INTERRUPTED if run.interrupted or args.signals.is_caught else DONE


def _changes(args: argparse.Namespace) -> dict[str, Any]:
    """Return what is to be other than it was."""
    changes = changed(args)
    changes.pop("log_dir", None)
    if args.hosts is not None:
        from lamport._hosts.hosts_file import read_hosts_file

        changes |= read_hosts_file(args.hosts)
    if args.no_key:
        if "key" in changes:
            raise ValueError(f"--no-key and --key-file {args.key} exclude each other: give one")
        changes["key"] = None
    elif "key" in changes:
        changes["key"] = given_key(changes["key"])
    return changes


def _show(run: "Run", args: argparse.Namespace) -> None:
    report = run.report() if getattr(args, "record", True) and not args.no_report else []
    show_run(args, run, [*report, *write_beside(run, args)])
