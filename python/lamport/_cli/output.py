"""What a command prints is a comfort: its work does not end because nobody reads it."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TextIO, TypeAlias, cast

__all__ = ["UNHEARD", "UNWRITTEN", "comforting"]

UNHEARD = 128 + signal.SIGPIPE
"""Done, but nobody reads the output any more, as after ``| head -1``."""
UNWRITTEN = 74
"""Done, but the output could not be written, as to a full disk."""

CommandLine: TypeAlias = Callable[[Sequence[str] | None], int]


def comforting(command: CommandLine) -> CommandLine:
    """Let a command line go on to its end whatever becomes of its output; its exit status tells of that."""

    @wraps(command)
    def go_on(argv: Sequence[str] | None = None) -> int:
        _fill()
        before = sys.stdout, sys.stderr
        out, error = Comfort(sys.stdout), Comfort(sys.stderr)
        # One that was closed is None, which `print` and argparse know.
        sys.stdout, sys.stderr = (cast("TextIO", each and new) for each, new in zip(before, (out, error)))
        try:
            return out.status(command(argv), error)
        except SystemExit as ended:
            if not ended.code:
                ended.code = out.status(0, error)
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


class Comfort:
    """A text stream that takes everything, also where nothing takes it further."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write what can be written."""
        stream = self._stream
        if stream is not None and self._lost is None:
            try:
                stream.write(text)
            except UnicodeEncodeError as error:
                self.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
            except (OSError, ValueError) as error:
                self._lose(stream, error)
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        """Write these one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what waits, if that is possible."""
        if self._stream is not None and self._lost is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._lose(self._stream, error)

    def status(self, status: int, told: "Comfort") -> int:
        """Return the exit status of a command that comes to this one, and tell why it is another."""
        self.flush()
        if status or self._lost is None:
            return status
        if self._lost.errno == errno.EPIPE:
            return UNHEARD
        told.write(f"lamport: all is done, but the output could not be written: {self._lost.strerror}\n")
        return UNWRITTEN

    def _lose(self, stream: TextIO, error: OSError | ValueError) -> None:
        closed = ValueError  # what a file that was closed raises
        self._lost = OSError(errno.EBADF, os.strerror(errno.EBADF)) if isinstance(error, closed) else error
        if stream is sys.__stdout__ or stream is sys.__stderr__:
            # What is left in the buffer goes nowhere: the interpreter would complain of it at exit.
            with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), stream.fileno())
            stream.flush()

    def __getattr__(self, name: str) -> Any:
        # Whether it is a terminal, how wide, of which encoding.
        return getattr(self._stream, name)
