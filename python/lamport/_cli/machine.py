"""The command ``lamport machine``: one machine as one process."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.exit_status import DONE, guard
from lamport._cli.options import DISCONNECT, add_behavior, add_faults, add_key_file, add_latency
from lamport._drive.key import given_key

if TYPE_CHECKING:
    from lamport._lamport import Machine

__all__ = ["add_machine", "main", "run_machine"]

STEP = 0.05
SHORTEST = 0.001
"""Seconds of ticking of a machine that comes back too late to tick."""
STATUS_EVERY = 5
"""Steps between two lines of status to a parent process."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one machine to its end.

    Returns
    -------
    int
        0: done, 1: the machine could not run, 2: bad arguments, 128 + n: ended early by signal n
        (Ctrl-C: 130), with a complete log.
    """
    parser = argparse.ArgumentParser(prog="python -m lamport.machine", description=DESCRIPTION)
    add_machine(parser)
    return guard(parser, run_machine, parser.parse_args(argv))


DESCRIPTION = "Run one machine: it listens, connects to its peers, ticks, and logs every event."


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Add the options of a machine."""
    add = parser.add_argument
    add(
        "--id",
        type=int,
        required=True,
        metavar="N",
        help="number of this machine, different from those of its peers",
    )
    add("--host", metavar="HOST", help="address to listen on (default: loopback if all peers are, else all)")
    add("--port", type=int, default=0, help="port to listen on (default: a free one)")
    add("--peers", default="", metavar="HOST:PORT,...", help="machines to send to; an IPv6 host in brackets")
    add("--log", metavar="FILE", help="log file (default: logs/run_<time>/machine_<id>.log)")
    add(
        "--duration",
        "--run-time",
        "--run_time",
        type=float,
        default=60,
        metavar="S",
        help="seconds of ticking (60)",
    )
    add("--rate", type=float, metavar="R", help="ticks per second (default: drawn from 1..max-rate)")
    add_behavior(parser)
    add_latency(parser, 0)
    add_faults(parser, DISCONNECT)
    add("--seed", type=int, metavar="S", help="seed of all draws (default: drawn)")
    add("--run-id", default="lab", metavar="ID", help="machines connect only within one run id (lab)")
    add(
        "--wait",
        type=float,
        default=10,
        metavar="S",
        help="seconds to wait for all peers before ticking (10)",
    )
    add(
        "--allow",
        action="append",
        default=[],
        metavar="ADDR|CIDR",
        help="additional addresses or networks allowed to connect (repeatable, comma-separated)",
    )
    add_key_file(parser)
    add("--resume", action="store_true", help="go on where the log of a crashed machine stops (needs --log)")
    add("--overwrite", action="store_true", help="replace an existing log file")
    add("--no-precise", action="store_true", help="do not spin over the last stretch before a tick")
    add("--listen-fd", type=int, help=argparse.SUPPRESS)
    # When ticking began, on the clock that all processes of a host share: the duration counts from there.
    add("--began", type=float, help=argparse.SUPPRESS)
    add("--status-fd", type=int, help=argparse.SUPPRESS)


def run_machine(args: argparse.Namespace) -> int:
    """Run the machine that the arguments describe. Returns the exit status."""
    with _signals() as caught:
        machine = _machine(args)
        print(
            f"machine {args.id} listens on port {machine.listen_port}, logs to {machine.log_filename}",
            flush=True,
        )
        if args.status_fd is None and _is_struck(args):
            _warn(
                f"machine {args.id}: of --faults it takes those of its links; "
                "its crashes and pauses are left to whoever started this process"
            )
        _drive(machine, _status(args.status_fd), caught)
        print(f"machine {args.id}: {machine.ticks} ticks, clock {machine.local_clock}", flush=True)
    return 128 + caught[0] if caught else DONE


def _machine(args: argparse.Namespace) -> "Machine":
    from lamport._lamport import Machine, parse_addresses

    peers = parse_addresses(args.peers)
    with _log(args) as log:
        elapsed = 0.0 if args.began is None else time.monotonic() - args.began
        rest = args.duration if args.began is None else max(args.duration - elapsed, SHORTEST)
        return Machine(args.id, args.port, peers, log, rest, elapsed=elapsed, **_options(args))


@contextmanager
def _log(args: argparse.Namespace) -> Iterator[Path]:
    """Return the path of the log, in a directory that exists. One made in vain is taken away."""
    if args.log is not None:
        log = Path(args.log)
        log.parent.mkdir(parents=True, exist_ok=True)
        yield log
        return
    if args.resume:
        raise ValueError("--resume needs --log FILE: the log to go on with")
    from lamport._runs.directory import make_directory

    directory = make_directory()
    try:
        yield directory / f"machine_{args.id}.log"
    except BaseException:
        if not any(directory.iterdir()):
            directory.rmdir()
        raise


def _options(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "clock_rate": args.rate,
        "max_rate": args.max_rate,
        "internal_probability": args.internal_probability,
        "broadcast_share": args.broadcast_share,
        "seed": args.seed,
        "host": args.host,
        "run_id": args.run_id,
        "wait": args.wait,
        "allow": [address.strip() for entry in args.allow for address in entry.split(",")],
        "resume": args.resume,
        "overwrite": args.overwrite,
        "precise": not args.no_precise,
        "latency": _native(args.latency),
        "key": given_key(args.key_file),
        "faults": _text(args.faults),
        "listen_fd": args.listen_fd,
    }


def _native(latency: Any) -> tuple[str, list[float]] | None:
    if not latency:
        return None
    from lamport._model.latency import to_native

    return to_native(latency)


def _text(faults: Any) -> str | None:
    if not faults:
        return None
    from lamport._model.fault import faults_text

    return faults_text(faults)


def _is_struck(args: argparse.Namespace) -> bool:
    """Say whether the faults crash or pause this very machine."""
    if not args.faults:
        return False
    from lamport._model.fault import Crash, Pause

    return any(isinstance(fault, Crash | Pause) and fault.machine == args.id for fault in args.faults)


def _warn(message: str) -> None:
    print(f"lamport: {message}", file=sys.stderr, flush=True)


def _drive(machine: "Machine", status: Callable[["Machine"], bool], caught: list[int]) -> None:
    """Run to the end, or to a signal, or until the parent is gone."""
    alive, stopping, steps = status(machine), False, 0
    machine.start()
    while True:
        done = machine.join(STEP)
        for message in machine.warnings():
            _warn(message)
        if done:
            status(machine)
            return
        steps += 1
        if steps % STATUS_EVERY == 0:
            alive = status(machine)
        if not stopping and (caught or not alive):
            stopping = True
            machine.stop()


def _status(fd: int | None) -> Callable[["Machine"], bool]:
    """Return what tells the parent process clock and queue length, and returns whether it still listens."""
    if fd is None:
        return lambda _: True
    os.set_blocking(fd, False)

    def tell(machine: "Machine") -> bool:
        try:
            os.write(fd, f"{machine.local_clock} {machine.queue_len}\n".encode())
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    return tell


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM; a second one raises KeyboardInterrupt."""
    caught: list[int] = []

    def handle(number: int, _frame: object) -> None:
        caught.append(number)
        if len(caught) > 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
