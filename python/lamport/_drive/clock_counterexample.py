"""A run on which a clock is wrong, told and drawn."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lamport._drive.clock_step import ClockStep, shown
from lamport._drive.clock_words import COMPARING, error_of, said
from lamport._lamport import LamportError
from lamport._model.public import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lamport._runs.run import Run

__all__ = ["ClockCounterexample"]

SHOWN = 40
"""The most steps that are told."""
EVENTS = {"tick": "internal", "send": "send", "receive": "receive"}


@public
@dataclass(frozen=True, repr=False, eq=False)
class ClockCounterexample:
    """A run on which a clock is wrong; `ClockReport.counterexamples` has them.

    Of what takes five steps or fewer it is the first of all such runs, whatever the seed; of what takes more
    nothing can be left out.

    Attributes
    ----------
    verdict : str
        What it speaks against: "sound", "irreflexive", "complete", "mutated", "raised", "repeatable" or
        "bounded".
    message : str
        What is wrong.
    number : int
        The random run in which it was found, from 0.
    found : (int, int)
        How many machines and steps that had.
    machines : int
        How many machines there are now, with steps or without.
    steps : tuple of ClockStep
        What they do, in order.
    places : tuple of int
        The steps that it is about, from 1: two, of which the first should be before the second, or must not
        be; one; or none.
    stamps : (object, object) or None
        The stamps of the two steps; of one that changes, before and after.
    sizes : tuple of float
        By step, the sizes that keep growing.
    error : LamportError or None
        What the clock raised: the error says where, and has the exception with its traceback as its cause.

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
    >>> wrong = lamport.check_clock(Forgetful).counterexamples["sound"]
    >>> [str(step) for step in wrong.steps], wrong.stamps
    (['machine 1: send', 'machine 2: receive'], (1, 1))
    >>> wrong.events
    ((1, 1), (2, 2))
    """

    verdict: str
    message: str
    number: int
    found: tuple[int, int]
    machines: int
    steps: tuple[ClockStep, ...]
    places: tuple[int, ...]
    stamps: tuple[Any, Any] | None
    sizes: tuple[float, ...] = field(default=())
    error: LamportError | None = None

    @classmethod
    def _of(cls, told: Mapping[str, Any]) -> "ClockCounterexample":
        steps = tuple(
            ClockStep(machine, action, None if sent is None else sent + 1, *rest)
            for machine, action, sent, *rest in told["steps"]
        )
        places = tuple(place + 1 for place in told["at"])
        error = None
        if told["raised"] is None:
            message = said(told["verdict"], steps, places, told["stamps"], told["sizes"])
            message += COMPARING if told["by_comparing"] else ""
        else:
            error = error_of(told["number"], steps, told["raised"])
            message = str(error)
        return cls(
            verdict=told["verdict"],
            message=message,
            number=told["number"],
            found=told["found"],
            machines=told["machines"],
            steps=steps,
            places=places,
            stamps=told["stamps"],
            sizes=tuple(told["sizes"]),
            error=error,
        )

    @cached_property
    def run(self) -> "Run | None":
        """The run, with clocks as Lamport's and the stamps as ``body``; None without steps."""
        if not self.steps:
            return None
        from lamport._runs.from_events import from_events

        sends = {number: self.steps[number - 1] for step in self.steps if (number := step.sent) is not None}
        rows = [
            {
                "time": float(place),
                "machine_id": step.machine,
                "event": EVENTS[step.action],
                "new_clock": step.clock,
                "sender": None if step.sent is None else sends[step.sent].machine,
                "sent_clock": None if step.sent is None else sends[step.sent].clock,
                "recipients": [each.machine for each in self.steps if each.sent == place] or None,
                "queue_len": 0,
                "body": shown(step.stamp),
                "now": step.now,
            }
            for place, step in enumerate(self.steps, 1)
        ]
        return from_events(rows)

    @property
    def events(self) -> tuple[tuple[int, int], ...]:
        """The events it is about as (machine, clock), which is how the methods of `run` name them."""
        steps = [self.steps[place - 1] for place in self.places]
        return tuple((step.machine, step.clock) for step in steps)

    def plot_spacetime(self, *, ax: "Axes | None" = None) -> "Axes":
        """Draw the run, each event with its stamp, and rings around those it is about.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; a new figure if None.

        Returns
        -------
        Axes
            Where it was drawn. Nothing is shown.

        Raises
        ------
        LamportError
            There is no step: clocks could not be made.

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
        >>> wrong = lamport.check_clock(Forgetful).counterexamples["sound"]
        >>> wrong.plot_spacetime().get_title(loc="left")  # doctest: +SKIP
        """
        if self.run is None:
            raise LamportError(f"there is no step to draw: {self.message}")
        from lamport._plot.clock_counterexample import draw_counterexample

        return draw_counterexample(self.run, self.verdict, self.message, self.places, ax)

    def __str__(self) -> str:
        machines, steps = self.found
        which = f"{_count(len(self.steps), 'step')} of {_count(self.machines, 'machine')}"
        of = f"the {_count(steps, 'step')} of {_count(machines, 'machine')} of run {self.number}"
        lines = [f"{self.verdict}: {self.message}", f"  {which}, made of {of}:"]
        names = dict(zip(self.places, "ab" if len(self.places) > 1 else "a", strict=False))
        has_time = len({step.now for step in self.steps}) > 1
        first = list(enumerate(self.steps, 1))[:SHOWN]
        rows = [
            (
                names.get(place, ""),
                str(place),
                f"machine {step.machine}",
                step.action if step.sent is None else f"receive of step {step.sent}",
                f"at {step.now} ns" if has_time else "",
                shown(step.stamp) if step.stamp is not None else "",
            )
            for place, step in first
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width]
            lines.append("    " + "  ".join(cells).rstrip())
        if len(self.steps) > SHOWN:
            lines.append(f"    ... and {len(self.steps) - SHOWN} more")
        if self.error is not None and self.error.__cause__ is not None:
            told = "".join(traceback.format_exception(self.error.__cause__)).rstrip()
            lines += [f"  {line}" for line in told.splitlines()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<ClockCounterexample: {self}>"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
