"""The process of a command that runs an agent on another host."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress

__all__ = ["Client"]

STEP = 0.005
"""Seconds between two looks at whether it has ended."""
LAST = 5.0
"""Seconds that a process has to be gone after it was killed."""


class Client:
    """An end of a line, see `End`: a process in a session of its own.

    Ctrl-C at this terminal does not reach it: it has to carry the orderly end.

    Raises
    ------
    OSError
        There is no such program here.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._process = process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        pipes = (process.stdin, process.stdout, process.stderr)
        # The line closes them, and nobody else.
        self.writing, self.reading, self.printed = (os.dup(pipe.fileno()) for pipe in pipes)
        for pipe in pipes:
            pipe.close()

    def status(self, seconds: float) -> int | None:
        """Return how the process ended, once it has, waiting so long; negative: by which signal."""
        until = time.monotonic() + seconds
        while self._process.returncode is None and not self._has_ended():
            if time.monotonic() >= until:
                return None
            time.sleep(STEP)
        self._end_group()
        return self._process.wait()

    def kill(self) -> None:
        """Kill the process and what it started here."""
        self._end_group()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST)

    def _has_ended(self) -> bool:
        """Whether it has, and leave it there: until it is waited for its number is its group's alone."""
        if not hasattr(os, "waitid"):  # not in each Python of macOS: what it started there is left alone
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def _end_group(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
