"""Columns of whole numbers as few bytes: differences, in planes of bytes, deflated. ``codec.js`` reads them.

A file of columns is the length of its head (4 bytes, little-endian), the head (JSON, deflated), and parts
that the head places. Each part is deflated by itself, so that a page inflates what it needs when it needs it.
"""

import json
import os
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Parts", "deflated", "planes"]

LEVEL = 6
"""Of deflate: 9 costs ten times as much for 2 to 5 %."""
AT_ONCE = 2**16
"""Numbers that are made planes of at once: what they take stays near the processor."""
WORKERS = min(4, os.cpu_count() or 1)


def deflated(data: bytes) -> bytes:
    return zlib.compress(data, LEVEL)


def planes(values: "NDArray[Any]", *, differences: bool) -> tuple[bytes, int]:
    r"""Return the bytes of whole numbers, all lowest bytes first, and how many planes there are.

    The sign of a number is its lowest bit; numbers that are all 0 have no plane.

    Examples
    --------
    >>> planes(np.array([7, 7, 6]), differences=True)
    (b'\x0e\x00\x01', 1)
    """
    largest = 0
    for _, folded in _folded(values, differences):
        largest |= int(np.bitwise_or.reduce(folded))
    width = (largest.bit_length() + 7) // 8
    made = np.empty((width, len(values)), dtype=np.uint8)
    for low, folded in _folded(values, differences) if width else ():
        made[:, low : low + len(folded)] = (
            folded.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)[:, :width].T
        )
    return made.tobytes(), width


def _folded(values: "NDArray[Any]", differences: bool) -> "Iterator[tuple[int, NDArray[np.uint64]]]":
    """Yield numbers without signs, some at once, each time with how many were before.

    Those of 10^7 events at once would take the time of so much new memory, not that of the sums.
    """
    last = np.int64(0)
    for low in range(0, len(values), AT_ONCE):
        numbers = values[low : low + AT_ONCE].astype(np.int64, copy=False)
        if differences:
            numbers = np.diff(numbers, prepend=last)
            last = np.int64(values[low + len(numbers) - 1])
        yield low, ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)


class Parts:
    """The parts of a file of columns. They are deflated in threads while others are made."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS)
        self._parts: list[Future[bytes]] = []
        self.columns: dict[str, dict[str, Any]] = {}
        """The columns, with which part is theirs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def put(self, data: bytes) -> int:
        """Add bytes, and return which part they are."""
        self._parts.append(self._pool.submit(deflated, data))
        return len(self._parts) - 1

    def length(self, part: int) -> int:
        """Return how many bytes a part has, deflated."""
        return len(self._parts[part].result())

    def cut(self, part: int) -> None:
        """Leave out a part, and those after it."""
        del self._parts[part:]

    def column(self, name: str, values: "NDArray[Any]", *, differences: bool = False) -> None:
        """Add a column of whole numbers."""
        data, width = planes(values, differences=differences)
        self.columns[name] = {"count": len(values), "width": width, "differences": differences}
        if width:
            self.columns[name]["at"] = self.put(data)

    def joined(self, head: dict[str, Any]) -> bytes:
        """Return the file, with the columns in its head.

        Wherever ``at`` is a part, the page reads its place: where it begins behind the head, and its length.
        """
        parts = [part.result() for part in self._parts]
        ends = list(accumulate(map(len, parts)))

        def placed(entry: dict[str, Any]) -> dict[str, Any]:
            if "at" not in entry:
                return entry
            length = len(parts[entry["at"]])
            return {**entry, "at": [ends[entry["at"]] - length, length]}

        head = {
            **head,
            "texts": [placed(entry) for entry in head.get("texts", ())],
            "columns": {name: placed(entry) for name, entry in self.columns.items()},
        }
        packed = deflated(json.dumps(head, separators=(",", ":"), allow_nan=False).encode())
        return b"".join([len(packed).to_bytes(4, "little"), packed, *parts])
