"""Make a broken run smaller, as long as it is broken in the same way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from lamport._drive.progress import Count
from lamport._drive.smaller import fewer_machines, shorter, simpler
from lamport._drive.trial import Broken, Trial
from lamport._model.fault import Fault

__all__ = ["Shrinker", "Smallest", "minimal"]

MOST = 2000
"""The most runs."""


class Smallest(NamedTuple):
    """The smallest so far."""

    given: Mapping[str, Any]
    trial: Trial
    faults: tuple[Fault, ...]
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
        self._known: dict[tuple[int, tuple[Fault, ...]], Broken | None] = {}
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
                    self._other(fewer_machines)
                    self._other(shorter)
                    if self.best == before:
                        break
            except (KeyboardInterrupt, _Enough):
                return False
            tell.end(done=True)
        return True

    def _judge(self, trial: Trial, faults: tuple[Fault, ...]) -> Broken | None:
        """Return why a run is broken in the same way, if it is."""
        key = id(trial), faults
        if key not in self._known:
            if self._runs >= MOST:
                raise _Enough
            self._runs += 1
            try:
                broken, _ = trial.look(self._seed, faults)
            except ValueError:  # nothing that could be run, or that the property could look at
                broken = None
            self._tell(self._runs)
            self._known[key] = broken if broken is not None and broken.kind == self.best.broken.kind else None
        return self._known[key]

    def _take(self, faults: Sequence[Fault]) -> bool:
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
        for size in (1, 2):
            if len(self.best.faults) > size:
                for some in combinations(whole, size):
                    if self._take(some):
                        return

    def _simpler_faults(self) -> None:
        for place in range(len(self.best.faults)):
            changed = True
            while changed:
                now = self.best.faults
                changed = any(
                    self._take((*now[:place], other, *now[place + 1 :])) for other in simpler(now[place])
                )

    def _other(self, variants: Callable[..., Iterator[tuple[dict[str, Any], tuple[Fault, ...]]]]) -> None:
        """Try other parameters, the smallest first."""
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
            return


def minimal(whole: Sequence[Fault], is_broken: Callable[[Sequence[Fault]], bool]) -> tuple[Fault, ...]:
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
