"""What the events of a table are, by the words for it."""

from typing import Any

import numpy as np
import pandas as pd

from lamport._lamport import EVENT_KINDS
from lamport._runs.cells import wrong
from lamport._runs.declaration import Declaration

__all__ = ["read_kinds"]

CODES = {kind: code for code, kind in enumerate(EVENT_KINDS)}
BOTH, ASIDE = len(EVENT_KINDS), len(EVENT_KINDS) + 1
"""The codes of events that receive and send, and of rows that are none."""


def read_kinds(table: pd.DataFrame, declared: Declaration) -> tuple[pd.DataFrame, dict[str, Any], list[str]]:
    """Read the column of events.

    Returns
    -------
    table, columns, notes
        The rows that are events, with their codes, and how many rows were left aside.

    Raises
    ------
    ValueError
        Words are unknown; they are listed with their counts.
    """
    if "event" not in table.columns:
        return table, {}, []
    try:
        column = table["event"].astype("category")
    except TypeError:  # a list, say
        raise wrong(table, "event", np.arange(len(table)) == 0, f"one of {', '.join(CODES)}") from None
    places = column.cat.codes.to_numpy()
    if (places < 0).any():
        raise wrong(table, "event", places < 0, f"one of {', '.join(CODES)}")
    codes = _codes(column, places, declared)[places] if len(table) else np.zeros(0, dtype=np.int8)
    notes = []
    if (aside := codes == ASIDE).any():
        kept = np.flatnonzero(~aside).astype(np.uint32)
        table = table.iloc[kept]
        table.attrs["rows"] = kept
        codes = codes[kept]
        notes = [f"{int(aside.sum())} rows are no events, as declared: they are left aside"]
    columns: dict[str, Any] = {"event": codes}
    if (both := codes == BOTH).any():
        columns = {"event": np.where(both, CODES["RECEIVE"], codes).astype(np.int8), "both": both}
    return table, columns, notes


def _codes(column: "pd.Series[Any]", places: Any, declared: Declaration) -> Any:
    """Return the code of each word."""
    from lamport._lamport import event_codes

    words = [str(word) for word in column.cat.categories]
    if not declared.events and all(word in CODES for word in words):
        return np.array([CODES[word] for word in words], dtype=np.int8)
    used, first_rows, counts = np.unique(places, return_index=True, return_counts=True)
    codes = np.zeros(len(words), dtype=np.int8)
    given = [words[place] for place in used]
    codes[used] = event_codes(given, counts.tolist(), first_rows.tolist(), declared.events)
    return codes
