"""The command ``lamport run``."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.algorithm import check_algorithm
from lamport._cli.document import add_json, tell
from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.follow import add_live, shown_live
from lamport._cli.options import add_parameters, given, reader
from lamport._cli.run_document import run_document
from lamport._cli.show_run import show_run
from lamport._cli.view import add_beside, check_beside, write_beside
from lamport._cli.watched import watched
from lamport._drive.key import AUTO, given_key
from lamport._model import read
from lamport._model.setting import SETTING

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["add_run", "run_run"]

MOST_RUNS = 10_000


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run."""
    add_parameters(parser, "run")
    add = parser.add_argument
    add(
        "--hosts",
        metavar="FILE",
        help='run on the hosts of FILE, in TOML: [[hosts]] each with where = "user@a" or a list of words, '
        "and if need be address, listen, ports, python, machines",
    )
    add("--no-key", action="store_true", help="connect in plain text: any program of this host can join")
    add(
        "--repeat",
        type=reader(read.whole),
        default=1,
        metavar="N",
        help="number of runs, and a report that compares them: run k (from 0) has seed S + k, all have the "
        "rates of the first",
    )
    add("--redraw", action="store_true", help="with --repeat, draw new rates for each run")
    add("--no-report", action="store_true", help="write no figure and no summary")
    add_beside(parser)
    add_live(parser, is_port_needed=False)
    add("--no-progress", action="store_true", help="show no progress bar")
    add_json(parser)


@contextmanager
def _live_directory(args: argparse.Namespace, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Show a run live, if asked, in a directory that is made before: one that stays empty is taken away."""
    if args.live is None:
        with shown_live(args, ""):
            yield parameters
        return
    from lamport._runs.directory import make_directory

    given = parameters["log_dir"]
    home = make_directory() if given is None else Path(given)
    is_new = given is None or not home.exists()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with shown_live(args, home.absolute().name) as show:
            show(home)
            yield parameters | {"log_dir": str(home)}
    finally:
        if is_new:
            with suppress(OSError):
                home.rmdir()


def _runner(args: argparse.Namespace) -> "Callable[..., Run]":
    """Return what runs machines: here, or on hosts."""
    if args.hosts is None:
        from lamport._drive.local import run_local

        return run_local
    from lamport._hosts.run_hosts import run_hosts

    return run_hosts


def _on_hosts(args: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters of a run on the hosts of a file."""
    if args.live is not None:
        raise ValueError("--live goes without --hosts: there the logs are on the hosts until the end")
    parameters = given(args, "run")
    for name in ("processes", "base_port"):
        if parameters.pop(name):
            flag = SETTING[name].options["run"].flags[0]
            why = "machines are processes there" if name == "processes" else "ports = ... in FILE says which"
            raise ValueError(f"{flag} goes without --hosts: {why}")
    from lamport._hosts.hosts_file import read_hosts_file

    return parameters | read_hosts_file(args.hosts)


def run_run(args: argparse.Namespace) -> int:
    """Do what ``lamport run`` says."""
    if not 1 <= args.repeat <= MOST_RUNS:
        raise ValueError(f"--repeat {args.repeat}: give a whole number, 1 to {MOST_RUNS:,}")
    if args.redraw and args.repeat == 1:
        raise ValueError("--redraw goes with --repeat N: one run draws its rates once")
    if args.no_key and args.key != AUTO:
        raise ValueError(f"--no-key and --key-file {args.key} exclude each other: give one")
    if args.live is not None and args.repeat > 1:
        raise ValueError("--live shows one run, not --repeat N of them")
    parameters = given(args, "run") if args.hosts is None else _on_hosts(args)
    check_algorithm(parameters, args.parser)
    if args.repeat == 1:  # of several runs each has a new directory
        check_beside(args, parameters["log_dir"])
    parameters["key"] = None if args.no_key else given_key(None if args.key == AUTO else args.key) or AUTO

    documents: list[dict[str, Any]] = []

    def run_once(more: Mapping[str, Any]) -> "Run":
        run_on: Callable[..., Run] = _runner(args)
        with args.signals.noted():
            bar = False if args.no_progress else None
            with (
                _live_directory(args, parameters | dict(more)) as placed,
                watched(args.signals, args.duration, bar=bar) as look,
            ):
                run = run_on(**placed, progress=look)
            report = [] if args.no_report else run.report()
            paths = [*report, *write_beside(run, args)]
            if args.repeat == 1 or not args.json:
                show_run(args, run, paths)
            else:
                documents.append(run_document(run, paths))
        return run

    if args.repeat == 1:
        interrupted = run_once({}).interrupted
    else:
        from lamport._cli.repeat import run_repeatedly

        runs, comparison = run_repeatedly(parameters, args.repeat, run_once, args)
        interrupted = runs[-1].interrupted or len(runs) < args.repeat
        if args.json:
            more = {"interrupted": interrupted, "runs": documents, "comparison": comparison}
            tell(args, "runs", more)
    return INTERRUPTED if interrupted or args.signals.is_caught else DONE
