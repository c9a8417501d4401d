"""The line to the agent of a host: orders go out, what it says comes in, noise stays aside."""

import json
import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from lamport._drive.spoken import ALIVE, SIGN, order

__all__ = ["End", "Line"]

READ = 1 << 20
KEPT = 8192
"""Bytes of noise, and of what was printed beside, that are kept to be shown."""
LONGEST = 1 << 24
"""Bytes of a line, beyond which whatever says it is no agent."""
LAST_READS = 64
SIGNED = SIGN.encode()


class End(Protocol):
    """What carries bytes to an agent and back: the process of a command, or an actor.

    Attributes
    ----------
    writing, reading, printed : int
        File descriptors: the agent's standard input, output and error.
    """

    writing: int
    reading: int
    printed: int

    def status(self, seconds: float) -> int | None:
        """Return how it ended, once it has, waiting so long; negative: by which signal."""

    def kill(self) -> None:
        """End it, at once, and what it started here."""


class Line:
    """The line to an agent, watched by a selector.

    Attributes
    ----------
    heard : float
        When something was last heard, by the monotonic clock.
    is_open : bool
        Whether more may come.
    has_said : bool
        Whether there was a first line of an agent.
    broken : str
        What makes this no agent's line, if anything does.
    """

    def __init__(self, end: End, selector: selectors.BaseSelector) -> None:
        self.end = end
        self.heard = time.monotonic()
        self.is_open, self.has_said, self.broken = True, False, ""
        self._selector = selector
        self._frames: deque[dict[str, Any]] = deque()
        self._rest = bytearray()
        self._noise = bytearray()
        self._printed = bytearray()
        self._out = bytearray()
        self._is_waiting = self._is_ended = False
        self._told = time.monotonic()
        for fd in (end.writing, end.reading, end.printed):
            os.set_blocking(fd, False)
        self._watched: dict[int, Callable[[], bool]] = {}
        self._watch(end.reading, self._take)
        self._watch(end.printed, lambda data: _keep(self._printed, data))

    def take(self) -> dict[str, Any] | None:
        """Take the next thing that the agent has said, if there is one."""
        return self._frames.popleft() if self._frames else None

    @property
    def noise(self) -> str:
        """What came before the first line of an agent."""
        # A question that nobody answers has no end of a line.
        rest = b"" if self.has_said else bytes(self._rest[-KEPT:])
        return (self._noise + rest)[-KEPT:].decode(errors="replace").strip()

    @property
    def printed(self) -> str:
        """What was printed beside: on standard error."""
        return self._printed.decode(errors="replace").strip()

    def order(self, **said: Any) -> None:
        """Give an order, as ``do="stop"``; who is gone does not get it."""
        self._told = time.monotonic()
        if not self._is_ended:
            self._out += order(said)
            self._write()

    def live(self) -> None:
        """Say that this end is there, if it has said nothing for a while."""
        if self.has_said and time.monotonic() > self._told + ALIVE:
            self.order(do="alive")

    def end_input(self) -> None:
        """Close the agent's standard input."""
        if not self._is_ended:
            self._is_ended = True
            self._stop_waiting()
            self._out.clear()
            os.close(self.end.writing)

    def kill(self) -> None:
        """End it, and read its last words."""
        self.end.kill()
        self.close()

    def close(self) -> None:
        """Close what belongs to it."""
        self.end_input()
        for fd in tuple(self._watched):
            # A process of the agent's that lives on may hold a pipe: what there is now is enough.
            for _ in range(LAST_READS):
                if fd not in self._watched or not self._watched[fd]():
                    break
            self._forget(fd)
        self.is_open = False

    def _watch(self, fd: int, take: Callable[[bytes], None]) -> None:
        def read() -> bool:
            """Read what there is; return whether there was anything."""
            try:
                data = os.read(fd, READ)
            except BlockingIOError:
                return False
            except OSError:
                data = b""
            if data:
                self.heard = time.monotonic()
                take(data)
            else:
                self._forget(fd)
            return bool(data)

        self._watched[fd] = read
        self._selector.register(fd, selectors.EVENT_READ, read)

    def _forget(self, fd: int) -> None:
        if self._watched.pop(fd, None) is not None:
            self._selector.unregister(fd)
            os.close(fd)
            self.is_open = self.end.reading in self._watched

    def _take(self, data: bytes) -> None:
        self._rest += data
        if b"\n" not in data:
            if len(self._rest) > LONGEST:
                self._break(f"a line of more than {LONGEST:,} bytes")
            return
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            if line.startswith(SIGNED):
                self.has_said = True
                self._frame(bytes(line[len(SIGNED) :]))
            elif line and not self.has_said:
                _keep(self._noise, bytes(line) + b"\n")

    def _frame(self, text: bytes) -> None:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, Mapping):
            self._frames.append(dict(said))
        else:
            self._break(f"a line that is no JSON object, {text[:60].decode(errors='replace')!r}")

    def _break(self, why: str) -> None:
        self.broken = self.broken or why
        self._rest.clear()

    def _write(self) -> bool:
        """Write what the pipe takes; what is left waits until it takes more."""
        try:
            while self._out:
                del self._out[: os.write(self.end.writing, self._out)]
        except BlockingIOError:
            if not self._is_waiting:
                self._is_waiting = True
                self._selector.register(self.end.writing, selectors.EVENT_WRITE, self._write)
            return False
        except OSError:
            # It is gone, which its other pipes tell.
            self._out.clear()
        self._stop_waiting()
        return True

    def _stop_waiting(self) -> None:
        if self._is_waiting:
            self._is_waiting = False
            with suppress(KeyError, ValueError):
                self._selector.unregister(self.end.writing)


def _keep(kept: bytearray, data: bytes) -> None:
    kept += data
    del kept[:-KEPT]
