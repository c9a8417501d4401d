"""Clocks and drift over time: the last value of each machine at given times."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, SupportsFloat

import numpy as np
import pandas as pd

from lamport._model.check import real

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["as_step", "clocks", "clocks_at", "drift", "spread"]

MOST_ROWS = 10**8


def clocks(events: pd.DataFrame, machines: Sequence[int], every: SupportsFloat | None) -> pd.DataFrame:
    """Make the table `Run.clocks`."""
    grid = _grid(events, every)
    columns = dict(zip(machines, _values(events, machines, grid), strict=True))
    table = pd.DataFrame(columns, index=pd.Index(grid, name="time"), columns=pd.Index(machines))
    return table.rename_axis(columns="machine_id")


def clocks_at(events: pd.DataFrame, machines: Sequence[int], times: "Floats") -> "Ints":
    """Return the clocks at instants that go up: a row an instant, a column a machine."""
    found = np.empty((len(times), len(machines)), dtype=np.int64)
    for column, values in enumerate(_values(events, machines, times)):
        found[:, column] = values
    return found


def drift(events: pd.DataFrame, machines: Sequence[int], every: SupportsFloat | None) -> "pd.Series[Any]":
    """Make `Run.drift_over_time`, in memory that does not grow with the number of machines."""
    grid = _grid(events, every)
    return pd.Series(spread(events, machines, grid), index=pd.Index(grid, name="time"), name="drift")


def spread(events: pd.DataFrame, machines: Sequence[int], grid: "Floats") -> "Ints":
    """Return the largest clock less the smallest at the times of a grid."""
    times = events["time"].to_numpy()
    after = events["new_clock"].to_numpy()
    before, last = _before(events, machines)
    if (after < before).any() or (np.diff(times) < 0).any():
        return _spread_plainly(events, machines, grid)
    # Clocks go up: the largest so far is the largest that was set, and the smallest of those that are to be
    # left behind, or to stay, is the smallest now.
    highest = np.maximum.accumulate(np.append(last[0], after))
    lowest = np.minimum.accumulate(np.append(before, last[1])[::-1])[::-1]
    place = np.searchsorted(times, grid, side="right")
    values: Ints = highest[place] - lowest[place]
    return values


def _before(events: pd.DataFrame, machines: Sequence[int]) -> tuple["Ints", tuple[int, int]]:
    """Return the clock of the machine before each event; the largest clock at first, the smallest at last."""
    ids, old, new = (events[name].to_numpy() for name in ("machine_id", "old_clock", "new_clock"))
    order = np.argsort(ids, kind="stable")
    is_first = np.diff(ids[order], prepend=-1) != 0
    before = np.empty(len(ids), dtype=np.int64)
    before[order] = np.where(is_first, old[order], np.roll(new[order], 1))
    # A machine without events stays at 0.
    silent = [0] if is_first.sum() < len(machines) or not len(machines) else []
    first = np.append(before[order][is_first], silent).max()
    last = np.append(new[order][np.roll(is_first, -1)], silent).min()
    return before, (int(first), int(last))


def _spread_plainly(events: pd.DataFrame, machines: Sequence[int], grid: "Floats") -> "Ints":
    """Return the same where clocks, or times, go back: machine by machine."""
    highest = np.full(len(grid), np.iinfo(np.int64).min)
    lowest = np.full(len(grid), np.iinfo(np.int64).max)
    for values in _values(events, machines, grid):
        np.maximum(highest, values, out=highest)
        np.minimum(lowest, values, out=lowest)
    apart: Ints = highest - lowest
    return apart


def as_step(every: object) -> float:
    """Return the seconds between two instants.

    Raises
    ------
    ValueError
        It is not a positive number.
    """
    step = real("every", every)
    if not (step > 0 and math.isfinite(step)):
        raise ValueError(f"every={every!r} is not a step in time: give a positive number of seconds")
    return step


def _grid(events: pd.DataFrame, every: SupportsFloat | None) -> "Floats":
    times = events["time"].to_numpy()
    if every is None:
        return np.unique(times)
    every = as_step(every)
    first, last = (min(0.0, times[0]), max(0.0, times[-1])) if len(times) else (0.0, 0.0)
    start, stop = math.floor(first / every), math.ceil(last / every)
    if stop - start > MOST_ROWS:
        length = last - first
        raise ValueError(
            f"every={every!r} makes {stop - start} rows of {length:g} s: give at least {length / MOST_ROWS:g}"
        )
    return np.arange(start, stop + 1) * every


def _values(events: pd.DataFrame, machines: Sequence[int], grid: "Floats") -> Iterator["Ints"]:
    """Return each machine's last clock value at the times of the grid, machine by machine."""
    ids = events["machine_id"].to_numpy()
    order = np.argsort(ids, kind="stable")
    starts = np.searchsorted(ids[order], np.asarray(machines, dtype=np.int64), side="left")
    stops = np.searchsorted(ids[order], np.asarray(machines, dtype=np.int64), side="right")
    times, before, after = (events[name].to_numpy() for name in ("time", "old_clock", "new_clock"))
    for start, stop in zip(starts, stops, strict=True):
        rows = order[start:stop]
        first = before[rows[:1]] if len(rows) else np.zeros(1, dtype=np.int64)
        values = np.concatenate([first, after[rows]])
        yield values[np.searchsorted(times[rows], grid, side="right")]
