"""Which columns of a table are which, by their own names or those declared."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lamport._lamport import EVENT_COLUMNS

__all__ = ["KNOWN", "named"]

LISTS = ("recipient_ids", "recipients")
KNOWN = (*dict(EVENT_COLUMNS), *LISTS, "vector_clock", "message")
"""The columns that mean something; all others stay as they are."""
CLOCKS = ("new_clock", "old_clock", "vector_clock", "message")
"""One of these tells the clock; without one, senders and recipients must."""
EVENTS = ("event", "vector_clock")


def named(table: pd.DataFrame, columns: Mapping[str, str | None] | None) -> pd.DataFrame:
    """Give the columns our names.

    Raises
    ------
    ValueError
        A column is declared that is not there, is there twice, or none tells the machine, the event or the
        clock.
    """
    if columns:
        has = ", ".join(map(str, table.columns)) or "nothing"
        if strange := [name for name in columns if name not in table.columns]:
            raise ValueError(f"columns: the table has no column {strange[0]!r}: it has {has}")
        aside = [name for name, ours in columns.items() if ours is None]
        ours = {name: kept for name, kept in columns.items() if kept is not None}
        # What had one of our names and is something else stays, under its own name.
        replaced = [name for name in table.columns if name in ours.values() and name not in ours]
        table = table.drop(columns=[*aside, *replaced]).rename(columns=ours)
    for name in KNOWN:
        if (table.columns == name).sum() > 1:
            raise ValueError(f"the table has more than one column {name}: keep one of them")
    _check(table)
    return table


def _check(table: pd.DataFrame) -> None:
    here: Any = table.columns
    missing = [name for name in ("machine_id",) if name not in here]
    missing += [] if any(name in here for name in EVENTS) else ["event"]
    is_told = any(name in here for name in CLOCKS)
    if not is_told and not ("sender" in here and any(name in here for name in LISTS)):
        missing += ["new_clock"]
    if missing:
        has = ", ".join(map(str, here)) or "nothing"
        raise ValueError(
            f"the table has no column {', '.join(missing)}: it has {has}; if it is there under another name, "
            f"say so with columns={{theirs: {missing[0]!r}}}"
        )
