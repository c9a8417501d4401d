"""Values of tables, one column at a time, and what is said of a wrong one."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["READERS", "machines", "numbers", "recipients", "wrong"]

FLAGS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
EMPTY = {"", "null", "None"}
"""What tables write as text where there is nothing."""
LARGEST = 2**53 - 1
TEXTS = {"string", "mixed", "mixed-integer"}


def flags(table: pd.DataFrame, name: str) -> Any:
    """Return what is true, or its text; what is missing is false."""
    column = table[name]
    if column.dtype == bool:
        return column.to_numpy(copy=True)
    texts = column.astype("str").str.lower()
    values = texts.map(FLAGS)
    strange = values.isna() & column.notna() & (texts != "")
    if strange.any():
        raise wrong(table, name, strange, "true or false")
    return (values == True).to_numpy(dtype=bool)  # noqa: E712 - missing is neither


def numbers(table: pd.DataFrame, name: str, right: str = "a number") -> "Floats":
    """Return numbers, NaN where there is none."""
    column = table[name]
    if column.dtype.kind in {"M", "m"}:
        raise ValueError(f"the column {name} holds times ({column.dtype}): it must hold numbers")
    if len(column) and pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        raise wrong(table, name, column.notna().to_numpy(dtype=bool), right)
    values = pd.to_numeric(column, errors="coerce")
    strange = values.isna() & column.notna()
    if strange.any():
        raise wrong(table, name, strange, right)
    return values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)


def whole(table: pd.DataFrame, name: str, *, missing: bool = False) -> Any:
    """Return whole numbers; where one may be missing, a negative one in its place."""
    right = "a whole number from 0 to 2^53 - 1"
    values = numbers(table, name, right)
    bad = ~((values >= 0) & (values <= LARGEST) & (values == np.floor(values)))
    if missing:
        absent = np.isnan(values)
        bad &= ~absent
        values[absent] = -1
    if bad.any():
        raise wrong(table, name, bad, right)
    return values.astype(np.int64)


def maybe_whole(table: pd.DataFrame, name: str) -> Any:
    """Return whole numbers, a negative one where there is none."""
    return whole(table, name, missing=True)


def machines(table: pd.DataFrame, name: str, *, missing: bool) -> Any:
    """Return ids, a negative one where there is none, or the names as objects."""
    column = table[name]
    if column.dtype.kind in {"i", "u", "f"}:
        return whole(table, name, missing=missing)
    held: Any = column if column.dtype != "category" else column.astype(column.cat.categories.dtype)
    kind = pd.api.types.infer_dtype(held, skipna=True)
    if kind not in TEXTS:
        return whole(table, name, missing=missing)
    cells = held.to_numpy(dtype=object, na_value=None)
    absent = held.isna().to_numpy(dtype=bool)
    if missing:
        cells = np.where(_is_empty(held), None, cells)
    elif absent.any():
        raise wrong(table, name, absent, "the id or the name of a machine")
    return cells


def recipients(table: pd.DataFrame, name: str) -> "list[Any]":
    """Return what stands there; where there is nothing, to whom it went is unknown."""
    column = table[name].to_numpy(dtype=object)
    lists = np.empty(len(column), dtype=object)
    lists[:] = [[None]] * len(column)
    given = table[name].notna().to_numpy(copy=True)
    if pd.api.types.infer_dtype(table[name], skipna=True) in TEXTS:
        given &= ~_is_empty(table[name])
    lists[given] = column[given]
    return list(lists)


def _is_empty(column: "pd.Series[Any]") -> Any:
    """Whether a text says that there is nothing, or nothing is there."""
    texts = column.str.strip()
    return (texts.isin(EMPTY) | column.isna()).to_numpy(dtype=bool, na_value=True)


def wrong(table: pd.DataFrame, name: str, bad: Any, right: str) -> ValueError:
    """Say which value is wrong first, and what would be right."""
    place = int(np.flatnonzero(bad)[0])
    row = table.attrs.get("rows", range(len(table)))[place]
    value = table[name].iloc[place]
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ValueError(f"row {row}: {name} is missing: it must be {right}")
    plain = value.item() if isinstance(value, np.generic) else value
    return ValueError(f"row {row}: {name} {plain!r} is not {right}")


READERS = {"whole": whole, "whole or none": maybe_whole, "flag": flags}
"""What reads each form of a column but kinds, times and machines."""
