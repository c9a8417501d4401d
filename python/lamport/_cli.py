"""The command ``lamport``."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport import _cli_virtual, analyze, machine
from lamport._key import add_key_file, add_keygen, given_key, run_keygen
from lamport._options import add_faults, add_latency, add_model
from lamport._warning import plain_warnings

if TYPE_CHECKING:
    from lamport._run import Run

__all__ = ["guard", "main", "show"]

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

SHOWN = ("clock_rate", "ticks", "final_clock", "mean_jump", "max_jump", "max_queue_len", "queue_growth")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after the command; those of this process if None.

    Returns
    -------
    int
        0: done, 1: a check failed or a machine could not run, 2: bad arguments, 130: interrupted.
    """
    parser = argparse.ArgumentParser(prog="lamport", description="A laboratory for logical clocks.")
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND")
    _command(commands, "run", "run machines on this host and analyse them", _add_run, _run)
    each = _command(commands, "machine", "run one machine, a process of its own", machine.add_arguments, None)
    each.set_defaults(action=lambda args: machine.run(each, args))
    virtual = _cli_virtual
    text = "run machines in virtual time"
    _command(commands, "simulate", text, virtual.add_simulate, virtual.run_simulate)
    text = "simulate many runs of a grid of parameters"
    _command(commands, "sweep", text, virtual.add_sweep, virtual.run_sweep)
    _command(commands, "analyze", "write figure and summary of logs", analyze.add_arguments, analyze.run)
    _command(commands, "export", "write logs to one file", _add_export, _export)
    _command(commands, "verify", "check whether logs obey causality", _add_verify, _verify)
    _command(commands, "keygen", "make a key for the machines of a run", add_keygen, run_keygen)
    args = parser.parse_args(argv)
    if args.version:
        from lamport._lamport import __version__

        print(f"lamport {__version__}")
        return DONE
    if not hasattr(args, "action"):
        parser.print_help(sys.stderr)
        return MISUSED
    return guard(args.parser, args.action, args)


def guard(parser: argparse.ArgumentParser, action: Callable[[Any], int], args: argparse.Namespace) -> int:
    """Do what a command does. Errors become a line on stderr and an exit status."""
    from lamport._lamport import LamportError

    try:
        with plain_warnings():
            return action(args)
    except (LamportError, OSError, ImportError) as error:
        status = FAILED
        message = str(error)
    except ValueError as error:
        status, message = MISUSED, str(error)
    except KeyboardInterrupt:
        status, message = INTERRUPTED, "interrupted"
    print(f"{parser.prog}: error: {message}", file=sys.stderr)
    return status


def show(run: "Run", paths: Iterable[Path] = ()) -> None:
    """Print the table of a run and the paths of what was written."""
    import pandas as pd

    with pd.option_context("display.width", None, "display.max_columns", None, "display.max_rows", None):
        print(run.machines[list(SHOWN)].to_string(float_format="{:.4g}".format))
    print(f"drift {run.drift}")
    for note in run.notes:
        print(f"note: {note}")
    if run.log_dir is not None:
        print(f"logs: {run.log_dir}")
    for path in paths:
        print(f"wrote {path}")


def _command(
    commands: Any,
    name: str,
    text: str,
    add_arguments: Callable[[argparse.ArgumentParser], None],
    action: Callable[[argparse.Namespace], int] | None,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=f"{text.capitalize()}."
    )
    add_arguments(parser)
    parser.set_defaults(action=action, parser=parser)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add_latency(parser, 0)
    add_faults(parser)
    add = parser.add_argument
    add("--seed", type=int, metavar="S", help="seed of all draws (default: drawn)")
    add(
        "--base-port",
        type=int,
        default=0,
        metavar="P",
        help="machine i listens on P + i - 1 (default: free ports)",
    )
    add("--processes", action="store_true", help="one process a machine, in place of one thread")
    add("--log-dir", "--logs_dir", metavar="DIR", help="where the logs go (default: logs/run_<time>)")
    add("--wait", type=float, default=10, metavar="S", help="seconds to wait for all connections (10)")
    add_key_file(parser)
    add("--repeat", type=int, default=1, metavar="N", help="so many runs, run k (from 0) with seed S + k")
    add("--no-report", action="store_true", help="write no figure and no summary")
    add("--no-progress", action="store_true", help="show no progress bar")


def _run(args: argparse.Namespace) -> int:
    if args.repeat < 1:
        raise ValueError(f"--repeat {args.repeat}: give a whole number, 1 or more")
    runs = []
    for number in range(args.repeat):
        runs.append(_run_once(args, number))
        if runs[-1].interrupted:
            return INTERRUPTED
    if args.repeat > 1:
        _compare(runs)
    return DONE


REAL = ("topology", "latency", "faults", "base_port", "processes", "wait")


def _run_once(args: argparse.Namespace, number: int) -> "Run":
    from lamport._local import run_local

    names = ("machines", "duration", "rates", "max_rate", "internal_probability", "broadcast_share")
    options = {name: getattr(args, name) for name in (*names, *REAL)}
    log_dir = args.log_dir
    if log_dir is not None and args.repeat > 1:
        log_dir = Path(log_dir, f"run_{number + 1}")
    run = run_local(
        **options,
        seed=None if args.seed is None else args.seed + number,
        log_dir=log_dir,
        key=given_key(args.key_file),
        progress=False if args.no_progress else None,
    )
    show(run, [] if args.no_report else run.report())
    return run


def _compare(runs: "list[Run]") -> None:
    from lamport._compare import compare

    table = compare({str(run.log_dir): run for run in runs})
    columns = ["final_clock", "mean_jump", "max_jump", "max_queue_len", "final_queue_len", "drift"]
    print(f"\nmean and standard deviation over {len(runs)} runs, by machine")
    by_machine = table.groupby("machine_id")[columns].agg(["mean", "std"])
    print(by_machine.to_string(float_format="{:.4g}".format))


def _add_export(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("logs", nargs="+", metavar="LOG", help="log file, glob, or directory of a run")
    add("-o", "--output", required=True, metavar="FILE", help="the file to write; replaced if it exists")
    add(
        "--format",
        choices=("jsonl", "csv", "parquet", "shiviz", "tsviz"),
        help="default: as the ending of FILE tells; shiviz and tsviz are viewers of vector clocks",
    )
    add("--start", type=float, metavar="S", help="leave out what is before, in seconds from the start")
    add("--stop", type=float, metavar="S", help="leave out this time and what is after")


def _export(args: argparse.Namespace) -> int:
    from lamport._load import load

    path = load(args.logs).export(args.output, format=args.format, start=args.start, stop=args.stop)
    print(f"wrote {path}")
    return DONE


def _add_verify(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("logs", nargs="+", metavar="LOG", help="log file, glob, or directory of a run")
    add("--clock-uncertainty", type=float, metavar="S", help="how far the clocks of two hosts may differ")


def _verify(args: argparse.Namespace) -> int:
    from lamport._lamport import LamportError
    from lamport._verify import verify

    try:
        done = verify(args.logs, clock_uncertainty=args.clock_uncertainty)
    except (LamportError, OSError) as error:
        print(f"{args.parser.prog}: cannot read: {error}", file=sys.stderr)
        return MISUSED
    print(done)
    return DONE if done.ok else FAILED
