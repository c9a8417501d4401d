"""Which columns of a table are which, by their own names or those declared."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lamport._lamport import EVENT_COLUMNS
from lamport._runs.declaration import COLUMNS

__all__ = ["KNOWN", "named"]

LISTS = ("recipient_ids", "recipients")
KNOWN = (*dict(EVENT_COLUMNS), *LISTS, "vector_clock", "message")
"""The columns that mean something; all others stay as they are."""
OTHERS = COLUMNS | {"host": "machine_id", "timestamp": "time", "recipient": "recipients"}
"""What else columns may be called, where nothing is called as ours are: what patterns and keys are."""
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
        has = _shown(table.columns)
        if strange := [name for name in columns if name not in table.columns]:
            raise ValueError(f"columns: the table has no column {strange[0]!r}: it has {has}")
        aside = [name for name, ours in columns.items() if ours is None]
        declared = {name: kept for name, kept in columns.items() if kept is not None}
        # What had one of our names and is something else stays, under its own name.
        replaced = [name for name in table.columns if name in declared.values() and name not in declared]
        table = table.drop(columns=[*aside, *replaced]).rename(columns=declared)
    here = set(table.columns)
    known: dict[str, str] = {}
    for name, ours in OTHERS.items():
        if name in here and ours not in here and ours not in known.values():
            known[name] = ours
    if known:
        table = table.rename(columns=known)
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
        has = _shown(here)
        raise ValueError(
            f"the table has no column {', '.join(missing)}: it has {has}; if it is there under another name, "
            f"say so with columns={{theirs: {missing[0]!r}}}"
        )


def _shown(names: Iterable[Any]) -> str:
    """Say which columns there are, without the marks by which a name could move a terminal."""
    texts = [text if text.isprintable() else repr(text) for text in map(str, names)]
    return ", ".join(texts) or "nothing"
