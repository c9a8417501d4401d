"""Clocks and drift over time: the last value of each machine at given times."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lamport._model.check import real

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["clocks", "drift"]

MOST_ROWS = 10**8


def clocks(events: pd.DataFrame, machines: Sequence[int], every: float | None) -> pd.DataFrame:
    """Make the table `Run.clocks`."""
    grid = _grid(events, every)
    columns = dict(zip(machines, _values(events, machines, grid), strict=True))
    table = pd.DataFrame(columns, index=pd.Index(grid, name="time"), columns=pd.Index(machines))
    return table.rename_axis(columns="machine_id")


def drift(events: pd.DataFrame, machines: Sequence[int], every: float | None) -> "pd.Series[Any]":
    """Make `Run.drift_over_time`, in memory that does not grow with the number of machines."""
    grid = _grid(events, every)
    highest = np.zeros(len(grid), dtype=np.int64)
    lowest = np.full(len(grid), np.iinfo(np.int64).max if len(machines) else 0)
    for values in _values(events, machines, grid):
        np.maximum(highest, values, out=highest)
        np.minimum(lowest, values, out=lowest)
    return pd.Series(highest - lowest, index=pd.Index(grid, name="time"), name="drift")


def _grid(events: pd.DataFrame, every: float | None) -> "Floats":
    times = events["time"].to_numpy()
    if every is None:
        return np.unique(times)
    every = real("every", every)
    if not (every > 0 and math.isfinite(every)):
        raise ValueError(f"every={every!r} is not a step in time: give a positive number of seconds")
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
