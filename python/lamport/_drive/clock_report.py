"""What `lamport.check_clock` found of a clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lamport._drive.clock_counterexample import ClockCounterexample
from lamport._model.public import public

__all__ = ["ClockReport"]

CLAIMS = {
    "sound": ("what happened before an event is before it", "an event is not before what follows from it"),
    "irreflexive": (
        "nothing is before itself",
        "a stamp is before itself, or two are each before the other",
    ),
    "complete": ("what is before an event happened before it", "events are ordered that are concurrent"),
    "mutated": ("stamps stay as they were handed out", "a stamp changes after it was handed out"),
    "raised": ("no exception", "an exception"),
    "repeatable": ("the same run gives the same stamps", "the same run gives other stamps"),
    "bounded": ("the size of stamps does not keep growing", "the size of stamps keeps growing"),
}
"""What is said of each verdict if no run speaks against it, and if one does."""
LONG = 32
"""The number of the first run that is long enough to see stamps grow."""


@public
@dataclass(frozen=True, repr=False)
class ClockReport:
    """What is right and wrong with a clock; `lamport.check_clock` makes it.

    It is true if there is no fault, so that ``assert`` can be said of it, and then shows what is wrong.

    Attributes
    ----------
    runs, seed : int
        As they were given.
    fifo : bool
        As it was given.
    events : int
        How many events got a stamp.
    pairs : int
        How many pairs of stamps were compared, each in both directions.
    counterexamples : dict of str to ClockCounterexample
        The smallest run found for each verdict that one speaks against, by its name.

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
    >>> report = lamport.check_clock(Forgetful)
    >>> report.sound, report.bounded, report.faults, bool(report)
    (False, True, ('sound',), False)
    """

    runs: int
    seed: int
    fifo: bool
    events: int
    pairs: int
    counterexamples: Mapping[str, ClockCounterexample]
    _must_be_complete: bool
    _long_runs: int
    """Those in which sizes were looked at."""
    _made_again: int
    """The runs that were made twice."""

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    @property
    def sound(self) -> bool | None:
        """Whether what happened before an event is always before it; None if no stamps could be compared."""
        return self._says("sound")

    @property
    def irreflexive(self) -> bool | None:
        """Whether no stamp is before itself, no two each before the other; None as for `sound`."""
        return self._says("irreflexive")

    @property
    def complete(self) -> bool | None:
        """Whether only what happened before an event is before it; None as for `sound`.

        That it is not so is a fault only if that was asked for.
        """
        return self._says("complete")

    @property
    def mutated(self) -> bool | None:
        """Whether a stamp changes after it was handed out, which is a fault; None if there are none."""
        kept = self._says("mutated")
        return None if kept is None else not kept

    @property
    def raised(self) -> bool:
        """Whether the clock raised an exception, which is a fault."""
        return "raised" in self.counterexamples

    @property
    def repeatable(self) -> bool | None:
        """Whether the same run made again gives no earlier or later stamps; None if none could be.

        It is asked of the first 16 runs and of every 16th.
        """
        return self._says("repeatable")

    @property
    def bounded(self) -> bool | None:
        """Whether stamps do not keep growing; None if no long run came to its end."""
        return self._says("bounded")

    @property
    def faults(self) -> tuple[str, ...]:
        """The names of the verdicts that are faults."""
        is_fault = (name for name in CLAIMS if name in self.counterexamples)
        return tuple(name for name in is_fault if name != "complete" or self._must_be_complete)

    def __bool__(self) -> bool:
        return not self.faults

    def _says(self, name: str) -> bool | None:
        looked_at = {"mutated": self.events, "repeatable": self._made_again, "bounded": self._long_runs}
        if name in self.counterexamples:
            return False
        return True if looked_at.get(name, self.pairs) else None

    def _line(self, name: str) -> str:
        right, wrong = CLAIMS[name]
        if name in self.faults:
            return f"  WRONG  {name:12} {wrong}"
        if name in self.counterexamples:
            return f"  no     {name:12} {wrong}; that is no fault unless complete=True"
        if name != "raised" and self._says(name) is None:
            few = ": give 33 runs or more" if name == "bounded" and self.runs <= LONG else ""
            return f"  -      {name:12} not looked at{few}"
        return f"  right  {name:12} {right}"

    def __str__(self) -> str:
        faults = self.faults
        head = f"a clock with {len(faults)} fault{'s' * (len(faults) != 1)}" if faults else "a right clock"
        head += f": {self.runs:,} random run{'s' * (self.runs != 1)} of seed {self.seed}"
        head += "" if self.fifo else ", messages overtaking"
        lines = [
            f"{head}, {self.events:,} events, {self.pairs:,} pairs",
            *(self._line(name) for name in CLAIMS),
            *(f"\n{self.counterexamples[name]}" for name in faults),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<ClockReport: {self}>"
