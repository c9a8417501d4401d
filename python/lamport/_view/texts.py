"""Bodies and states of events, in blocks that a page inflates on hover and when it searches."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from lamport._view.codec import Parts
from lamport._view.lanes import Lanes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

__all__ = ["BLOCK", "MOST", "texts_of"]

BLOCK = 65_536
"""Events whose texts are in one block."""
MOST = 16_000_000
"""Bytes of a page that texts take; what is beyond is cut."""
LONGEST = 4_000_000
"""Letters of texts that are in one part, if they are of several events."""
AHEAD = 4
"""Parts that are made before it is known how long they become, deflated."""
PACKED = 3 / 4
"""Bytes in a sign of base64."""


class Texts(NamedTuple):
    """The texts of a page."""

    placed: list[dict[str, Any]]
    """Where they are."""
    left: dict[str, int]
    """How many of each name are not on the page."""
    notes: list[str]
    """Of what is left out, in sentences."""


def texts_of(run: "Recorded", whole: Lanes, parts: Parts, most: int) -> Texts:
    """Put the texts of events into parts.

    A part is ``[events, texts]`` of events of one block, which may have several. A body stands at its SEND,
    and at receipts that say another or whose message is not here.
    """
    told = Texts([], {}, [])
    room = most * PACKED
    for name, some, texts in _kinds(run, whole):
        made: list[tuple[int, int, int]] = []
        left, low = room, 0
        for high in _ends(some, texts):
            if len(made) >= AHEAD:
                left -= parts.length(made[-AHEAD][2])
            if left <= 0:
                break
            packed = json.dumps([some[low:high].tolist(), texts[low:high]], separators=(",", ":")).encode()
            made.append((low, high, parts.put(packed)))
            low = high
        low = 0
        for begin, end, part in made:
            if room <= 0:
                parts.cut(part)
                break
            room -= parts.length(part)
            told.placed.append({"name": name, "block": int(some[begin]) // BLOCK, "at": part})
            low = end
        if low < len(some):
            told.left[name] = len(some) - low
            why = f"a page has {most:,} bytes of them" if most else "the page was made without"
            told.notes.append(f"{len(some) - low:,} texts ({name}) are left out: {why}")
    return told


def _ends(some: "NDArray[np.int64]", texts: list[str]) -> "Iterator[int]":
    """Yield where parts end: with their block, and before they are too long."""
    lengths = np.fromiter((len(text or "") for text in texts), dtype=np.int64, count=len(texts)).cumsum()
    low = 0
    while low < len(some):
        block = int(np.searchsorted(some, (some[low] // BLOCK + 1) * BLOCK))
        before = int(lengths[low - 1]) if low else 0
        low = min(block, max(low + 1, int(np.searchsorted(lengths, before + LONGEST, side="right"))))
        yield low


def _kinds(run: "Recorded", whole: Lanes) -> "Iterator[tuple[str, NDArray[np.int64], list[str]]]":
    """Yield what texts there are: their name, their events in order, and they themselves."""
    if (bodies := run._logs.bodies()) is not None:
        mine = bodies[whole.rows]
        told = pd.notna(mine)
        # A receipt has what its SEND says, as a rule: null, if that is not so.
        linked = whole.receipts >= 0
        receipts, sends = whole.receipts[linked], whole.sends[linked]
        told[receipts] = mine[receipts] != mine[sends]
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
