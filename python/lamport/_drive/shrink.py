"""Make a broken run smaller, as long as it is broken in the same way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from lamport._drive.progress import Count
from lamport._drive.single_delays import constant_latency, delays_of, holds_many, one_of
from lamport._drive.smaller import fewer_machines, shorter, simpler
from lamport._drive.trial import Broken, Trial
from lamport._model.fault import AnyFault, Delay, Partition
from lamport._model.latency import Constant, as_latency

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["Shrinker", "Smallest", "minimal"]

MOST = 2000
"""The most runs."""
LATER = 1.2
"""How much later, by clocks, a run may be broken by faults that are only simpler."""
PAIRED = 40
"""The most faults of which all pairs are tried."""


class Smallest(NamedTuple):
    """The smallest so far."""

    given: Mapping[str, Any]
    trial: Trial
    faults: tuple[AnyFault, ...]
    broken: Broken


class _Enough(Exception):  # noqa: N818 - not raised at users
    """There were as many runs as are allowed."""


class Shrinker:
    """Tries one smaller run after the other.

    Parameters
    ----------
    found : Smallest
        What is to become smaller.
    seed : int
        The seed of all runs.
    progress : bool or callable, optional
        As for `Counterexample.shrink`.

    Attributes
    ----------
    best : Smallest
        The smallest so far.
    """

    def __init__(self, found: Smallest, seed: int, progress: Any) -> None:
        self.best = found
        self._seed = seed
        self._progress = progress
        self._runs = 0
        self._tell: Callable[[int], object] = lambda _: None
        self._known: dict[tuple[int, tuple[AnyFault, ...]], Broken | None] = {}
        # Results are known by a trial's id, which is its own while it lives.
        self._kept: list[Trial] = [found.trial]

    def go(self) -> bool:
        """Return whether nothing more can be left out, rather than that it was ended early."""
        with Count(self._progress, MOST, "shrinking", "runs") as tell:
            self._tell = tell
            try:
                while True:
                    before = self.best
                    self._fewer_faults()
                    self._simpler_faults()
                    self._single_delays()
                    self._other(fewer_machines)
                    self._other(shorter)
                    if self.best == before:
                        break
            except (KeyboardInterrupt, _Enough):
                return False
            tell.end(done=True)
        return True

    def _judge(self, trial: Trial, faults: tuple[AnyFault, ...]) -> Broken | None:
        """Return why a run is broken in the same way, if it is."""
        key = id(trial), faults
        if key not in self._known:
            if self._runs >= MOST:
                raise _Enough
            self._runs += 1
            try:
                broken, _ = trial.look(self._seed, faults)
            except Exception:  # nothing that could be run, or that the property could look at
                broken = None
            self._tell(self._runs)
            self._known[key] = broken if broken is not None and broken.kind == self.best.broken.kind else None
        return self._known[key]

    def _take(self, faults: Sequence[AnyFault]) -> bool:
        """Say whether it is still broken with other faults, and keep them if so."""
        broken = self._judge(self.best.trial, tuple(faults))
        if broken is not None:
            self.best = self.best._replace(faults=tuple(faults), broken=broken)
        return broken is not None

    def _fewer_faults(self) -> None:
        whole = self.best.faults
        if not whole or self._take(()):
            return
        self._take(minimal(whole, lambda some: self._judge(self.best.trial, tuple(some)) is not None))
        for size in (1, 2) if len(whole) <= PAIRED else (1,):
            if len(self.best.faults) > size:
                for some in combinations(whole, size):
                    if self._take(some):
                        return

    def _simpler_faults(self) -> None:
        for place in range(len(self.best.faults)):
            changed = True
            while changed:
                now = self.best.faults
                others = ((*now[:place], other, *now[place + 1 :]) for other in simpler(now[place]))
                changed = any(self._is_as_soon(other) and self._take(other) for other in others)

    def _single_delays(self) -> None:
        """Have one latency for all messages, if need be but for some, and hold single ones back."""
        if not isinstance(as_latency(self.best.given["latency"]), Constant):
            self._one_latency()
        for place, fault in enumerate(self.best.faults):
            if holds_many(fault):
                self._one_message(place, fault)

    def _one_latency(self) -> None:
        run, faults = self._look(), self.best.faults
        if self._other(partial(constant_latency, run)) or run is None:
            return
        delays = delays_of(run)
        whole = {**self.best.given, "latency": Constant(0.0)}, (*faults, *delays)
        if delays:  # of which most go, as other faults do
            self._other(lambda *_: iter([whole]))

    def _one_message(self, place: int, fault: Partition | Delay) -> None:
        """Have a fault hold back one message only."""
        run, faults = self._look(), self.best.faults
        before, after = faults[:place], faults[place + 1 :]
        delays = [] if run is None else delays_of(run, fault)
        one = one_of(delays, lambda some: self._is_as_soon((*before, *some, *after)))
        if one is not None:
            self._take((*before, one, *after))

    def _is_as_soon(self, faults: tuple[AnyFault, ...]) -> bool:
        """Say whether it is broken with other faults, and not much later: that would be by chance."""
        broken, best = self._judge(self.best.trial, faults), self.best.broken
        if broken is None or broken.event is None or best.event is None:
            return broken is not None
        return broken.event[1] <= LATER * best.event[1]

    def _look(self) -> "Run | None":
        """Make the smallest run again."""
        return self.best.trial.look(self._seed, self.best.faults)[1]

    def _other(self, variants: Callable[..., Iterator[tuple[dict[str, Any], tuple[AnyFault, ...]]]]) -> bool:
        """Try other parameters, the smallest first; return whether some are taken."""
        best = self.best
        for given, faults in variants(best.given, best.trial.setting, best.faults):
            try:
                trial = Trial.of({**given, "faults": ()}, best.trial.property, best.trial.invariant)
            except ValueError:  # parameters that do not go together
                continue
            self._kept.append(trial)
            broken = self._judge(trial, faults)
            if broken is None or (best.faults and self._judge(trial, ()) is not None):
                continue
            self.best = Smallest(given, trial, faults, broken)
            return True
        return False


def minimal(
    whole: Sequence[AnyFault], is_broken: Callable[[Sequence[AnyFault]], bool]
) -> tuple[AnyFault, ...]:
    """Leave out parts, larger ones first, until nothing is left of which one alone can be left out.

    This is ddmin of Zeller and Hildebrandt (2002): a part alone, or all but a part, in ever smaller parts.

    Examples
    --------
    >>> minimal(range(20), lambda some: {3, 11} <= set(some))
    (3, 11)
    """
    now, parts = tuple(whole), 2
    while len(now) > 1:
        size, rest = divmod(len(now), parts)
        ends = [place * size + min(place, rest) for place in range(parts + 1)]
        cut = list(pairwise(ends))
        for low, high in cut:
            if is_broken(now[low:high]):
                now, parts = now[low:high], 2
                break
        else:
            for low, high in cut:
                if parts > 2 and is_broken(now[:low] + now[high:]):
                    now, parts = now[:low] + now[high:], max(parts - 1, 2)
                    break
            else:
                if parts == len(now):
                    break
                parts = min(2 * parts, len(now))
    return now
