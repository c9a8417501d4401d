"""Processes of machines that are copies of the agent: they need not load again what it has loaded."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

from lamport._drive.machine_process import Spawn, Started, execute

__all__ = ["Forked", "forking"]

PREFIX = 3
"""Words of a command that name the interpreter and the module."""
FAILED = 1
OWN_HANDLERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK = 0.001


def forking(main: Callable[[Sequence[str]], int]) -> Spawn:
    """Return what starts the processes of machines.

    Parameters
    ----------
    main : callable
        What ``python -m lamport.machine`` does with its words.
    """

    def spawn(command: Sequence[str], environment: Mapping[str, str], handed: Sequence[int]) -> "Forked":
        reading, writing = os.pipe()
        # What is there now is never collected there: its descriptors may be others' there.
        gc.freeze()
        process = os.fork()
        if process == 0:
            _be(command[PREFIX:], environment, writing, handed, main)
        os.close(writing)
        return Forked(process, os.fdopen(reading, "rb", buffering=0))

    def choose(command: Sequence[str], environment: Mapping[str, str], handed: Sequence[int]) -> Started:
        # A copy has its locks as they are, but only one thread. Elsewhere libraries of the system have some.
        is_alone = sys.platform == "linux" and threading.active_count() == 1
        return (spawn if is_alone else execute)(command, environment, handed)

    return choose


class Forked:
    """A process that is a copy of this one, as `subprocess.Popen` has those of programs.

    Parameters
    ----------
    pid : int
        Its number.
    stderr : binary file
        Where its errors can be read.
    """

    def __init__(self, pid: int, stderr: IO[bytes]) -> None:
        self.pid, self.stderr = pid, stderr
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, if it has; negative: by which signal."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return what `poll` does.

        Raises
        ------
        subprocess.TimeoutExpired
            It does not end in time.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(LOOK)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _be(
    words: Sequence[str],
    environment: Mapping[str, str],
    errors: int,
    handed: Sequence[int],
    main: Callable[[Sequence[str]], int],
) -> NoReturn:
    """Be a machine, in a process that has just begun, and nothing else: nobody returns from here."""
    status = FAILED
    try:
        for number in OWN_HANDLERS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd, place in ((nothing, 0), (nothing, 1), (errors, 2)):
            os.dup2(fd, place)
        _close_all_but({0, 1, 2, *handed})
        # Whatever these were.
        sys.stdout, sys.stderr = (
            os.fdopen(fd, "w", errors="backslashreplace", closefd=False) for fd in (1, 2)
        )
        os.environ.clear()
        os.environ.update(environment)
        Path("/proc/self/comm").write_text("lamport-machine")
        status = main(words)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else FAILED
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)


def _close_all_but(kept: set[int]) -> None:
    """Close what is the agent's: whoever waits for the end of a pipe is not to wait for this process."""
    # That of the list is closed before the others.
    for fd in [int(place.name) for place in Path("/proc/self/fd").iterdir()]:
        if fd not in kept:
            with suppress(OSError):
                os.close(fd)
