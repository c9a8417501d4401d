"""The process of a command that runs an agent on another host."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

__all__ = ["Client"]

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
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def kill(self) -> None:
        """Kill the process and what it started here."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        # What it started here may hold the pipes open, if it is gone itself.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST)
