"""What a command prints is a comfort: its work does not end because nobody reads it."""

import errno
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TextIO, cast

from lamport._model.comfort import Comfort

__all__ = ["UNHEARD", "UNWRITTEN", "comforting"]

UNHEARD = 128 + signal.SIGPIPE
"""Done, but nobody reads the output any more, as after ``| head -1``."""
UNWRITTEN = 74
"""Done, but the output could not be written, as to a full disk."""

P = ParamSpec("P")


def comforting(command: Callable[P, int]) -> Callable[P, int]:
    """Let a command line go on to its end whatever becomes of its output; its exit status tells of that."""

    @wraps(command)
    def go_on(*args: P.args, **more: P.kwargs) -> int:
        _fill()
        before = sys.stdout, sys.stderr
        out, error = _Own(sys.stdout), _Own(sys.stderr)
        # One that was closed is None, which `print` and argparse know.
        sys.stdout = cast("TextIO", sys.stdout and out)
        sys.stderr = cast("TextIO", sys.stderr and error)
        try:
            return _status(command(*args, **more), out, error)
        except SystemExit as ended:
            if not ended.code:
                ended.code = _status(0, out, error)
            raise
        finally:
            out.flush()
            error.flush()
            sys.stdout, sys.stderr = before

    return go_on


def _fill() -> None:
    """Open what is closed of the descriptors 0 to 2, lest a log or a socket becomes one of them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _status(status: int, out: Comfort, error: Comfort) -> int:
    """Return the exit status of a command that comes to this one by itself, and tell why it is another."""
    out.flush()
    if status or out.lost is None:
        return status
    if out.lost.errno == errno.EPIPE:
        return UNHEARD
    error.write(f"lamport: all is done, but the output could not be written: {out.lost.strerror}\n")
    return UNWRITTEN


class _Own(Comfort):
    """The output of this process."""

    def lose(self, error: OSError | ValueError) -> None:
        super().lose(error)
        stream = self.stream
        is_own = stream is sys.__stdout__ or stream is sys.__stderr__
        if is_own and stream is not None and not stream.closed:
            # What is left in the buffer goes nowhere: the interpreter would complain of it at exit.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            stream.flush()
