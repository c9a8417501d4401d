"""Predicates over the states of machines, as users give them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lamport._model.check import flag, mapping
from lamport._runs.names import Names, number, shown
from lamport._runs.spelled import spelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._lamport import Logs

__all__ = ["conditions", "states_of"]

FORM = '{1: run.events.loc[run.events["machine_id"] == 1, "new_clock"] > 3}'


class Known:
    """The machines of a run, and which rows of its tables are whose."""

    def __init__(self, logs: "Logs", names: Names, machines: Sequence[int]) -> None:
        self.logs, self.names, self.machines = logs, names, list(machines)
        self.machine_id: NDArray[np.int64] = logs.events()["machine_id"]

    def rows(self, machine: int) -> "NDArray[np.int64]":
        """Return the rows of a machine in `Run.events`."""
        return np.flatnonzero(self.machine_id == machine)

    def by_machine(self, what: str, given: Mapping[Any, Any]) -> dict[int, Any]:
        """Return a mapping whose machines are called by ids or names, by their ids."""
        found: dict[int, Any] = {}
        for key, value in given.items():
            machine = number(f"machine of {what}", key, self.names, self.machines)
            if machine in found:
                raise ValueError(f"{what} names {shown(self.names, machine)} twice")
            found[machine] = value
        return found


def conditions(
    logs: "Logs", names: Names, machines: Sequence[int], predicate: Mapping[Any, Any], initial: object
) -> "tuple[NDArray[np.bool_], list[bool | None]]":
    """Return by row of the events whether the condition of its machine holds, and by machine at first.

    Raises
    ------
    ValueError
        What is given of a machine are no truth values of its states.
    """
    known = Known(logs, names, machines)
    given = known.by_machine("predicate", predicate)
    first = _initial(known, given, initial)
    truth = np.zeros(len(known.machine_id), dtype=np.bool_)
    for machine, series in given.items():
        rows = known.rows(machine)
        truth[rows] = _aligned(known, machine, rows, series, first[machine])
    return truth, [first.get(machine) for machine in known.machines]


def _initial(known: Known, given: Mapping[int, Any], initial: object) -> dict[int, bool]:
    """Return by machine that has a condition whether that holds before its first event."""
    if not isinstance(initial, Mapping):
        return dict.fromkeys(given, flag("initial", initial))
    first = dict.fromkeys(given, False)
    for machine, value in known.by_machine("initial", mapping("initial", initial, "{1: True}")).items():
        who = shown(known.names, machine)
        if machine not in first:
            raise ValueError(f"initial names {who}, of which the predicate says nothing")
        first[machine] = flag(f"initial of {who}", value)
    return first


def _aligned(
    known: Known, machine: int, rows: "NDArray[np.int64]", series: object, first: bool
) -> "NDArray[np.bool_]":
    """Return whether the condition of a machine holds after each of its events."""
    what = f"predicate of {shown(known.names, machine)}"
    if not isinstance(series, pd.Series):
        kind = type(series).__name__
        raise ValueError(f"{what} is a {kind}: give a boolean Series, as in {FORM}")
    if series.index.equals(pd.Index(rows)):
        return _truth(what, series)
    declared = known.logs.states()[0]
    states = np.flatnonzero(known.machine_id[declared] == machine)
    if len(states) and series.index.equals(pd.Index(states)):
        values = np.concatenate([[first], _truth(what, series)])
        # A state that is declared lasts until the next.
        return values[np.searchsorted(declared[states], rows, side="right")]
    raise ValueError(f"{what} {_difference(series.index, rows)}: {_hint(known, machine, series)}")


def _difference(index: "pd.Index[Any]", rows: "NDArray[np.int64]") -> str:
    """Say where an index is not that of a machine's rows."""
    if len(index) != len(rows):
        return f"has {len(index)} values, where the machine has {len(rows)} events"
    differs = pd.Series(index.to_numpy(), dtype=object) != pd.Series(rows, dtype=object)
    place = int(differs.to_numpy().argmax())
    found = index.tolist()[place]
    return f"has another index than the machine's rows of run.events: {found!r}, not {rows[place]}"


def _hint(known: Known, machine: int, series: "pd.Series[Any]") -> str:
    own = f'events["machine_id"] == {machine}'
    if len(series) == len(known.machine_id) and series.index.equals(pd.RangeIndex(len(series))):
        return f"take the rows of that machine, series[{own}]"
    return f"keep the index of run.events.loc[{own}], or of the machine's rows of run.states"


def _truth(what: str, series: "pd.Series[Any]") -> "NDArray[np.bool_]":
    """Return the values of a boolean Series."""
    if (missing := series.isna().to_numpy()).any():
        row = series.index[int(missing.argmax())]
        raise ValueError(f"{what} has no value in row {row}: say what holds there, as with fillna(False)")
    if series.dtype == object and len(series):
        is_truth = series.map(type).isin([bool, np.bool_]).to_numpy()
        if not is_truth.all():
            place = int((~is_truth).argmax())
            value = spelled(repr(series.iloc[place]), 60)
            raise ValueError(f"{what} has {value} in row {series.index[place]}, which is no truth value")
    elif not pd.api.types.is_bool_dtype(series.dtype) and len(series):
        raise ValueError(f"{what} is of {series.dtype}, not of truth values: compare it, as in series > 3")
    return series.to_numpy(dtype=np.bool_)


def states_of(
    events: pd.DataFrame, machines: Sequence[int]
) -> Callable[[int, int, int], list[tuple[Any, ...]]]:
    """Return what makes the states of a machine: rows of the events, with None where there is no value."""
    from collections import namedtuple

    # Names that mean nothing to Python, or begin with an underscore, are numbered.
    names = [str(name) for name in events.columns]
    make_type: Any = namedtuple  # noqa: PYI024
    row = make_type("State", names, rename=True)
    row.__doc__ = "The state of a machine after an event: the columns of `Run.events`."
    machine_id = events["machine_id"].to_numpy()
    rows: dict[int, NDArray[np.int64]] = {}

    def make(place: int, start: int, count: int) -> list[tuple[Any, ...]]:
        if place not in rows:
            rows[place] = np.flatnonzero(machine_id == machines[place])
        part = events.iloc[rows[place][start - 1 : start - 1 + count]]
        columns = [_values(part[name]) for name in part.columns]
        return list(map(row._make, zip(*columns, strict=True)))

    return make


def _values(column: "pd.Series[Any]") -> list[Any]:
    """Return the values of a column, None where there is none; NaN of numbers stays."""
    if column.dtype in {np.dtype(np.float64), np.dtype(object)}:
        return column.tolist()
    return column.astype(object).where(column.notna(), None).tolist()
