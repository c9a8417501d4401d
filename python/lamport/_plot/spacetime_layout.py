"""What a space-time diagram shows: machines, events and messages at their places, not yet drawn."""

from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex, cast

import numpy as np
import pandas as pd

from lamport._runs.names import Names, number, shown
from lamport._runs.tables import floats
from lamport._runs.window import window as bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Rows = NDArray[np.uint32]
    Bools = NDArray[np.bool_]

__all__ = ["MOST_EVENTS", "MOST_MACHINES", "MOST_MESSAGES", "RELATIONS", "TIMES", "Spacetime", "spacetime"]

TIMES = ("real", "lamport", "step")
RELATIONS = pd.CategoricalDtype(["concurrent", "past", "future", "self"], ordered=True)
"""How events stand to the highlighted one, what matters most last."""
MOST_MACHINES = 30
MOST_EVENTS = 1500
MOST_MESSAGES = 500
KEYS = ("sender", "sent_clock", "recipient", "received_clock")
STUB_WIDTH = 0.012
"""How far a message goes of which no arrival is known, as a share of the diagram's width."""
STUB_HEIGHT = 0.42
"""The same across, as a share of the distance between two machines."""


@dataclass(frozen=True)
class Spacetime:
    """A diagram as places: x along the axis of time, y the place of a machine.

    Attributes
    ----------
    time : {"real", "lamport", "step"}
        What x means.
    machines : array of int
        Those shown; the first one's y is 0.
    span : tuple of float
        The smallest and largest x.
    events : DataFrame
        One row per event: ``row`` (its place in `Run.events`), ``x``, ``y``, ``machine_id``, ``new_clock``,
        ``event``, ``relation``, ``ambiguous`` (whether it is a receipt that may be of several messages).
    lines : DataFrame
        One row per stretch of a machine's line, from event to event: ``y``, ``x0``, ``x1``,
        ``queue_len`` (after the event at ``x0``; NaN if unknown).
    messages : DataFrame
        One row per message that an event shown sent or received: ``x0``, ``y0``, ``x1``, ``y1``,
        ``received`` (if not, it ends where it arrived, or in nowhere), ``relation``; ``sent_shown``,
        ``received_shown`` (whether there is an event at that end: one end may lie outside); ``inferred``
        (whether the receipt does not itself tell its message); ``sender``, ``sent_clock``, ``recipient``,
        ``received_clock``.
    highlight : tuple of int or None
        The event that relations refer to. An event is in its ``past`` or ``future``, ``self`` or
        ``concurrent``; a message is ``past`` if it leads there or to the event itself, ``future`` if it
        comes from there or from the event, else ``concurrent``. NaN without `highlight`.
    notes : list of str
        What is left out, or unknown.
    """

    time: str
    machines: "Ints"
    span: tuple[float, float]
    events: pd.DataFrame
    lines: pd.DataFrame
    messages: pd.DataFrame
    highlight: tuple[int, int] | None
    notes: list[str]


def spacetime(
    run: "Recorded",
    start: SupportsFloat | None,
    stop: SupportsFloat | None,
    *,
    time: str,
    highlight: tuple[SupportsIndex | str, SupportsIndex] | None,
) -> Spacetime:
    """Place what `Run.plot_spacetime` draws; the errors are told there."""
    if time not in TIMES:
        raise ValueError(f"time={time!r} is not known: it is one of {', '.join(map(repr, TIMES))}")
    window = bounds(start, stop)
    events, messages, known = run._events, run._messages, run._machines.index.to_numpy()
    event = None if highlight is None else _event(highlight, known, run.names)
    marked = None if event is None else _find(events, highlight, event, window, run.names)
    rows = np.flatnonzero(_within(events["time"], window))
    if not len(rows):
        raise ValueError(_empty(events, window))
    near = messages[_within(messages["sent"], window) | _within(messages["received"], window)]
    ambiguous = run._logs.ambiguous()
    notes = _gaps(events, rows, near, window, ambiguous)
    machines = known
    if len(known) > MOST_MACHINES:
        machines = _nearest(
            near, known, events["machine_id"].to_numpy()[rows if marked is None else [marked]]
        )
        rows = rows[np.isin(events["machine_id"].to_numpy()[rows], machines)]
        near = near[_among(near, known, machines)]
        notes.append(f"{len(machines)} of {len(known):,} machines shown, with the messages among them")
    edges = np.clip(window, *events["time"].iloc[[0, -1]])
    stretch = _stretch(events["time"].to_numpy(), rows, near, marked)
    if len(stretch) < len(rows):
        which = (
            "the first {} of {} events" if marked is None else "{} of {} events, around the highlighted one"
        )
        notes.append(which.format(f"{len(stretch):,}", f"{len(rows):,}") + " (for others: start, stop)")
        rows = stretch
        edges = events["time"].to_numpy()[rows[[0, -1]]]
        # Their messages are looked up by key: first only those of about that time.
        near = near[near["sent"].between(*edges) | near["received"].between(*edges)]
    placed = _place_events(events, rows, machines, time)
    placed["relation"] = _relate(run, rows, marked, event)
    placed["ambiguous"] = np.isin(rows, ambiguous)
    low, high = edges if time == "real" else (placed["x"].min(), placed["x"].max())
    span = (float(low), float(high))
    return Spacetime(
        time=time,
        machines=machines,
        span=span,
        events=placed,
        lines=_place_lines(events, placed, machines, span, time),
        messages=_place_messages(near, placed, machines, span, time),
        highlight=event,
        notes=notes,
    )


def _within(times: "pd.Series[float]", window: tuple[float, float]) -> "Bools":
    values = times.to_numpy()
    return (values >= window[0]) & (values < window[1])


def _event(event: object, known: "Ints", names: Names) -> tuple[int, int]:
    """Return the machine and the clock of the highlighted event, which names its machine by id or name."""
    try:
        who, clock = cast("tuple[object, int]", event)
        place = index(clock)
    except (TypeError, ValueError):
        raise ValueError(f"highlight={event!r} is not an event: give (machine_id, clock)") from None
    return number(f"highlight={event!r}", who, names, known.tolist()), place


def _find(
    events: pd.DataFrame, named: object, event: tuple[int, int], window: tuple[float, float], names: Names
) -> int:
    """Return the row of the highlighted event."""
    rows = np.flatnonzero((events["machine_id"] == event[0]) & (events["new_clock"] == event[1]))
    if not len(rows):
        who = shown(names, event[0])
        raise ValueError(f"highlight={named!r}: {who} has no event that set its clock to {event[1]}")
    happened = float(events["time"].iloc[rows[0]])
    if not window[0] <= happened < window[1]:
        raise ValueError(
            f"highlight={named!r} happened at {happened:g} s, "
            f"not between start={window[0]:g} and stop={window[1]:g}"
        )
    return int(rows[0])


def _empty(events: pd.DataFrame, window: tuple[float, float]) -> str:
    if events.empty:
        return "the run has no events to draw"
    first, last = events["time"].iloc[0], events["time"].iloc[-1]
    return (
        f"no event from start={window[0]:g} to stop={window[1]:g} (s): this run has events "
        f"from {first:g} to {last:g} s"
    )


def _gaps(
    events: pd.DataFrame, rows: "Ints", near: pd.DataFrame, window: tuple[float, float], ambiguous: "Rows"
) -> list[str]:
    """Return notes on what the logs do not hold."""
    shown = events.iloc[rows]
    received = shown[shown["event"] == "RECEIVE"]
    several = int(np.isin(rows, ambiguous).sum())
    orphans = len(received) - int(_within(near["received"], window).sum()) - several
    notes = [f"{orphans:,} receipts of messages whose SEND is in no log"] if orphans else []
    if several:
        notes.append(f"{several:,} receipts that may be of several messages")
    if len(received) and received["queue_len"].isna().all():
        notes.append("the logs hold no queue lengths")
    return notes


def _nearest(near: pd.DataFrame, known: "Ints", active: "Ints") -> "Ints":
    """Choose the machines that exchange most with one; of equals, those whose numbers are closest.

    That one is the busiest of those `active`: a row for each of its events.
    """
    size = len(known)
    logged = near["recipient"].isin(known).to_numpy(dtype=bool)
    senders = np.searchsorted(known, near["sender"].to_numpy()[logged])
    recipients = np.searchsorted(known, floats(near["recipient"])[logged])
    events = np.bincount(np.searchsorted(known, active), minlength=size)
    busy = np.bincount(senders, minlength=size) + np.bincount(recipients, minlength=size) + events
    center = int(np.where(events > 0, busy, -1).argmax())
    exchanged = np.bincount(recipients[senders == center], minlength=size)
    exchanged += np.bincount(senders[recipients == center], minlength=size)
    far = np.abs(np.arange(size) - center)
    order = np.lexsort((far, -exchanged, far > 0))
    return known[np.sort(order[:MOST_MACHINES])]


def _among(near: pd.DataFrame, known: "Ints", machines: "Ints") -> "Bools":
    """Mark the messages that run between these machines, or from one of them to where no log is."""
    to = near["recipient"]
    return (near["sender"].isin(machines) & (to.isin(machines) | ~to.isin(known))).to_numpy(dtype=bool)


def _stretch(times: "Floats", rows: "Ints", near: pd.DataFrame, marked: int | None) -> "Ints":
    """Keep what can be told apart: the first events, or those around the highlighted one in time."""
    center = rows[0] if marked is None else marked
    place = int(np.searchsorted(rows, center))
    close = rows[max(0, place - MOST_EVENTS) : place + MOST_EVENTS]
    far = np.abs(times[close] - times[center])
    order = np.lexsort((close != center, far))
    count = MOST_EVENTS
    if len(near) > MOST_MESSAGES:
        ends = near[["sent", "received"]].to_numpy()
        within = (ends >= times[rows[0]]) & (ends <= times[rows[-1]])
        seen = np.where(within, np.abs(ends - times[center]), np.inf).min(axis=1)
        reach = np.partition(seen, MOST_MESSAGES)[MOST_MESSAGES]
        count = min(count, max(1, int(np.searchsorted(far[order], reach))))
    return np.sort(close[order[:count]])


def _place_events(events: pd.DataFrame, rows: "Ints", machines: "Ints", time: str) -> pd.DataFrame:
    shown = events.iloc[rows]
    ids, clocks = shown["machine_id"].to_numpy(), shown["new_clock"].to_numpy()
    if time == "step":
        x = np.empty(len(rows))
        x[np.lexsort((ids, clocks))] = np.arange(len(rows))
    else:
        x = shown["time" if time == "real" else "new_clock"].to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            "row": rows,
            "x": x,
            "y": np.searchsorted(machines, ids),
            "machine_id": ids,
            "new_clock": clocks,
            "event": shown["event"].array,
        }
    )


def _relate(
    run: "Recorded", rows: "Ints", marked: int | None, highlight: tuple[int, int] | None
) -> pd.Categorical:
    """Return how each event stands to the highlighted one."""
    if highlight is None:
        return _relations(np.full(len(rows), -1))
    past, future = run.causality.past(highlight)[rows], run.causality.future(highlight)[rows]
    return _relations(np.select([rows == marked, future, past], [3, 2, 1], 0))


def _relations(codes: "Ints") -> pd.Categorical:
    return pd.Categorical.from_codes(codes, dtype=RELATIONS)


def _place_lines(
    events: pd.DataFrame, placed: pd.DataFrame, machines: "Ints", span: tuple[float, float], time: str
) -> pd.DataFrame:
    """Cut each machine's line at its events.

    In real time a line spans the window. On the other axes it begins where the first event found the
    clock, and ends at the last event: no machine is drawn at a clock value that it did not reach.
    """
    shown = events.iloc[placed["row"]]
    earlier = events.iloc[: placed["row"].iloc[0]].drop_duplicates("machine_id", keep="last")
    before = np.zeros(len(machines))
    known = np.isin(earlier["machine_id"].to_numpy(), machines)
    before[np.searchsorted(machines, earlier["machine_id"].to_numpy()[known])] = _queues(earlier)[known]
    parts = [{"y": placed["y"].to_numpy(), "x": placed["x"].to_numpy(), "queue_len": _queues(shown)}]
    if time == "real":
        every = np.arange(len(machines))
        parts.insert(0, {"y": every, "x": np.full(len(every), span[0]), "queue_len": before})
        parts.append(
            {"y": every, "x": np.full(len(every), span[1]), "queue_len": np.full(len(every), np.nan)}
        )
    elif time == "lamport":
        y, first = np.unique(placed["y"].to_numpy(), return_index=True)
        found = shown["old_clock"].to_numpy(dtype=np.float64)[first]
        parts.insert(0, {"y": y, "x": found, "queue_len": before[y]})
    y, x, queue = (np.concatenate([part[name] for part in parts]) for name in ("y", "x", "queue_len"))
    order = np.argsort(y, kind="stable")  # within a machine the rows stand in its own order already
    y, x, queue = y[order], x[order], queue[order]
    same = y[1:] == y[:-1]
    return pd.DataFrame(
        {"y": y[:-1][same], "x0": x[:-1][same], "x1": x[1:][same], "queue_len": queue[:-1][same]}
    )


def _queues(events: pd.DataFrame) -> "Floats":
    """Queue length after each event: a tick that sends or does nothing found the queue empty."""
    received = (events["event"] == "RECEIVE").to_numpy()
    return np.where(received, floats(events["queue_len"]), 0.0)


def _place_messages(
    near: pd.DataFrame, placed: pd.DataFrame, machines: "Ints", span: tuple[float, float], time: str
) -> pd.DataFrame:
    """Return the messages that an event shown sent or received, from end to end; one end may lie outside."""
    sends = _look_up(placed, near["sender"], near["sent_clock"])
    receipts = _look_up(placed, near["recipient"], near["received_clock"])
    touching = (sends >= 0) | (receipts >= 0)
    near, sends, receipts = near[touching], sends[touching], receipts[touching]
    codes = placed["relation"].cat.codes.to_numpy()
    into = (receipts >= 0) & np.isin(codes[receipts], (1, 3))
    out = (sends >= 0) & np.isin(codes[sends], (2, 3))
    x0 = _ends(placed, sends, near["sent"], near["sent_clock"], time)
    x1 = _ends(placed, receipts, near["received"], near["received_clock"], time)
    y0 = np.searchsorted(machines, near["sender"].to_numpy()).astype(np.float64)
    logged = near["recipient"].isin(machines).to_numpy(dtype=bool)
    y1 = np.where(logged, np.searchsorted(machines, floats(near["recipient"])), np.nan)
    received = (near["status"] == "received").to_numpy()
    arrived = near["arrived"].to_numpy()
    waiting = ~received & logged & ~np.isnan(arrived) & (time == "real")
    lost = ~received & ~waiting
    x1 = np.where(waiting, arrived, np.where(lost, x0 + STUB_WIDTH * (span[1] - span[0]), x1))
    # Where to is unknown: downwards.
    y1 = np.where(lost, y0 + STUB_HEIGHT * np.where(y1 < y0, -1, 1), y1)
    return pd.DataFrame(
        {
            "x0": x0,
            "y0": y0,
            "x1": x1,
            "y1": y1,
            "sent_shown": sends >= 0,
            "received": received,
            "received_shown": receipts >= 0,
            "inferred": near["matched"].isin(["unique", "fifo"]).to_numpy(),
            **{name: near[name].array for name in KEYS},
            "relation": _relations(np.select([codes[:1] < 0, into, out], [-1, 1, 2], 0)),
        }
    )


def _look_up(placed: pd.DataFrame, machine: "pd.Series[Any]", clock: "pd.Series[Any]") -> "Ints":
    """Return the places of events by machine and clock, -1 for those not shown."""
    keys = pd.MultiIndex.from_arrays([placed["machine_id"], placed["new_clock"]])
    first = np.flatnonzero(~keys.duplicated())  # a faulty program's table may hold an event twice
    wanted = [column.fillna(-1).astype(np.int64) for column in (machine, clock)]
    found = keys[first].get_indexer(pd.MultiIndex.from_arrays(wanted))
    return np.where(found >= 0, first[found], -1)


def _ends(
    placed: pd.DataFrame, at: "Ints", times: "pd.Series[float]", clocks: "pd.Series[float]", time: str
) -> "Floats":
    """Return the x of messages' ends; in steps, an end not shown lies between the events around it."""
    if time == "step":
        outside = np.searchsorted(np.sort(placed["new_clock"].to_numpy()), clocks.to_numpy(), "right") - 0.5
    else:
        outside = (times if time == "real" else clocks).to_numpy(dtype=np.float64)
    return np.where(at >= 0, placed["x"].to_numpy()[at], outside)
