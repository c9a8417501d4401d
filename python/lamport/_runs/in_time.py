"""What a run came to on average over time, or since a time on: drift, waits, queues."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from lamport._lamport import EVENT_KINDS, LamportError
from lamport._model.check import real
from lamport._runs import clocks, tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._lamport import Logs

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["IN_TIME", "Told", "machines", "machines_since"]

IN_TIME = ("mean_drift", "max_drift", "mean_wait", "mean_queue_len")
PLACE = "load_predicted"
"""The column before which they stand."""
OF_WHOLE_RUNS = ("lateness_p50", "lateness_p99", "lateness_max")
"""What only END lines tell, of all the ticks of a machine."""


class Told(NamedTuple):
    """What is told of a run: its logs, what they say of machines, and its parameters."""

    logs: "Logs"
    table: pd.DataFrame
    known: "Mapping[str, Any]"


class Stretch(NamedTuple):
    """A stretch of time that ends with the last event, in whole microseconds."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    def inside(self, start: "Ints", end: "Ints | int") -> "Ints":
        """Return how much of other stretches lies in it."""
        lasted: Ints = np.maximum(np.minimum(end, self.end) - np.maximum(start, self.start), 0)
        return lasted


class Waits(NamedTuple):
    """The messages that arrived at machines, in whole microseconds; where a machine is that they came to."""

    place: "NDArray[np.intp]"
    arrived: "Ints"
    taken: "Ints"
    """When it was received; never if it was left in the queue."""
    is_whole: "NDArray[np.bool_]"
    """Of each machine, whether these are all of its messages."""

    @property
    def is_received(self) -> "NDArray[np.bool_]":
        received: NDArray[np.bool_] = self.taken != NEVER
        return received


NEVER = np.iinfo(np.int64).max


def machines(run: Told) -> pd.DataFrame:
    """Make the table `Run.machines`: what the logs say of machines, and what they came to over time."""
    table = run.table
    try:
        run.logs.events()
    except LamportError:  # nothing was recorded
        nothing = np.full(len(table), np.nan)
        told = dict.fromkeys(IN_TIME, nothing) | {"max_drift": pd.array([pd.NA] * len(table), dtype="Int64")}
        return _with(table, told)
    return _with(table, _in_time(run, _stretch(run, None)))


def machines_since(run: Told, since: float, *, strict: bool = True) -> pd.DataFrame:
    """Make the table `Run.machines_since`; unless strict, also of a run without an event from then on."""
    stretch = _stretch(run, since, strict=strict)
    table = run.table.drop(columns=list(OF_WHOLE_RUNS))
    events = run.logs.events()
    kept = _micros(events["time"]) >= stretch.start
    if not kept.all():
        _count_again(table, {name: values[kept] for name, values in events.items()}, run.known)
    waits = _waits(run)
    _grow_since(table, run, stretch, waits)
    return _with(table, _in_time(run, stretch, waits))


def _with(table: pd.DataFrame, told: "Mapping[str, Any]") -> pd.DataFrame:
    """Put the columns in their place."""
    at = list(table.columns).index(PLACE)
    whole = {name: table[name] for name in table.columns[:at]} | dict(told)
    whole |= {name: table[name] for name in table.columns[at:]}
    return pd.DataFrame(whole, index=table.index)


def _stretch(run: Told, since: float | None, *, strict: bool = True) -> Stretch:
    """Return the stretch from a time on, or from the beginning, until the last event."""
    times = run.logs.events()["time"]
    first, last = (float(times.min()), float(times.max())) if len(times) else (0.0, 0.0)
    start = min(0.0, first)
    if since is not None:
        since = real("since", since)
        if not math.isfinite(since):
            raise ValueError(f"since={since!r} is not a time: give seconds from the beginning of ticking")
        if since >= last and strict:
            raise ValueError(f"since={since:g} (s) leaves nothing: the last event is at {last:g}")
        start = max(start, since)
    return Stretch(round(start * 1e6), round(max(start, last) * 1e6))


def _in_time(run: Told, stretch: Stretch, waits: Waits | None = None) -> dict[str, Any]:
    mean_drift, max_drift = _drift(run, stretch)
    number = len(run.table)
    mean_wait, mean_queue_len = _queues(run, stretch, _waits(run) if waits is None else waits)
    return {
        "mean_drift": np.full(number, mean_drift),
        "max_drift": np.full(number, max_drift, dtype=np.int64),
        "mean_wait": mean_wait,
        "mean_queue_len": mean_queue_len,
    }


def _drift(run: Told, stretch: Stretch) -> tuple[float, int]:
    """Return the mean over time, and the largest, of the drift at each instant."""
    events = tables.events(run.logs)
    times = np.unique(events["time"].to_numpy())
    micros = _micros(times)
    inner = (micros > stretch.start) & (micros <= stretch.end)
    begin = float(np.append(-np.inf, times[micros <= stretch.start])[-1])
    values = clocks.spread(events, run.table.index.tolist(), np.append(begin, times[inner]))
    lasted = np.diff(np.append(stretch.start, micros[inner]))
    largest = int(values.max())
    return _sum_of_products(values[:-1], lasted) / stretch.length if stretch.length else math.nan, largest


def _waits(run: Told) -> Waits:
    """Gather which messages waited where, and when; arrivals that are not known are left out."""
    events, table = run.logs.events(), run.table
    rows = np.flatnonzero((events["event"] == EVENT_KINDS.index("RECEIVE")) & ~np.isnan(events["arrived"]))
    numbers = table.index.to_numpy()
    place = np.searchsorted(numbers, events["machine_id"][rows])
    arrived, taken = _micros(events["arrived"][rows]), _micros(events["time"][rows])
    left = tables.floats(table["final_queue_len"])
    is_whole = np.bincount(place, minlength=len(table)) == table["receives"].to_numpy()
    if (is_whole & (left > 0)).any():
        # What was left in queues has an arrival and no receipt.
        messages = run.logs.messages()
        unread = (messages["status"] == tables.STATUSES.index("unread")) & ~np.isnan(messages["arrived"])
        unread &= np.isin(messages["recipient"], numbers)
        where = np.searchsorted(numbers, messages["recipient"][unread])
        is_whole &= np.bincount(where, minlength=len(table)) == left
        place = np.append(place, where)
        arrived = np.append(arrived, _micros(messages["arrived"][unread]))
        taken = np.append(taken, np.full(len(where), NEVER))
    return Waits(place, arrived, taken, is_whole & ~np.isnan(left))


def _queues(run: Told, stretch: Stretch, waits: Waits) -> tuple["Floats", "Floats"]:
    """Return the mean wait, and the mean length of the queue, of each machine."""
    number = len(run.table)
    counted = waits.is_received & (waits.taken >= stretch.start)
    sums = _sums(waits.place[counted], (waits.taken - waits.arrived)[counted], number)
    counts = np.bincount(waits.place[counted], minlength=number)
    mean_wait = _quotient(sums, counts * 10**6)
    inside = stretch.inside(waits.arrived, waits.taken)
    length = _quotient(_sums(waits.place, inside, number), np.full(number, stretch.length))
    return mean_wait, np.where(waits.is_whole, length, np.nan)


def _count_again(table: pd.DataFrame, events: "Mapping[str, Any]", known: "Mapping[str, Any]") -> None:
    """Count what machines did in these events only."""
    place = np.searchsorted(table.index.to_numpy(), events["machine_id"])
    number = len(table)

    def count(which: Any) -> "Ints":
        counts: Ints = np.bincount(place[which], minlength=number).astype(np.int64)
        return counts

    for code, kind in enumerate(EVENT_KINDS):
        table[f"{kind.lower()}s"] = count(events["event"] == code)
    ticks = ~(events["manual"] | events["caused"])
    if known.get("draw_after_receive"):
        # A tick that received and then acted is two events at one time.
        ticks[ticks] = _is_first(place[ticks], _micros(events["time"][ticks]))
    table["ticks"] = count(ticks)
    told = events["old_clock"] >= 0
    jumps = np.where(told, events["new_clock"] - events["old_clock"], 0)
    table["mean_jump"] = _quotient(_sums(place, jumps, number), count(told))
    table["max_jump"] = _largest(place, jumps, np.zeros(number, dtype=np.int64))
    left = table["final_queue_len"].to_numpy(dtype=np.int64, na_value=-1)
    table["max_queue_len"] = tables.maybe_whole(_largest(place, events["queue_len"], left))


def _grow_since(table: pd.DataFrame, run: Told, stretch: Stretch, waits: Waits) -> None:
    """Say how fast queues grew from a time on, where it is known how long they were then."""
    waiting = (waits.arrived <= stretch.start) & (waits.taken > stretch.start)
    before = np.bincount(waits.place[waiting], minlength=len(table))
    columns = run.logs.machines()
    seconds = columns["duration"] + columns["down"] - stretch.start / 1e6
    gained = np.where(waits.is_whole, tables.floats(table["final_queue_len"]) - before, np.nan)
    table["queue_growth"] = np.divide(gained, seconds, out=np.full(len(table), np.nan), where=seconds > 0)


def _is_first(place: "NDArray[np.intp]", times: "Ints") -> "NDArray[np.bool_]":
    """Say which events are the first of a machine at their time."""
    is_first = np.zeros(len(place), dtype=bool)
    is_first[np.unique(np.stack([place, times]), axis=1, return_index=True)[1]] = True
    return is_first


def _largest(place: "NDArray[np.intp]", values: "Ints", least: "Ints") -> "Ints":
    largest = least.copy()
    np.maximum.at(largest, place, values)
    return largest


def _micros(times: "Floats") -> "Ints":
    """Return times in whole microseconds, as logs have them."""
    whole: Ints = np.rint(times * 1e6).astype(np.int64)
    return whole


def _sums(place: "NDArray[np.intp]", values: "Ints", number: int) -> "Ints":
    sums = np.zeros(number, dtype=np.int64)
    np.add.at(sums, place, values)
    return sums


def _quotient(sums: "Ints", counts: "Ints") -> "Floats":
    quotient: Floats = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return quotient


def _sum_of_products(values: "Ints", weights: "Ints") -> int:
    """Return the exact sum of values times weights, which may be beyond 64 bits."""
    parts = ((shift, int(((values >> shift) & 0xFFFF) @ weights)) for shift in range(0, 64, 16))
    return sum(part << shift for shift, part in parts)
