"""Times of tables: numbers, dates, durations and their texts, in seconds."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from lamport._runs.cells import numbers, wrong
from lamport._runs.units import ALL_NAMES, UNITS, in_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["CLOCKS", "read_times"]

CLOCKS = ("time", "system_time")
"""The columns of times of events, the one that counts first."""
NANOSECONDS = 10**9
NOTHING = np.iinfo(np.int64).min
SINCE_START = 1e8
"""Times from here on, in seconds, are not since the start of a run."""
SAMPLE = 1_000
FEW = 10


class Times(NamedTuple):
    """A column of times: whole numbers of a unit where they are, so that nothing of them is lost."""

    seconds: "Floats"
    """NaN where there is none."""
    whole: "NDArray[np.int64] | None"
    """The same in whole numbers, if they are that and none is missing."""
    unit: int
    """How many of these make a second."""
    resolution: float
    """In what steps they are given, in seconds; 0 if that is not known."""
    spoken: str
    """What they were taken for, if anything but seconds."""


def read_times(
    table: pd.DataFrame, time_format: str | None, time_unit: str | None
) -> tuple[dict[str, Any], float, list[str]]:
    """Read the columns of times.

    Returns
    -------
    columns, resolution, notes
        Columns in seconds, in what steps the first is given, and how long the run would be.

    Raises
    ------
    ValueError
        A value is not a time, or numbers cannot be seconds and no unit is given.
    """
    names = [name for name in (*CLOCKS, "arrived") if name in table.columns]
    read = {name: _times(table, name, time_format, time_unit) for name in names}
    columns = {name: times.seconds for name, times in read.items()}
    clock = next((name for name in CLOCKS if name in read), None)
    if clock is None or not len(table):
        return columns, 0.0, []
    times = read[clock]
    if len([name for name in CLOCKS if name in read]) == 1 and times.whole is not None:
        columns |= _since_first(read, times)
    notes = []
    if times.spoken:
        span = float(np.ptp(columns["time"] if times.whole is not None else times.seconds))
        notes = [f"{clock} is read as {times.spoken}: the run lasts {span:.6g} s"]
    return columns, times.resolution, notes


def _since_first(read: "dict[str, Times]", times: Times) -> dict[str, Any]:
    """Count times of day from the first of them, exactly."""
    assert times.whole is not None
    first = int(times.whole.min())
    if abs(first) <= SINCE_START * times.unit:
        return {}
    columns = {"time": (times.whole - first) / times.unit, "system_time": times.seconds}
    if "arrived" in read:
        arrived = read["arrived"]
        if arrived.whole is not None and arrived.unit == times.unit:
            columns["arrived"] = (arrived.whole - first) / times.unit
        else:
            columns["arrived"] = arrived.seconds - first / times.unit
    return columns


def _times(table: pd.DataFrame, name: str, time_format: str | None, unit: str | None) -> Times:
    column = table[name]
    if column.dtype == object:
        held = pd.api.types.infer_dtype(column, skipna=True)
        if held in {"datetime", "datetime64", "date"}:
            column = pd.to_datetime(column, utc=True)
        elif held in {"timedelta", "timedelta64"}:
            column = pd.to_timedelta(column)
    if column.dtype.kind in {"M", "m"}:
        return _dates(column)
    if pd.api.types.infer_dtype(column, skipna=True) in {"string", "mixed", "mixed-integer"}:
        strange = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        if time_format is not None or strange.any():
            return _texts(table, name, strange.to_numpy(dtype=bool), time_format)
    elif time_format is not None and column.notna().any():
        raise ValueError(f"time_format is given, but {name} holds numbers ({column.dtype}): leave it out")
    return _numbers(table, name, unit)


def _dates(column: "pd.Series[Any]") -> Times:
    kind = column.dtype.kind
    if kind == "M" and getattr(column.dt, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    unit = _unit(column)
    values = column.to_numpy(dtype=f"{kind}8[{unit}]")
    whole = values.astype(np.int64)
    missing = np.isnat(values)
    seconds = np.where(missing, np.nan, whole / UNITS[unit])
    return Times(seconds, None if missing.any() else whole, UNITS[unit], 0.0, "")


def _unit(column: "pd.Series[Any]") -> str:
    """Return the unit in which a column of times counts."""
    arrow = getattr(column.dtype, "pyarrow_dtype", None)
    return str(arrow.unit if arrow is not None else np.datetime_data(column.to_numpy().dtype)[0])


def _texts(table: pd.DataFrame, name: str, strange: Any, time_format: str | None) -> Times:
    """Read dates and times of day as texts."""
    from lamport._lamport import read_dates

    right = "a number of seconds, a date or a duration"
    if time_format is not None:
        right = f"a time as time_format={time_format!r} has it"
    cells = table[name].to_numpy(dtype=object, copy=True)
    missing = table[name].isna().to_numpy(dtype=bool)
    given = ~missing
    if time_format is None and (plain := given & ~strange).any():
        row, other = int(np.flatnonzero(plain)[0]), int(np.flatnonzero(strange)[0])
        if read_dates([cells[other]], None)[2] is not None:
            raise wrong(table, name, strange, right)
        raise ValueError(
            f"{name} mixes numbers ({cells[row]!r} in row {row}) and dates ({cells[other]!r} in row "
            f"{other}): write all times in one way"
        )
    cells[missing] = None
    texts = cells.tolist()
    nanoseconds, decimals, bad_row = read_dates(texts, time_format)
    if bad_row is not None:
        raise wrong(table, name, np.arange(len(table)) == bad_row, right)
    seconds = np.where(nanoseconds == NOTHING, np.nan, nanoseconds / NANOSECONDS)
    whole = None if missing.any() else nanoseconds
    spoken = "dates" if time_format is None else f"times as {time_format!r}"
    return Times(seconds, whole, NANOSECONDS, 10.0 ** -min(decimals, 9), spoken)


def _numbers(table: pd.DataFrame, name: str, unit: str | None) -> Times:
    column = table[name]
    values = numbers(table, name, "a number of seconds, a date or a duration")
    seconds = in_seconds(values, name, unit)
    many = UNITS[unit or "s"]
    whole = None
    if pd.api.types.infer_dtype(column, skipna=False) == "integer" and column.notna().all():
        whole = _exact(column)
    if len(seconds) and whole is None and np.isfinite(values).all() and unit not in (None, "s"):
        whole = values.astype(np.int64) if (values == np.floor(values)).all() else None
    resolution = 1 / many if whole is not None else _resolution(values) / many
    spoken = "" if unit is None else ALL_NAMES[unit]
    return Times(seconds, whole, many, resolution, spoken)


def _exact(values: Any) -> "NDArray[np.int64] | None":
    try:
        exact: NDArray[np.int64] = np.asarray(values).astype(np.int64)
    except (OverflowError, TypeError, ValueError):  # beyond 2^63, or none in between
        return None
    return exact


def _resolution(values: "Floats") -> float:
    """In what steps numbers are given, by a sample: whole ones, tenths, ... thousandths, else 0 for unknown.

    A few numbers may be round by chance.
    """
    known = values[np.isfinite(values)]
    if len(known) < FEW:
        return 0.0
    sample = known[:: max(1, len(known) // SAMPLE)]
    for decimals in range(4):
        scaled = sample * 10**decimals
        if len(sample) and (np.abs(scaled - np.round(scaled)) < 1e-6 * 10**decimals).all():
            return float(10.0**-decimals)
    return 0.0
