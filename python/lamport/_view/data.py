"""The data of a page: what a page cannot tell from the rest. ``derive.js`` tells it.

Of a plain log that is little: kinds and times of events, and for each message its SEND, its recipient and
its arrival. A machine takes messages in the order in which they arrived, its clock follows from the messages,
and its queue from the arrivals; what differs from that stands in columns that are all 0 in most runs, and
then have no bytes.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from lamport._runs.spelled import spelled
from lamport._view.causes import Edges, causes_of
from lamport._view.codec import Parts
from lamport._view.lanes import RECEIVE, SEND, Lanes, lanes
from lamport._view.texts import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

    Ints = NDArray[np.int64]

__all__ = ["data"]

VERSION = 1
FLAGS = ("manual", "by_hand", "caused", "ambiguous")


def data(
    run: "Recorded", start: float, stop: float, *, head: "Callable[[], dict[str, Any]]", texts: int
) -> "tuple[bytes, Lanes]":
    """Return the file of columns of a page (`codec`), and what it was made of.

    `head` is called last: it may take long, beside this.
    """
    whole = lanes(run, start, stop)
    linked = whole.receipts >= 0
    matched = np.zeros(len(whole.kinds), dtype=bool)
    matched[whole.receipts[linked]] = True
    with Parts() as parts:
        # What takes the longest to be deflated first.
        _put_messages(parts, whole, linked, matched)
        _put_events(parts, whole, matched)
        _put_clocks(parts, whole, linked, matched)
        _put_queues(parts, whole)
        causes = causes_of(run, whole)
        _put_edges(parts, "more", causes.certain)
        _put_edges(parts, "open", causes.possible)
        told = texts_of(run, whole, parts, texts)
        rest = head()
        rest = {
            "version": VERSION,
            "unit": whole.unit,
            "machines": whole.machines.tolist(),
            "others": [[other, spelled(run.names.get(other, ""))] for other in whole.others.tolist()],
            "first": whole.first.tolist(),
            "causality": {"open": causes.open, "refused": causes.refused},
            **rest,
            "violations": _placed(whole, rest.get("violations", [])),
            "cut": _counted(run, whole, rest["cut"]) if rest.get("cut") is not None else None,
            "path": [_counted(run, whole, cut) for cut in rest.get("path", [])],
            "texts": told.placed,
            "texts_left": told.left,
            "notes": [*rest.get("notes", ()), *told.notes],
        }
        return parts.joined(rest), whole


def _placed(whole: Lanes, violations: "list[list[Any]]") -> "list[list[Any]]":
    """Return violations with the number of their event in place of its row: -1 if it is not here."""
    if not violations:
        return violations
    here = np.flatnonzero(np.isin(whole.rows, [each[-1] for each in violations])).tolist()
    events = {int(whole.rows[event]): event for event in here}
    return [[*each[:-1], events.get(each[-1], -1)] for each in violations]


def _counted(run: "Recorded", whole: Lanes, cut: "list[list[int]]") -> "list[list[int]]":
    """Return a cut that may be told by numbers of events with how many of those are here."""
    found = []
    for machine, clock, *counts in cut:
        rows = np.flatnonzero(run._logs.events()["machine_id"] == machine) if counts else np.empty(0)
        found.append([machine, clock, *(int(np.isin(whole.rows, rows[:count]).sum()) for count in counts)])
    return found


def _put_events(parts: Parts, whole: Lanes, matched: Any) -> None:
    kinds = whole.kinds.copy()
    for bit, flag in enumerate(FLAGS, 2):
        kinds |= whole.flags[flag].astype(np.int64) << bit
    alone = (whole.kinds == RECEIVE) & ~matched
    # As natural numbers: the lowest bit of a plane's number is its sign.
    parts.column("kind", kinds | alone.astype(np.int64) << (2 + len(FLAGS)))
    parts.column("time", whole.times, differences=True)
    # Receipts whose message is not here tell themselves of which it is.
    parts.column("alone_from", whole.senders[alone])
    parts.column("alone_other", whole.senders_other[alone])
    parts.column("alone_clock", whole.sent_clocks[alone], differences=True)


def _put_messages(parts: Parts, whole: Lanes, linked: Any, matched: Any) -> None:
    parts.column("message_end", whole.ends - whole.times[whole.sends])
    ranks = np.cumsum(whole.kinds == SEND) - 1
    # Which SEND: one further on than that of the message before, as a rule.
    parts.column("message_send", ranks[whole.sends], differences=True)
    parts.column("message_to", whole.to)
    parts.column("message_other", whole.to_other)
    state = whole.status | whole.matched << 2 | whole.arrival_known.astype(np.int64) << 5
    parts.column(
        "message_state", state | whole.end_known.astype(np.int64) << 6 | linked.astype(np.int64) << 7
    )
    # Received messages in the order in which they arrived, and what was taken first was received first.
    order = whole.by_arrival[linked[whole.by_arrival]]
    rank = np.cumsum(matched) - 1
    parts.column("message_rank", rank[whole.receipts[order]] - np.arange(len(order)))


def _put_clocks(parts: Parts, whole: Lanes, linked: Any, matched: Any) -> None:
    clocks = whole.clocks
    before = np.empty_like(clocks)
    before[1:] = clocks[:-1]
    begins = whole.first[:-1][whole.first[1:] > whole.first[:-1]]
    before[begins] = whole.old_clocks[begins]
    parts.column("clock_before", whole.old_clocks[begins])
    carried = np.where((whole.kinds == RECEIVE) & ~matched, whole.sent_clocks, -1)
    carried[whole.receipts[linked]] = clocks[whole.sends[linked]]
    goes_up = np.ones(len(clocks), dtype=bool)
    goes_up[1:] = clocks[1:] > clocks[:-1]
    goes_up[begins] = True
    follows = clocks[whole.receipts[linked]] > clocks[whole.sends[linked]]
    if goes_up.all() and follows.all():
        parts.column("clock", clocks - np.maximum(before, carried) - 1)
        parts.columns["clock"]["derived"] = True
    else:
        # Perhaps an event follows from itself: no order is there in which clocks could be told.
        parts.column("clock", clocks, differences=True)
        parts.columns["clock"]["derived"] = False


def _put_queues(parts: Parts, whole: Lanes) -> None:
    taken = np.flatnonzero(whole.kinds == RECEIVE)
    order = whole.by_arrival[whole.end_known[whole.by_arrival]]
    ends, to = whole.ends[order], whole.to[order]
    bounds = np.searchsorted(to, np.arange(len(whole.machines) + 1))
    cuts = np.searchsorted(taken, whole.first)
    expected = np.empty(len(taken), dtype=np.int64)
    for lane in np.flatnonzero(np.diff(cuts)).tolist():
        mine = slice(int(cuts[lane]), int(cuts[lane + 1]))
        arrived = ends[bounds[lane] : bounds[lane + 1]]
        seen = np.searchsorted(arrived, whole.times[taken[mine]], side="right")
        expected[mine] = seen - np.arange(1, len(seen) + 1)
    parts.column("queue", whole.queues[taken] - expected)


def _put_edges(parts: Parts, name: str, edges: Edges) -> None:
    parts.column(f"{name}_event", edges.events, differences=True)
    parts.column(f"{name}_cause", edges.causes, differences=True)
