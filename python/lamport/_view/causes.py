"""What events follow from that no message of a page tells.

A page finds pasts and futures along the messages that it draws. `Run.causality` knows more: logged vector
clocks, paths through events outside the page, and what is possible where the logs leave open which message a
receipt took. Of that a page is given the edges that it lacks.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lamport._lamport import LamportError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._runs.causality import Causality
    from lamport._runs.recorded import Recorded
    from lamport._view.lanes import Lanes

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

__all__ = ["Causes", "causes_of"]

MOST = 2**28
"""Entries of vector clocks that are looked through for a page: some seconds."""
AT_ONCE = 2**21
MOST_EDGES = 4_000_000


class Edges(NamedTuple):
    """Events by number, each with another that it follows from."""

    events: "Ints"
    causes: "Ints"


NO_EDGES = Edges(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class Causes:
    """What a page is told of causes beside messages.

    Attributes
    ----------
    certain, possible : Edges
        What events follow from, and what they may follow from.
    open : str
        What the logs leave open: nothing (""), "some", which `possible` tells, or "any": whatever does not
        contradict what is certain.
    refused : str
        Why there are no pasts and futures at all, or nothing.
    """

    certain: Edges = NO_EDGES
    possible: Edges = NO_EDGES
    open: str = ""
    refused: str = ""


def causes_of(run: "Recorded", whole: "Lanes") -> Causes:
    """Return what `Run.causality` knows beside the messages of a page."""
    if not len(whole.rows):
        return Causes()
    try:
        causality = run.causality
    except LamportError as error:
        return Causes(refused=str(error))
    if causality.is_certain and not _may_lack(run, whole):
        return Causes()
    if len(whole.rows) * len(whole.machines) > MOST:
        return Causes(
            refused=f"{len(whole.rows):,} events of {len(whole.machines):,} machines are too many for a page "
            "to be told what follows from what in these logs: ask run.causality, or view a part (start, stop)"
        )
    search = _Search(run, whole, causality)
    certain = search.edges(possible=False)
    kind = "" if causality.is_certain else search.open()
    possible = search.edges(possible=True) if kind == "some" else NO_EDGES
    if certain is None or possible is None:
        return Causes(
            refused="these logs leave too much open for a page to show what follows from what: ask "
            "run.causality, or view a part (start, stop)"
        )
    return Causes(certain, possible, kind)


def _may_lack(run: "Recorded", whole: "Lanes") -> bool:
    """Return whether messages may not tell all, although the logs leave nothing open."""
    columns = run._logs.events()
    if np.isnan(run._logs.machines()["clock_rate"]).any():
        return True  # logs of others may have vectors
    if len(whole.rows) < len(columns["time"]):
        # A path can leave a stretch of time and come back where clocks of hosts are apart.
        told = run._logs.messages()
        with np.errstate(invalid="ignore"):
            return bool((told["received"] < told["sent"]).any())
    return False


class _Search:
    """Vector clocks of events, as counts of the events of a page, beside what the page tells of them."""

    def __init__(self, run: "Recorded", whole: "Lanes", causality: "Causality") -> None:
        self._native = causality._native
        self._whole = whole
        columns = run._logs.events()
        ids, clocks = columns["machine_id"], columns["new_clock"]
        self._pairs = ids[whole.rows], clocks[whole.rows]
        # How many events of the page are among the first of each machine: vectors count those of the run.
        lane = np.searchsorted(whole.machines, ids)
        order = np.argsort(lane, kind="stable")
        here = np.zeros(len(ids), dtype=np.int64)
        here[whole.rows] = 1
        self._starts = np.searchsorted(lane[order], np.arange(len(whole.machines) + 1))
        self._before = np.append(0, np.cumsum(here[order]))
        # Where several events of a machine have one clock it names none of them.
        self._named = ~_repeats(lane[order], clocks[order])[np.flatnonzero(here[order])]
        self._cause = np.full(len(whole.rows), -1)
        linked = whole.receipts >= 0
        self._cause[whole.receipts[linked]] = whole.sends[linked]

    def _vectors(self, events: "Ints", *, possible: bool) -> "Ints":
        """Return the vector clocks of events, a row each."""
        ids, clocks = (column[events] for column in self._pairs)
        counts = self._native.vector_clocks(ids, clocks, possible=possible)
        counts = counts.reshape(len(events), len(self._whole.machines)) + self._starts[:-1]
        found: Ints = self._before[counts] - self._before[self._starts[:-1]]
        return found

    def edges(self, *, possible: bool) -> Edges | None:
        """Return what vectors tell that messages do not; None if that is too much."""
        found: list[Edges] = []
        count = 0
        lanes = len(self._whole.machines)
        each = max(1, AT_ONCE // lanes)
        for lane in range(lanes):
            first, stop = self._whole.first[lane : lane + 2].tolist()
            events = first + np.flatnonzero(self._named[first:stop])
            before = np.zeros((1, lanes), dtype=np.int64)
            for low in range(0, len(events), each):
                some = events[low : low + each]
                counts = self._vectors(some, possible=possible)
                known = np.concatenate([before, counts[:-1]])
                before = counts[-1:].copy()
                sends = self._cause[some]
                told = np.flatnonzero((sends >= 0) & self._named[sends])
                known[told] = np.maximum(known[told], self._vectors(sends[told], possible=possible))
                known[:, lane] = counts[:, lane]
                at, other = np.nonzero(counts > known)
                causes = self._whole.first[other] + counts[at, other] - 1
                found.append(Edges(some[at], causes))
                count += len(at)
                if count > MOST_EDGES:
                    return None
        return Edges(*(np.concatenate(each) for each in zip(*found, strict=True)))

    def open(self) -> str:
        """Return whether the logs leave open "some", or "any" order that contradicts nothing certain."""
        lanes = len(self._whole.machines)
        each = max(1, AT_ONCE // lanes)
        named = np.flatnonzero(self._named)
        for low in range(0, len(named), each):
            some = named[low : low + each]
            certain, possible = (self._vectors(some, possible=ask) for ask in (False, True))
            at, other = np.nonzero(possible > certain)
            causes = self._whole.first[other] + possible[at, other] - 1
            usable = np.flatnonzero(self._named[causes])
            if len(usable):
                event, cause = int(some[at[usable[0]]]), int(causes[usable[0]])
                # Of two events, each before the other: then nothing is ruled out.
                lane = int(np.searchsorted(self._whole.first, event, side="right")) - 1
                back = self._vectors(np.array([cause]), possible=True)[0, lane]
                return "any" if back > event - self._whole.first[lane] else "some"
        return ""


def _repeats(lane: "Ints", clocks: "Ints") -> "Bools":
    """Return which events, sorted by lane, have a clock that another of their lane has."""
    found = np.zeros(len(clocks), dtype=bool)
    same = (np.diff(lane) == 0) & (np.diff(clocks) == 0)
    found[1:] = same
    found[:-1] |= same
    return found
