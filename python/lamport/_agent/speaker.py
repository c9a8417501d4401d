"""What an agent says: whole lines, in order, to a reader who may be slow."""

import os
import selectors
import time
from collections import deque
from typing import Any

from lamport._drive.spoken import ALIVE, frame

__all__ = ["Speaker"]

MOST = 1 << 20
"""Bytes that wait, beyond which only what has to be said is said."""


class Speaker:
    """The one who writes to a launcher. It never waits for it: machines are not to stand still meanwhile.

    Parameters
    ----------
    fd : int
        Where the launcher reads.
    selector : BaseSelector
        Where it is watched while something waits to be written; each key's data is to be called.

    Attributes
    ----------
    is_heard : bool
        Whether there is a reader.
    """

    def __init__(self, fd: int, selector: selectors.BaseSelector) -> None:
        self._fd, self._selector = fd, selector
        os.set_blocking(fd, False)
        self.is_heard = True
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._newest: bytes | None = None
        self._left_out = 0
        self._told = time.monotonic()
        self._is_watched = False

    def say(self, say: str, **more: Any) -> None:
        """Say what has to be heard."""
        self._put(frame({"say": say, **more}))
        self.write()

    def warn(self, text: str) -> None:
        """Warn; whoever does not read is told later how many warnings there were."""
        if not self.has_room:
            self._left_out += 1
            return
        if self._left_out:
            self.say("warning", text=f"{self._left_out} warnings more were not heard in time")
            self._left_out = 0
        self.say("warning", text=text)

    def tell(self, say: str, **more: Any) -> None:
        """Say how it is now, in place of what was told before and has not been heard yet."""
        self._newest = frame({"say": say, **more})
        self.write()

    def live(self) -> None:
        """Say that the agent is there, if it has said nothing for a while."""
        if time.monotonic() > self._told + ALIVE and self._newest is None and not self._waiting:
            self.say("alive")

    @property
    def has_room(self) -> bool:
        """Whether more may be said that can wait."""
        return self._bytes < MOST

    def write(self) -> None:
        """Write as much as is taken."""
        try:
            while self.is_heard and (self._waiting or self._newest is not None):
                if not self._waiting:
                    assert self._newest is not None
                    self._put(self._newest)
                    self._newest = None
                first = self._waiting.popleft()
                written = os.write(self._fd, first)
                self._bytes -= written
                self._told = time.monotonic()
                if written < len(first):
                    self._waiting.appendleft(first[written:])
        except BlockingIOError:
            self._waiting.appendleft(first)
        except OSError:
            self.is_heard = False
            self._waiting.clear()
            self._newest, self._bytes = None, 0
        self._watch(bool(self._waiting))

    def finish(self, seconds: float) -> None:
        """Write what waits, as long as that takes, but no longer than this."""
        until = time.monotonic() + seconds
        with selectors.PollSelector() as selector:
            selector.register(self._fd, selectors.EVENT_WRITE)
            while self.is_heard and self._waiting and time.monotonic() < until:
                selector.select(max(0.0, until - time.monotonic()))
                self.write()

    def _put(self, said: bytes) -> None:
        if self.is_heard:
            self._waiting.append(said)
            self._bytes += len(said)

    def _watch(self, is_wanted: bool) -> None:
        if is_wanted and not self._is_watched:
            self._selector.register(self._fd, selectors.EVENT_WRITE, self.write)
        elif self._is_watched and not is_wanted:
            self._selector.unregister(self._fd)
        self._is_watched = is_wanted
