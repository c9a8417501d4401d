"""A run that goes on, shown in browsers: its logs are followed in one thread and served in others."""

import math
import time
from threading import Event, Thread
from types import TracebackType
from typing import Self

from lamport._live.followed import Followed
from lamport._live.opening import Opening
from lamport._live.server import Server
from lamport._live.updates import Updates

__all__ = ["Live"]

PERIOD = 0.2
"""Seconds between two looks at the logs."""
BEHIND = 0.01
"""The same where there is more to be read: others of this process have their turn."""
LEFT = 3.0
"""Seconds in which what is left in the logs is read at the end."""
LINGER = 3.0
"""Seconds in which viewers are told how it ended."""


class Live:
    """Shows what a follower tells, in a page on loopback, from `begin` to the end of the block.

    Nothing that happens to it ends the run that it shows.

    Parameters
    ----------
    title : str
        What the page is called.
    port : int
        The port; 0 takes a free one.

    Raises
    ------
    OSError
        The port is in use.
    """

    def __init__(self, title: str, port: int = 0) -> None:
        from lamport._live.page import live_page

        self.updates = Updates()
        self.server = Server(live_page("events", title), self.updates, port)
        self.url = self.server.url
        self._stops = Event()
        self._follows: Thread | None = None
        self._opening: Opening | None = None

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it: whoever looks is told so, and has a moment to take it."""
        try:
            self.end("it ended early" if kind is not None else "it is over")
            self.server.wait_for_viewers(LINGER)
        finally:
            if self._opening is not None:
                self._opening.close()
            self.server.close()

    def open(self) -> bool:
        """Open the page in a browser; whether one was found."""
        try:
            self._opening = Opening(self.url)
        except OSError:  # no room, or no right, for a file of one's own
            return False
        return self._opening.open()

    def begin(self, follower: Followed) -> None:
        """Follow from now on; once only."""
        if self._follows is None:
            self._follows = Thread(target=self._follow, args=(follower,), name="lamport-follow", daemon=True)
            self._follows.start()

    def end(self, told: str) -> None:
        """Tell what is left in the logs, and how it ended."""
        self._stops.set()
        if self._follows is not None:
            self._follows.join()
        self.updates.end(told)

    def wait(self, timeout: float) -> bool:
        """Wait; whether the logs have ended, and all who look have been told."""
        self._stops.wait(timeout)
        is_over = self.updates.end_told is not None
        return is_over and self.server.had_viewers and not self.server.viewers

    def _follow(self, follower: Followed) -> None:
        until = math.inf
        while True:
            is_last = self._stops.is_set()
            if is_last and until == math.inf:
                until = time.monotonic() + LEFT
            try:
                self.updates.add(follower.poll())
            except Exception as error:
                # A page that is no more is told so; the run goes on.
                self.updates.end(f"its logs cannot be followed any more ({type(error).__name__})")
                raise
            is_done = is_last and (not follower.is_behind or time.monotonic() >= until)
            if is_done or self.updates.end_told is not None:
                return
            self._stops.wait(BEHIND if follower.is_behind and not is_last else 0 if is_last else PERIOD)
