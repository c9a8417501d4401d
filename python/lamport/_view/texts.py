"""Bodies and states of events, in blocks that a page inflates on hover and when it searches."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lamport._view.codec import Parts
from lamport._view.lanes import RECEIVE, Lanes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

__all__ = ["BLOCK", "MOST", "texts_of"]

BLOCK = 65_536
"""Events whose texts are in one block."""
MOST = 16_000_000
"""Bytes of a page that texts take; what is beyond is cut."""
PACKED = 3 / 4
"""Bytes in a sign of base64."""


def texts_of(
    run: "Recorded", whole: Lanes, parts: Parts, matched: "NDArray[np.bool_]", most: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Put the texts of events into parts; return where they are, and what is left out.

    A block is ``[events, texts]``: a body stands at its SEND, and at receipts whose message is not here.
    """
    if not most:
        return [], []
    placed: list[dict[str, Any]] = []
    notes: list[str] = []
    left = most * PACKED
    for name, some, texts in _kinds(run, whole, matched):
        for block in np.unique(some // BLOCK).tolist():
            low, high = np.searchsorted(some, [block * BLOCK, (block + 1) * BLOCK]).tolist()
            if left <= 0:
                notes.append(
                    f"{len(some) - low:,} texts ({name}) are left out: a page has {most:,} bytes of them"
                )
                break
            packed = json.dumps([some[low:high].tolist(), texts[low:high]], separators=(",", ":")).encode()
            part = parts.put(packed)
            left -= parts.length(part)
            placed.append({"name": name, "block": block, "at": part})
    return placed, notes


def _kinds(
    run: "Recorded", whole: Lanes, matched: "NDArray[np.bool_]"
) -> "Iterator[tuple[str, NDArray[np.int64], list[str]]]":
    """Yield what texts there are: their name, their events in order, and they themselves."""
    if (bodies := run._logs.bodies()) is not None:
        mine = bodies[whole.rows]
        told = pd.notna(mine)
        told &= ~((whole.kinds == RECEIVE) & matched)
        some = np.flatnonzero(told)
        yield "body", some, mine[some].tolist()
    rows, states = run._logs.states()
    if len(rows):
        place = np.full(int(max(rows.max(), whole.rows.max(initial=0))) + 1, -1)
        place[whole.rows] = np.arange(len(whole.rows))
        at = place[rows]
        order = np.argsort(at, kind="stable")
        order = order[at[order] >= 0]
        yield "state", at[order], [states[each] for each in order.tolist()]
