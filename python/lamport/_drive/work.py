"""Work beside the thread that waits for it: what Ctrl-C interrupts is the waiting."""

import errno
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["STEP", "Work"]

STEP = 0.05
"""Seconds between two looks."""
T = TypeVar("T")


class Work(Generic[T]):
    """A call in a thread of its own.

    KeyboardInterrupt is raised in the main thread between any two of its instructions. Where processes are
    started and files are written it must not be: nobody could say what is there and what is not.

    Attributes
    ----------
    ends : threading.Event
        The work is to end early, in order.
    fails : threading.Event
        The work is to end at once.
    """

    def __init__(self, call: Callable[["Work[T]"], T]) -> None:
        self.ends, self.fails = threading.Event(), threading.Event()
        self._call = call
        self._once = threading.Lock()
        self._done = threading.Event()
        self._results: list[T] = []
        self._error: BaseException | None = None

    def watch(self, look: Callable[[], object]) -> T:
        """Do it, and look meanwhile and once after it.

        The first KeyboardInterrupt, raised here or by `look`, lets the work end early. Another one, and
        whatever else `look` raises, lets it fail.
        """
        thread = threading.Thread(target=self._run, name="lamport-work")
        while True:
            try:
                # Begun twice, should the first attempt have been interrupted, it is done once.
                if thread.ident is None:
                    _start(thread)
                while not self._done.wait(STEP):
                    look()
                if self._error is None:
                    look()
                break
            except KeyboardInterrupt:
                if self.ends.is_set():
                    self._fail(thread)
                    raise
                self.ends.set()
            except BaseException:
                self._fail(thread)
                raise
        thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _fail(self, thread: threading.Thread) -> None:
        self.fails.set()
        if thread.ident is not None:
            thread.join()

    def _run(self) -> None:
        if not self._once.acquire(blocking=False):
            return
        try:
            self._results.append(self._call(self))
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()


def _start(thread: threading.Thread) -> None:
    try:
        thread.start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, f"{os.strerror(errno.EAGAIN)}: {error}") from error
