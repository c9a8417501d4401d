"""The events and messages of a run as pages number them: machine by machine, each in its own order."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lamport._lamport import EVENT_KINDS
from lamport._view.codec import AT_ONCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

__all__ = ["Lanes", "lanes"]

SEND, RECEIVE = (EVENT_KINDS.index(kind) for kind in ("SEND", "RECEIVE"))
UNITS = (10**6, 10**9, 10**12)
"""How many times there may be in a second: the first that holds them all exactly, where there is one."""
SHORT = 1e-3
"""Runs of less seconds are looked at below nanoseconds."""
EXACT = 2**53


@dataclass(frozen=True)
class Lanes:
    """What is drawn. A *lane* is the place of a machine among all; events are numbered lane by lane.

    Attributes
    ----------
    machines : array
        The id of each lane.
    first : array
        The number of each lane's first event, and behind them how many events there are.
    rows : array
        The row of `Run.events` of each event.
    unit : int or float
        How many times there are in a second: times are whole numbers.
    sends, to, receipts : array
        Of each message its SEND, the lane of its recipient (the number of lanes: elsewhere) and its RECEIVE
        (-1: none that is known, or it is not here). Messages are sorted by SEND and recipient.
    ends : array
        When it arrived; where that is not known when it was received, else when it was sent.
    by_arrival : array
        The messages sorted by recipient and end; of equal ones by their number.
    others : array
        The ids of machines that are named and have no log.
    senders_other, to_other : array
        Where a lane is elsewhere, the place among these and 1 more; 0: nobody is named.
    """

    machines: "Ints"
    first: "Ints"
    rows: "Ints"
    unit: float
    kinds: "Ints"
    times: "Ints"
    old_clocks: "Ints"
    clocks: "Ints"
    queues: "Ints"
    senders: "Ints"
    sent_clocks: "Ints"
    flags: dict[str, "Bools"]
    sends: "Ints"
    to: "Ints"
    receipts: "Ints"
    ends: "Ints"
    arrival_known: "Bools"
    end_known: "Bools"
    status: "Ints"
    matched: "Ints"
    by_arrival: "Ints"
    others: "Ints"
    senders_other: "Ints"
    to_other: "Ints"


def lanes(run: "Recorded", start: float, stop: float) -> Lanes:
    """Sort the events of ``start <= time < stop``, and the messages that they sent."""
    logs = run._logs
    columns = logs.events()
    machines = logs.machines()["machine_id"]
    row_lanes = _places(machines, columns["machine_id"])
    rows = np.argsort(_small(row_lanes, len(machines)), kind="stable")
    rows = _as_logged(rows, row_lanes[rows], columns)
    seconds = columns["time"]
    if not (start == -np.inf and stop == np.inf):
        rows = rows[(seconds[rows] >= start) & (seconds[rows] < stop)]
    lane = row_lanes[rows]
    first = np.searchsorted(lane, np.arange(len(machines) + 1))
    unit = _unit(seconds)
    ambiguous = np.zeros(len(seconds), dtype=bool)
    ambiguous[logs.ambiguous()] = True
    from lamport._runs.tables import from_nobody

    by_hand = columns["by_hand"] | from_nobody(logs)
    clocks = columns["new_clock"][rows]
    kinds = columns["event"][rows]
    told = logs.messages()
    sender_lanes = _places(machines, told["sender"])
    recipients = told["recipient"]
    to = _places(machines, recipients)
    sends = _LookUp(lane, clocks, kinds == SEND)(sender_lanes, told["sent_clock"])
    here = np.flatnonzero(sends >= 0)
    here = here[_by_send(sender_lanes[here], sends[here], to[here], len(machines))]
    sends, to = sends[here], to[here]
    senders = _places(machines, columns["sender"][rows])
    others, senders_other, to_other = _others(
        machines, (senders, columns["sender"][rows]), (to, recipients[here])
    )
    received, arrived = told["received"][here], told["arrived"][here]
    times = _whole(seconds[rows], unit)
    arrival_known = ~np.isnan(arrived)
    ends = np.where(arrival_known, arrived, received)
    end_known = ~np.isnan(ends)
    ends = np.where(end_known, _whole(np.where(end_known, ends, 0.0), unit), times[sends])
    by_arrival = _by_arrival(to, ends, len(machines))
    clock = np.where(np.isnan(received), -1, told["received_clock"][here])[by_arrival]
    receipts = np.empty(len(to), dtype=np.int64)
    # In this order what is looked up stands near to what was looked up before.
    receipts[by_arrival] = _LookUp(lane, clocks, kinds == RECEIVE)(to[by_arrival], clock)
    alike = _alike(lane, clocks, kinds == RECEIVE)
    if len(alike):
        stamped = np.stack([columns["sender"][rows], columns["sent_clock"][rows]])
        of_messages = np.stack([told["sender"][here], told["sent_clock"][here]])
        receipts = _told_apart(receipts, alike, (of_messages, stamped), (received, seconds[rows]))
    receipts = _each_once(receipts, len(rows))
    return Lanes(
        machines=machines,
        first=first,
        rows=rows,
        unit=unit,
        kinds=kinds.astype(np.int64),
        times=times,
        old_clocks=columns["old_clock"][rows],
        clocks=clocks,
        queues=columns["queue_len"][rows],
        senders=senders,
        sent_clocks=columns["sent_clock"][rows],
        flags={
            "manual": columns["manual"][rows],
            "by_hand": by_hand[rows],
            "caused": columns["caused"][rows],
            "ambiguous": ambiguous[rows],
        },
        sends=sends,
        to=to,
        receipts=receipts,
        ends=ends,
        arrival_known=arrival_known,
        end_known=end_known,
        status=told["status"][here].astype(np.int64),
        matched=told["matched"][here].astype(np.int64),
        by_arrival=by_arrival,
        others=others,
        senders_other=senders_other,
        to_other=to_other,
    )


def _as_logged(rows: "Ints", lane: "Ints", columns: dict[str, Any]) -> "Ints":
    """Put the events of machines whose times were set back into the order in which their clocks went on.

    Rows are in order of time. Where clocks tell no such order the rows stay as they are.
    """
    back = (np.diff(lane) == 0) & (np.diff(columns["new_clock"][rows]) < 0)
    if not back.any():
        return rows
    rows = rows.copy()
    for each in np.unique(lane[1:][back]).tolist():
        mine = slice(*np.searchsorted(lane, [each, each + 1]).tolist())
        logged = rows[mine][np.argsort(columns["new_clock"][rows[mine]], kind="stable")]
        old, new = columns["old_clock"][logged], columns["new_clock"][logged]
        if (old < new).all() and (old[1:] >= new[:-1]).all():
            rows[mine] = logged
    return rows


class _LookUp:
    """Some events by lane and clock: of several of one clock the first, -1 where there is none."""

    def __init__(self, lane: "Ints", clocks: "Ints", some: "Bools") -> None:
        self._some = np.flatnonzero(some)
        lane, clocks = lane[self._some], clocks[self._some]
        # Clocks may be as large as 2^53: what counts is their order.
        largest = int(clocks.max(initial=0)) + 1
        lanes = int(lane.max(initial=0)) + 2
        self._known = np.unique(clocks) if largest * lanes >= 2**62 else None
        self._width = largest if self._known is None else len(self._known)
        keys = lane * self._width + self._ranks(clocks)[0]
        if not (keys[1:] >= keys[:-1]).all():
            order = np.argsort(keys, kind="stable")
            keys, self._some = keys[order], self._some[order]
        self._keys = keys

    def _ranks(self, clocks: "Ints") -> "tuple[Ints, Bools]":
        if self._known is None:
            return clocks, (clocks >= 0) & (clocks < self._width)
        at = np.minimum(np.searchsorted(self._known, clocks), len(self._known) - 1)
        return at, self._known[at] == clocks

    def __call__(self, lane: "Ints", clocks: "Ints") -> "Ints":
        if not len(self._keys):
            return np.full(len(clocks), -1)
        ranks, known = self._ranks(clocks)
        keys = np.where(known, lane * self._width + ranks, -1)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._some[at], -1)


def _alike(lane: "Ints", clocks: "Ints", some: "Bools") -> "Ints":
    """Return some events that have the lane and the clock of another: their numbers, and the first's."""
    places = np.flatnonzero(some)
    lane, clocks = lane[places], clocks[places]
    same = np.zeros(len(places) + 1, dtype=bool)
    same[1:-1] = (np.diff(lane) == 0) & (np.diff(clocks) == 0)
    begins = np.maximum.accumulate(np.where(same[:-1], 0, np.arange(len(places))))
    found = same[:-1] | same[1:]
    alike: Ints = np.stack([places[found], places[begins[found]]], axis=1)
    return alike


def _told_apart(receipts: "Ints", alike: "Ints", *told: "tuple[NDArray[Any], NDArray[Any]]") -> "Ints":
    """Give each message the receipt of its own, among those of one clock, by what is told of both.

    The first that is told decides where it can, then the next: sender and timestamp, the time.
    """
    found = receipts.copy()
    left = np.flatnonzero(np.isin(receipts, alike[:, 1]))
    found[left] = -1
    for of_messages, of_events in told:
        keys = np.concatenate([receipts[left], alike[:, 1]])
        values = np.concatenate([of_messages[..., left], of_events[..., alike[:, 0]]], axis=-1)
        _, names = np.unique(np.vstack([keys, values]), axis=1, return_inverse=True)
        at = _in_turn(names[: len(left)], names[len(left) :])
        found[left[at >= 0]] = alike[at[at >= 0], 0]
        alike = np.delete(alike, at[at >= 0], axis=0)
        left = left[at < 0]
    return found


def _in_turn(names: "Ints", others: "Ints") -> "Ints":
    """Return of each name its place among others: of equal ones the first that of the first, and so on."""

    def numbered(values: "Ints") -> "Ints":
        order = np.argsort(values, kind="stable")
        turn = np.empty(len(values), dtype=np.int64)
        turn[order] = np.arange(len(values)) - np.searchsorted(values[order], values[order])
        keys: Ints = values * (len(names) + len(others) + 1) + turn
        return keys

    ours, theirs = numbered(names), numbered(others)
    order = np.argsort(theirs)
    if not len(order):
        return np.full(len(ours), -1)
    at = order[np.minimum(np.searchsorted(theirs[order], ours), len(order) - 1)]
    return np.where(theirs[at] == ours, at, -1)


def _each_once(receipts: "Ints", events: int) -> "Ints":
    """Leave each RECEIVE to the first message that names it."""
    named = np.flatnonzero(receipts >= 0)
    message_of = np.empty(events, dtype=np.int64)
    # Of several that are put into one place the last stays, so they are put there from the end.
    message_of[receipts[named[::-1]]] = named[::-1]
    kept = message_of[receipts[named]] == named
    if kept.all():
        return receipts
    alone = np.full(len(receipts), -1)
    alone[named[kept]] = receipts[named[kept]]
    return alone


def _by_send(lane: "Ints", sends: "Ints", to: "Ints", lanes: int) -> "Ints":
    """Return messages in the order of SEND and recipient.

    They come in the order of time, as a rule, and in each lane that is the order of its events.
    """
    order = np.argsort(_small(lane, lanes), kind="stable")
    step, less = np.diff(sends[order]), np.diff(to[order])
    if ((step > 0) | ((step == 0) & (less >= 0))).all():
        return order
    return np.lexsort((to, sends))


def _by_arrival(to: "Ints", ends: "Ints", lanes: int) -> "Ints":
    """Return messages in the order of recipient and end: sorted by each 16 bits of it, in linear time."""
    order = np.arange(len(ends))
    if not len(ends):
        return order
    rest = (ends - ends.min()).view(np.uint64)
    for _ in range((int(rest.max()).bit_length() + 15) // 16):
        order = order[np.argsort(rest.astype(np.uint16)[order], kind="stable")]
        rest >>= np.uint64(16)
    return order[np.argsort(_small(to[order], lanes + 1), kind="stable")]


def _places(machines: "Ints", ids: "Ints") -> "Ints":
    """Return the lanes of machines, and behind the last lane for those that have no log."""
    if not len(machines):
        return np.zeros(len(ids), dtype=np.int64)
    low, high = int(machines[0]), int(machines[-1])
    if high - low <= 4 * len(machines) + 1000:
        # One place before all ids and one behind them, for those that are none.
        places = np.full(high - low + 3, len(machines))
        places[machines - low + 1] = np.arange(len(machines))
        return places[np.clip(ids, low - 1, high + 1) - (low - 1)]
    at = np.minimum(np.searchsorted(machines, ids), len(machines) - 1)
    return np.where(machines[at] == ids, at, len(machines))


def _others(machines: "Ints", *named: "tuple[Ints, Ints]") -> "tuple[Ints, Ints, Ints]":
    """Return the machines that are named and have no log, and which of them each lane and id names."""
    away = [np.flatnonzero((lane == len(machines)) & (ids >= 0)) for lane, ids in named]
    others = np.unique(np.concatenate([ids[some] for some, (_, ids) in zip(away, named, strict=True)]))
    found = [np.zeros(len(ids), dtype=np.int64) for _, ids in named]
    for each, some, (_, ids) in zip(found, away, named, strict=True):
        each[some] = np.searchsorted(others, ids[some]) + 1
    return others, found[0], found[1]


def _small(values: "Ints", count: int) -> Any:
    """Return numbers below `count` as ones that are sorted in linear time if they are small."""
    return values.astype(np.uint16 if count <= 2**16 else np.int64)


def _unit(seconds: Any) -> float:
    """Return how many whole numbers a second has, so that those of the times are exact as far as can be."""
    if not len(seconds):
        return UNITS[0]
    largest = float(np.abs(seconds).max())
    for unit in UNITS if float(np.ptp(seconds)) < SHORT else UNITS[:-1]:
        if largest * unit < EXACT and _are_whole(seconds, unit, 1e-9 + 1e-15 * largest * unit):
            return unit
    places = math.floor(math.log10(EXACT / largest))
    return 10**9 if places >= 9 else 10**6 if places >= 6 else 10.0**places


def _are_whole(seconds: Any, unit: float, slack: float) -> bool:
    """Return whether times are whole numbers of a unit; some at once, for what all take is new memory."""
    for low in range(0, len(seconds), AT_ONCE):
        scaled = seconds[low : low + AT_ONCE] * unit
        if np.abs(scaled - np.rint(scaled)).max() > slack:
            return False
    return True


def _whole(seconds: Any, unit: float) -> "Ints":
    whole: Ints = np.rint(seconds * unit).astype(np.int64)
    return whole
