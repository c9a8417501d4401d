"""A run in real time that a signal ends in order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamport._cli.signals import Signals
    from lamport._drive.progress import Progress

__all__ = ["watched"]


@contextmanager
def watched(signals: "Signals", duration: float, *, bar: bool | None) -> Iterator["Progress"]:
    """Return what a run tells how far it is: there a signal ends it in order, as Ctrl-C does a call of it."""
    from lamport._drive.progress import watch

    shown: list[Progress] = []
    ended = False

    def look(elapsed: float, clocks: list[int], queues: list[int]) -> None:
        nonlocal ended
        if signals.is_caught and not ended:
            ended = True
            raise KeyboardInterrupt
        if not shown:
            shown.append(stack.enter_context(watch(bar, duration, len(clocks))))
        shown[0](elapsed, clocks, queues)

    with ExitStack() as stack:
        yield look
