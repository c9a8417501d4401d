"""The command ``lamport run``."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.options import add_parameters, given
from lamport._cli.print_run import print_run
from lamport._drive.key import AUTO, given_key

if TYPE_CHECKING:
    from lamport._drive.progress import Progress
    from lamport._runs.run import Run

__all__ = ["add_run", "run_run"]


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run."""
    add_parameters(parser, "run")
    add = parser.add_argument
    add("--no-key", action="store_true", help="connect in plain text: any program of this host can join")
    add("--repeat", type=int, default=1, metavar="N", help="number of runs; run k (from 0) uses seed S + k")
    add("--no-report", action="store_true", help="write no figure and no summary")
    add("--no-progress", action="store_true", help="show no progress bar")


def run_run(args: argparse.Namespace) -> int:
    """Do what ``lamport run`` says."""
    if args.repeat < 1:
        raise ValueError(f"--repeat {args.repeat}: give a whole number, 1 or more")
    if args.no_key and args.key != AUTO:
        raise ValueError(f"--no-key and --key-file {args.key} exclude each other: give one")
    runs = []
    for number in range(args.repeat):
        runs.append(_run_once(args, number))
        if runs[-1].interrupted or args.signals.is_caught:
            return INTERRUPTED
    if args.repeat > 1:
        _compare(runs)
    return DONE


def _run_once(args: argparse.Namespace, number: int) -> "Run":
    from lamport._drive.local import run_local

    with args.signals.noted():
        return _carry_out(run_local, args, number)


def _carry_out(run_local: Callable[..., "Run"], args: argparse.Namespace, number: int) -> "Run":
    parameters = given(args, "run")
    if args.log_dir is not None and args.repeat > 1:
        parameters["log_dir"] = Path(args.log_dir, f"run_{number + 1}")
    if args.seed is not None:
        parameters["seed"] = args.seed + number
    parameters["key"] = None if args.no_key else given_key(None if args.key == AUTO else args.key) or AUTO
    with _watched(args) as look:
        run = run_local(**parameters, progress=look)
    print_run(run, [] if args.no_report else run.report())
    return run


@contextmanager
def _watched(args: argparse.Namespace) -> Iterator["Progress"]:
    """Return what a run tells how far it is: there a signal ends it in order, as Ctrl-C does a call of it."""
    from lamport._drive.progress import watch

    shown: list[Progress] = []
    ended = False

    def look(elapsed: float, clocks: list[int], queues: list[int]) -> None:
        nonlocal ended
        if args.signals.is_caught and not ended:
            ended = True
            raise KeyboardInterrupt
        if not shown:
            bar = watch(False if args.no_progress else None, args.duration, len(clocks))
            shown.append(stack.enter_context(bar))
        shown[0](elapsed, clocks, queues)

    with ExitStack() as stack:
        yield look


def _compare(runs: "list[Run]") -> None:
    from lamport._runs.compare import compare

    table = compare({str(run.log_dir): run for run in runs})
    columns = ["final_clock", "mean_jump", "max_jump", "max_queue_len", "final_queue_len", "drift"]
    print(f"\nmean and standard deviation over {len(runs)} runs, by machine")
    by_machine = table.groupby("machine_id")[columns].agg(["mean", "std"])
    print(by_machine.to_string(float_format="{:.4g}".format))
