"""The command ``lamport machine``: one machine as one process."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._cli.examples import examples
from lamport._cli.exit_status import DONE
from lamport._cli.follow import add_live, shown_live
from lamport._cli.guard import guard
from lamport._cli.near import near
from lamport._cli.options import add_parameters, given
from lamport._cli.output import comforting
from lamport._cli.parser import Parser
from lamport._cli.say import add_quiet
from lamport._cli.telling import Looks, status, telling_errors
from lamport._cli.words import parse
from lamport._drive.key import given_key

if TYPE_CHECKING:
    from lamport._drive.handed import Taken
    from lamport._drive.progress import Progress
    from lamport._lamport import Machine

__all__ = ["add_machine", "main", "run_machine"]

STEP = 0.05
SHORTEST = 0.001
"""Seconds of ticking of a machine that comes back too late to tick."""
FIRST_STEP = 0.01
"""The same until ticking has begun, from which faults count."""
STATUS_EVERY = 5
"""Steps between two lines of status to a parent process."""


@comforting
def main(argv: Sequence[str] | None = None) -> int:
    """Run one machine to its end.

    Returns
    -------
    int
        0: done, 1: the machine could not run, 2: bad arguments, 128 + n: ended early by signal n
        (Ctrl-C: 130), with a complete log.
    """
    parser = Parser(prog="python -m lamport.machine", description=DESCRIPTION, epilog=examples("machine"))
    add_machine(parser)
    add_quiet(parser)
    parser.set_defaults(parser=parser)
    return guard(parser, run_machine, parse(parser, argv))


ORPHANED = 3.0
"""Seconds that a handler has to return once the parent process is gone."""
DESCRIPTION = "Run one machine: it listens, connects to its peers, ticks, and logs every event."


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Add the options of a machine."""
    add_parameters(parser, "machine")
    add = parser.add_argument
    add_live(parser, is_port_needed=True)
    add("--no-progress", action="store_true", help="show no progress bar")
    add("--listen-fd", type=int, help=argparse.SUPPRESS)
    # The clock of the run, and when ticking began by it: the duration counts from there.
    add("--unix-origin", type=int, help=argparse.SUPPRESS)
    add("--began", type=float, help=argparse.SUPPRESS)
    # The ids that alone may send to it.
    add("--senders", type=_ids, help=argparse.SUPPRESS)
    # Where its algorithm comes from.
    add("--algorithm-fd", type=int, help=argparse.SUPPRESS)
    add("--status-fd", type=int, help=argparse.SUPPRESS)
    # Where it waits for machines of other hosts.
    add("--start-line-fd", type=int, help=argparse.SUPPRESS)


def run_machine(args: argparse.Namespace) -> int:
    """Run the machine that the arguments describe. Returns the exit status."""
    if args.status_fd is not None:
        from lamport._drive.orphan import go_on_when_orphaned

        go_on_when_orphaned()
    # Here a signal still ends it at once.
    reader = _wait_for_reader(args)
    handed = _handed(args)
    telling = nullcontext() if handed is None else telling_errors(args.status_fd)
    with args.signals.noted(), telling, shown_live(args, f"machine {args.machine_id}") as begin:
        try:
            machine = _machine(args, handed)
        finally:
            if reader is not None:
                os.close(reader)
        args.say(
            f"machine {machine.machine_id} listens on port {machine.listen_port}, "
            f"logs to {near(machine.log_filename)}, seed {machine.seed}"
        )
        begin(Path(machine.log_filename))
        if args.status_fd is None and _is_struck(args):
            _warn(
                args,
                f"machine {args.machine_id}: of --faults it takes those of its links; "
                "its crashes and pauses are left to whoever started this process",
            )
        if handed is not None:
            args.signals.pass_on(machine.interrupt)
        looks = Looks() if handed is not None and handed.until == "quiet" else None
        every = STATUS_EVERY if looks is None else 1
        with _bar(args) as show:
            _drive(machine, status(args.status_fd, looks), every, show, args)
        args.say(f"machine {args.machine_id}: {machine.ticks} ticks, clock {machine.local_clock}")
    return DONE


def _handed(args: argparse.Namespace) -> "Taken | None":
    """Take the algorithm that whoever started this process hands it, if one."""
    if args.algorithm_fd is None:
        return None
    from lamport._drive.handed import take

    return take(args.algorithm_fd)


def _wait_for_reader(args: argparse.Namespace) -> int | None:
    """Wait until somebody reads the log, if it is a pipe."""
    if args.log_filename is None or not args.overwrite:
        return None
    from lamport._lamport import wait_for_reader

    return wait_for_reader(args.log_filename)


def _machine(args: argparse.Namespace, handed: "Taken | None") -> "Machine":
    from lamport._lamport import Handover, Machine, parse_peers

    if args.resume and args.overwrite:
        raise ValueError("--resume and --overwrite exclude each other: one keeps the log, one replaces it")
    parameters = given(args, "machine")
    if args.algorithm is not None:
        # A machine is a process that starts fast.
        from lamport._cli.algorithm import check_algorithm

        check_algorithm(parameters, args.parser)
    parameters["peer_addresses"] = parse_peers(args.peer_addresses)
    parameters["allow"] = [address.strip() for entry in args.allow for address in entry.split(",")]
    parameters["key"] = given_key(args.key)
    parameters["moved"] = dict(_moved(pair) for entry in args.moved or () for pair in entry.split(","))
    with _log(args) as log:
        parameters["log_filename"] = log
        if args.began is not None:
            elapsed = (time.monotonic_ns() + args.unix_origin) / 1e9 - args.began
            parameters["run_seconds"] = max(args.duration - elapsed, SHORTEST)
        if args.listen_fd is not None:
            handover = (args.listen_fd, args.unix_origin, args.began, args.senders)
            run = None if handed is None else handed.run
            parameters["listen_port"] = Handover(*handover, run, args.start_line_fd)
        if handed is not None:
            parameters |= {"algorithm": handed.algorithm, "arguments": handed.arguments}
        return Machine(**parameters)


def _ids(text: str) -> list[int]:
    """Read ids, of which there may be none."""
    return [int(number) for number in text.split(",") if number]


def _moved(pair: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """Read where a peer was and where it is."""
    from lamport._lamport import parse_addresses

    old, _, new = pair.partition("=")
    if not (old.strip() and new.strip()):
        raise ValueError(f"--moved {pair}: the form is OLD=NEW, for example lab-1:5002=lab-7:5002")
    return parse_addresses(old)[0], parse_addresses(new)[0]


@contextmanager
def _log(args: argparse.Namespace) -> Iterator[Path]:
    """Return the path of the log, in a directory that exists. One made in vain is taken away."""
    if args.log_filename is not None:
        log = Path(args.log_filename)
        log.parent.mkdir(parents=True, exist_ok=True)
        yield log
        return
    if args.resume:
        raise ValueError("--resume needs --log FILE: the log to go on with")
    from lamport._runs.directory import make_directory

    parent = Path("logs")
    was_there = parent.exists()
    directory = make_directory(parent)
    try:
        yield directory / f"machine_{args.machine_id}.log"
    except BaseException:
        with suppress(OSError):
            directory.rmdir()
            if not was_there:
                parent.rmdir()
        raise


def _is_struck(args: argparse.Namespace) -> bool:
    """Say whether the faults crash or pause this very machine."""
    if not args.faults:
        return False
    from lamport._model.fault import Crash, Pause

    struck = (fault.machine_id for fault in args.faults if isinstance(fault, Crash | Pause))
    return args.machine_id in struck


def _warn(args: argparse.Namespace, message: str) -> None:
    if not args.say.is_quiet:
        print(f"lamport: {message}", file=sys.stderr, flush=True)


def _bar(args: argparse.Namespace) -> AbstractContextManager["Progress"]:
    from lamport._drive.progress import watch

    return watch(False if args.no_progress or args.status_fd is not None else None, args.duration, 1)


def _drive(
    machine: "Machine",
    status: Callable[["Machine"], bool],
    every: int,
    show: "Progress",
    args: argparse.Namespace,
) -> None:
    """Run to the end, or to a signal, or until the parent is gone, which is told every so many steps."""
    alive, stopping, interrupted, steps, told = status(machine), False, False, 0, False
    gone = None
    # Beside machines that take their time to connect, many that look often would only slow them down.
    step = FIRST_STEP if args.start_line_fd is None else STEP
    machine.start()
    while True:
        try:
            done = machine.join(STEP if told else step)
        except KeyboardInterrupt:
            # The first signal is only noted: this is another one, or what became of that.
            if interrupted or args.algorithm is None or not args.signals.is_caught:
                raise
            interrupted = True
            machine.interrupt()
            continue
        finally:
            # They say why it failed.
            for message in machine.warnings():
                _warn(args, message)
        show(machine.elapsed, [machine.local_clock], [machine.queue_len])
        if done:
            status(machine)
            return
        steps += 1
        if steps % every == 0 or (not told and machine.began is not None):
            alive, told = status(machine), machine.began is not None
        if not stopping and (args.signals.is_caught or not alive):
            stopping = True
            machine.stop()
        if not alive:
            gone = time.monotonic() if gone is None else gone
            interrupted |= _outlives(machine, time.monotonic() - gone, interrupted=interrupted)


def _outlives(machine: "Machine", seconds: float, *, interrupted: bool) -> bool:
    """End a machine whose parent is gone for so long, and whose handler does not return."""
    if seconds > 2 * ORPHANED:
        # As a crash would: its log stays whole.
        signal.raise_signal(signal.SIGKILL)
    if seconds > ORPHANED and not interrupted:
        machine.interrupt()
        return True
    return False
