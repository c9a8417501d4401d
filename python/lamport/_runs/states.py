"""The states that handlers of an algorithm declare, as a table."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._lamport import Logs

__all__ = ["states"]

OURS = ("machine_id", "time", "new_clock")
WHOLE, TRUTH, REAL = np.dtype("int64"), np.dtype("bool"), np.dtype("float64")
DTYPES: dict[tuple[str, bool], Any] = {
    ("integer", False): WHOLE,
    ("integer", True): pd.Int64Dtype(),
    ("boolean", False): TRUTH,
    ("boolean", True): pd.BooleanDtype(),
    ("floating", False): REAL,
    ("floating", True): REAL,
    ("mixed-integer-float", False): REAL,
    ("mixed-integer-float", True): REAL,
    ("string", False): "str",
    ("string", True): "str",
}
"""By what the values are and whether one is missing: the type of a column. To look names up takes longer."""


def states(logs: "Logs") -> pd.DataFrame:
    """Make the table `Run.states`."""
    rows, texts = logs.states()
    events = logs.events()
    columns: dict[str, Any] = {name: events[name][rows] for name in OURS}
    declared = pd.DataFrame(_values(texts), index=range(len(rows)), dtype=object)
    cells = declared.to_numpy()
    machines = columns["machine_id"]
    by_machine = np.argsort(machines, kind="stable")
    for place, name in enumerate(declared.columns):
        carried = np.empty(len(rows), dtype=object)
        carried[by_machine] = _carried(cells[by_machine, place], machines[by_machine])
        columns[f"{name}_" if name in OURS else name] = _typed(carried)
    return pd.DataFrame(columns)


def _values(texts: list[str]) -> Any:
    try:
        return json.loads(f"[{','.join(texts)}]")
    except ValueError:  # a whole number of more digits than Python reads by itself
        from lamport._lamport import body_value

        return [body_value(text) for text in texts]


def _carried(cells: "NDArray[np.object_]", machines: "NDArray[np.int64]") -> Any:
    """Return the last value that was declared by then, None where none was; rows are by machine."""
    places = np.arange(len(cells))
    # JSON has no NaN: it stands where nothing was declared.
    is_declared = np.equal(cells, cells).astype(bool)
    last = np.maximum.accumulate(np.where(is_declared, places, -1))
    first = np.searchsorted(machines, machines)
    carried = cells[last]
    carried[last < first] = None
    return carried


def _typed(values: "NDArray[np.object_]") -> Any:
    """Return the values as a column of their own type, if all are of one."""
    is_missing = pd.isna(values).any()
    kind = pd.api.types.infer_dtype(values, skipna=True)
    dtype = DTYPES.get((kind, bool(is_missing)), "object")
    try:
        return pd.Series(values, dtype=dtype)
    except OverflowError:  # a whole number beyond 64 bits
        return pd.Series(values, dtype="object")
