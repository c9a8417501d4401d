"""What the process of a machine tells the process that started it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamport._lamport import Machine

__all__ = ["Looks", "status", "telling_errors"]


class Looks:
    """Looks at what is under way at a machine: since when it is as it is, and until when that is known."""

    def __init__(self) -> None:
        self._last: object = None
        self._since = 0

    def __call__(self, machine: "Machine") -> str:
        """Look once more; return what a line of status has of it."""
        from lamport._lamport import under_way

        # By the clock of the host, and outside of the look on both sides.
        until = time.monotonic_ns()
        look = under_way(machine)
        if look is None:
            return ""
        if look != self._last:
            self._last, self._since = look, time.monotonic_ns()
        _, is_idle, kept, unread = look
        return f" {int(is_idle)} {kept} {unread} {self._since} {until}"


def status(fd: int | None, looks: Looks | None) -> Callable[["Machine"], bool]:
    """Return what tells a parent process how it is with the machine, and returns whether it still listens."""
    if fd is None:
        return lambda _: True
    os.set_blocking(fd, False)

    def tell(machine: "Machine") -> bool:
        try:
            more = "" if machine.began is None else f" {machine.began!r}"
            if more and looks is not None:
                more += looks(machine)
            os.write(fd, f"{machine.local_clock} {machine.queue_len}{more}\n".encode())
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    return tell


@contextmanager
def telling_errors(fd: int) -> Iterator[None]:
    """Tell what an algorithm raises within the block, also to interrupt its own machine."""
    from lamport._drive.handed import tell_error
    from lamport._lamport import LamportError

    try:
        yield
    except (LamportError, KeyboardInterrupt, SystemExit) as error:
        os.set_blocking(fd, True)
        # Who is gone does not want to know.
        with suppress(OSError), os.fdopen(os.dup(fd), "wb") as pipe:
            pipe.write(f"error {tell_error(error)}\n".encode())
        raise
