"""An event of a run on which a clock is looked at."""

from typing import Any, NamedTuple

from lamport._model.public import public

__all__ = ["ClockStep", "shown"]

LONGEST = 60
"""The most letters of a stamp in a sentence or a table."""


@public
class ClockStep(NamedTuple):
    """An event of a run on which a clock was looked at.

    Attributes
    ----------
    machine : int
        The machine, from 1.
    action : {"tick", "send", "receive"}
        What it does.
    sent : int or None
        Of a receive the step that sent the message, from 1.
    now : int
        What its physical clock reads, in ns; only which reading is earlier matters.
    clock : int
        What Lamport's clock would say: (machine, clock) names the event in ``ClockCounterexample.run``.
    stamp : object
        A copy of its stamp as it was handed out; None where there was none.

    Examples
    --------
    >>> import lamport
    >>> class Forgetful:
    ...     stamp = 0
    ...     def tick(self):
    ...         self.stamp += 1
    ...     send = tick
    ...     def receive(self, stamp):
    ...         self.stamp = max(self.stamp, stamp)
    >>> step = lamport.check_clock(Forgetful).counterexamples["sound"].steps[1]
    >>> step.machine, step.action, step.sent, step.stamp
    (2, 'receive', 1, 1)
    """

    machine: int
    action: str
    sent: int | None
    now: int
    clock: int
    stamp: Any

    def __str__(self) -> str:
        return f"machine {self.machine}: {self.action}"


def shown(stamp: object) -> str:
    """Return a stamp in one line; it may be of anybody's class."""
    try:
        text = repr(stamp)
    except Exception as error:  # anybody's, too
        text = f"<{type(stamp).__name__} whose repr raises {type(error).__name__}>"
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
