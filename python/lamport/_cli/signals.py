"""Signals that end a command in order."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Signals"]

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TWICE = 0.3
"""Seconds within which two signals are one: `timeout` sends its own to a process and to its group."""


class Signals:
    """The signals that ask a command to end.

    The first raises KeyboardInterrupt, or within `noted` is only kept, for a command that ends what it does
    in order. Another one, of a user who does not want to wait for that, raises in any case; SIGHUP does
    not: a terminal that goes away tells it twice.

    Parameters
    ----------
    managed : bool
        The command is a process of another one, which alone says what is to be: SIGINT is its word even where
        it was ignored at start, and a second signal says nothing new.
    """

    def __init__(self, *, managed: bool) -> None:
        self._managed = managed
        self._first: int | None = None
        self._since = 0.0
        self._is_noted = False

    @property
    def is_caught(self) -> bool:
        """Whether there was one."""
        return self._first is not None

    @property
    def status(self) -> int:
        """The exit status that tells of it; 0 if there was none."""
        return 0 if self._first is None else 128 + self._first

    @contextmanager
    def handled(self) -> Iterator["Signals"]:
        """Handle them, in the main thread, and those that were not ignored at start (as by ``nohup``)."""
        before = {}
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                handler = signal.getsignal(number)
                # None: of other code than Python's, which could not be put back.
                if handler is not None and (handler != signal.SIG_IGN or self._is_word(number)):
                    before[number] = signal.signal(number, self._handle)
        try:
            yield self
        finally:
            for number, handler in before.items():
                # A process of another's is about to exit, with a status that no late word may change.
                signal.signal(number, signal.SIG_IGN if self._managed else handler)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep the first that comes, and go on."""
        self._is_noted = True
        try:
            yield
        finally:
            self._is_noted = False

    def pass_on(self, call: Callable[[], object]) -> None:
        """Have whoever manages this command call this by SIGUSR1, from now on."""
        if self._managed:
            signal.signal(signal.SIGUSR1, lambda *_: call())

    def _is_word(self, number: int) -> bool:
        return self._managed and number == signal.SIGINT

    def _handle(self, number: int, _frame: object) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first, self._since = number, now
            if self._is_noted:
                return
        elif self._managed or number == signal.SIGHUP or now < self._since + TWICE:
            return
        raise KeyboardInterrupt
