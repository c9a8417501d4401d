"""Tables of events made elsewhere, as runs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import pandas as pd

from lamport._lamport import EVENT_COLUMNS, EVENT_KINDS
from lamport._model.public import public
from lamport._runs.frame import as_frame
from lamport._runs.run import Run
from lamport._runs.units import UNITS, in_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["from_events"]

CODES = {kind: code for code, kind in enumerate(EVENT_KINDS)}
REQUIRED = ("machine_id", "event", "new_clock")
LISTS = ("recipient_ids", "recipients")
EMPTY = {"", "null", "None"}
"""What tables write as text where there is nothing."""
FLAGS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
LARGEST = 2**53 - 1
SECOND = np.timedelta64(1, "s")


class Arrow(Protocol):
    """A table of any library that exports Arrow data."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


@public
def from_events(
    frame: pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]] | Arrow,
    *,
    time_unit: Literal["s", "ms", "us", "ns"] | None = None,
) -> Run:
    """Make a run of a table of events.

    Parameters
    ----------
    frame : DataFrame, mapping of columns or sequence of mappings
        A table of pandas, polars, pyarrow or duckdb (the last three need pyarrow), or anything that exports
        Arrow data; one row per event: ``machine_id``, ``event`` (SEND, RECEIVE or INTERNAL, in any case) and
        ``new_clock``. Used where present: ``time`` or ``system_time``, ``old_clock``, ``queue_len``,
        ``sender``, ``sent_clock``, ``arrived``, ``manual``, ``by_hand`` and ``recipients`` (a list or tuple
        of machine ids, or its text, ``[2, 3]`` or ``(2, 3)``, with null or None for one unknown; also called
        ``recipient_ids``): all that `Run.events` has, in whatever file it was. Times are numbers, dates with
        or without a time zone (without: UTC), or durations. Without times the rows are taken as one second
        apart. Events are put in order of time; those of a machine at one time stay in the order of the rows,
        so a table must not be shuffled.
    time_unit : {"s", "ms", "us", "ns"}, optional
        What numbers in ``time``, ``system_time`` and ``arrived`` are: seconds if None, unless they cannot be.

    Returns
    -------
    Run
        The run; it has no logs and no directory.

    Raises
    ------
    ValueError
        A column is missing or there twice, a value is not what its column holds, times cannot be seconds and
        no `time_unit` is given, or there is ``arrived`` but neither ``time`` nor ``system_time``.
    TypeError
        `frame` is not a table.
    ImportError
        A table of polars, pyarrow or duckdb needs pyarrow.

    Warns
    -----
    LamportWarning
        Times are whole numbers that would be a run of months: they are hardly seconds.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.from_events({"machine_id": [1, 2], "event": ["send", "receive"], "new_clock": [1, 2]})
    >>> run.events["event"].tolist()
    ['SEND', 'RECEIVE']
    """
    from lamport._lamport import table_logs

    table = as_frame(frame, "a table of events")
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        has = ", ".join(map(str, table.columns)) or "nothing"
        raise ValueError(f"the table has no column {', '.join(missing)}: it has {has}")
    for name in (*dict(EVENT_COLUMNS), *LISTS):
        if (table.columns == name).sum() > 1:
            raise ValueError(f"the table has more than one column {name}: keep one of them")
    if time_unit is not None and (not isinstance(time_unit, str) or time_unit not in UNITS):
        raise ValueError(f"time_unit={time_unit!r} is not known: it is one of {', '.join(map(repr, UNITS))}")
    columns: dict[str, Any] = {
        name: _times(table, name, time_unit) if "seconds" in form else READERS[form](table, name)
        for name, form in EVENT_COLUMNS
        if name in table.columns
    }
    columns |= {name: _lists(table, name) for name in LISTS if name in table.columns}
    return Run(table_logs(columns))


def _codes(table: pd.DataFrame, name: str) -> Any:
    try:
        column = table[name].astype("category")
    except TypeError:  # a list, say
        column = table[name].astype("str").astype("category")
    names = column.cat.categories.astype("str").str.upper()
    # The last place is that of what is missing, whose code is -1.
    known = np.array([CODES.get(word, -1) for word in names] + [-1], dtype=np.int8)
    codes = known[column.cat.codes.to_numpy()]
    if (codes < 0).any():
        raise _wrong(table, name, codes < 0, f"one of {', '.join(CODES)}")
    return codes


def _flags(table: pd.DataFrame, name: str) -> Any:
    """Return what is true, or its text; what is missing is false."""
    column = table[name]
    if column.dtype == bool:
        return column.to_numpy(copy=True)
    texts = column.astype("str").str.lower()
    values = texts.map(FLAGS)
    strange = values.isna() & column.notna() & (texts != "")
    if strange.any():
        raise _wrong(table, name, strange, "true or false")
    return (values == True).to_numpy(dtype=bool)  # noqa: E712 - missing is neither


def _times(table: pd.DataFrame, name: str, unit: str | None) -> "Floats":
    """Return times in seconds: dates since 1970 in UTC, durations as they are, numbers by their unit."""
    column = table[name]
    if column.dtype == object:
        held = pd.api.types.infer_dtype(column, skipna=True)
        if held in {"datetime", "datetime64", "date"}:
            column = pd.to_datetime(column, utc=True)
        elif held in {"timedelta", "timedelta64"}:
            column = pd.to_timedelta(column)
    kind = column.dtype.kind
    if kind not in {"M", "m"}:
        return in_seconds(_numbers(table, name, "a number of seconds, a date or a duration"), name, unit)
    if kind == "M" and getattr(column.dt, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    values = column.to_numpy(dtype=f"{kind}8[{_unit(column)}]")
    since = values - np.datetime64(0, "s") if kind == "M" else values
    seconds: Floats = since / SECOND
    return seconds


def _unit(column: "pd.Series[Any]") -> str:
    """Return the unit in which a column of times counts."""
    arrow = getattr(column.dtype, "pyarrow_dtype", None)
    return str(arrow.unit if arrow is not None else np.datetime_data(column.to_numpy().dtype)[0])


def _numbers(table: pd.DataFrame, name: str, right: str = "a number") -> "Floats":
    column = table[name]
    if column.dtype.kind in {"M", "m"}:
        raise ValueError(f"the column {name} holds times ({column.dtype}): it must hold numbers")
    values = pd.to_numeric(column, errors="coerce")
    strange = values.isna() & column.notna()
    if strange.any():
        raise _wrong(table, name, strange, right)
    return values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)


def _whole(table: pd.DataFrame, name: str, *, missing: bool = False) -> Any:
    """Return whole numbers; where one may be missing, a negative one in its place."""
    values = _numbers(table, name)
    bad = ~((values >= 0) & (values <= LARGEST) & (values == np.floor(values)))
    if missing:
        absent = np.isnan(values)
        bad &= ~absent
        values[absent] = -1
    if bad.any():
        raise _wrong(table, name, bad, "a whole number from 0 to 2^53 - 1")
    return values.astype(np.int64)


def _maybe_whole(table: pd.DataFrame, name: str) -> Any:
    return _whole(table, name, missing=True)


def _lists(table: pd.DataFrame, name: str) -> "list[Any]":
    """Return the lists of ids; where there is none, to whom it went is unknown."""
    column = table[name].to_numpy(dtype=object)
    lists = np.empty(len(column), dtype=object)
    lists[:] = [[None]] * len(column)
    given = table[name].notna().to_numpy(copy=True)
    if pd.api.types.infer_dtype(table[name], skipna=True) == "string":
        given &= ~table[name].str.strip().isin(EMPTY).to_numpy(dtype=bool, na_value=True)
    lists[given] = column[given]
    return list(lists)


def _wrong(table: pd.DataFrame, name: str, bad: Any, right: str) -> ValueError:
    """Say which value is wrong first, and what would be right."""
    row = int(np.flatnonzero(bad)[0])
    value = table[name].iloc[row]
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ValueError(f"row {row}: {name} is missing: it must be {right}")
    plain = value.item() if isinstance(value, np.generic) else value
    return ValueError(f"row {row}: {name} {plain!r} is not {right}")


READERS = {
    "whole": _whole,
    "whole or none": _maybe_whole,
    "kind": _codes,
    "flag": _flags,
}
"""What reads each form of a column but times."""
