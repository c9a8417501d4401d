"""Columns of whole numbers as few bytes: differences, in planes of bytes, deflated. ``codec.js`` reads them.

A file of columns is the length of its head (4 bytes, little-endian), the head (JSON, deflated), and parts
that the head places. Each part is deflated by itself, so that a page inflates what it needs when it needs it.
"""

import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Parts", "deflated", "planes"]

LEVEL = 6
"""Of deflate: 9 costs ten times as much for 2 to 5 %."""


def deflated(data: bytes) -> bytes:
    return zlib.compress(data, LEVEL)


def planes(values: "NDArray[np.int64]", *, differences: bool) -> tuple[bytes, int]:
    r"""Return the bytes of whole numbers, all lowest bytes first, and how many planes there are.

    The sign of a number is its lowest bit; numbers that are all 0 have no plane.

    Examples
    --------
    >>> planes(np.array([7, 7, 6]), differences=True)
    (b'\x0e\x00\x01', 1)
    """
    numbers = values.astype(np.int64, copy=False)
    if differences and len(numbers):
        numbers = np.diff(numbers, prepend=np.int64(0))
    folded = ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
    largest = int(folded.max(initial=0))
    width = (largest.bit_length() + 7) // 8
    low = folded.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)[:, :width]
    return np.ascontiguousarray(low.T).tobytes(), width


class Parts:
    """The parts of a file of columns."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0
        self.columns: dict[str, dict[str, Any]] = {}

    def put(self, data: bytes) -> list[int]:
        """Add bytes, and return their place: where they begin behind the head, and how many there are."""
        packed = deflated(data)
        place = [self._length, len(packed)]
        self._parts.append(packed)
        self._length += len(packed)
        return place

    def column(self, name: str, values: "NDArray[np.int64]", *, differences: bool = False) -> None:
        """Add a column of whole numbers."""
        data, width = planes(values, differences=differences)
        self.columns[name] = {"count": len(values), "width": width, "differences": differences}
        if width:
            self.columns[name]["at"] = self.put(data)

    def joined(self, head: dict[str, Any]) -> bytes:
        """Return the file, with the columns in its head."""
        text = json.dumps({**head, "columns": self.columns}, separators=(",", ":"), allow_nan=False)
        packed = deflated(text.encode())
        return b"".join([len(packed).to_bytes(4, "little"), packed, *self._parts])
