"""The orders that an agent is given."""

import json
import os
import selectors
import time
from collections import deque
from typing import Any

__all__ = ["Orders"]

READ = 1 << 16
SHOWN = 60
"""Characters that are shown of what is no order."""


class Orders:
    """What a launcher says, a line each.

    Parameters
    ----------
    fd : int
        Where it says it.
    selector : BaseSelector
        Where that is watched; each key's data is to be called.

    Attributes
    ----------
    heard : float
        When something was heard last, by the monotonic clock.
    is_open : bool
        Whether more may come.
    """

    def __init__(self, fd: int, selector: selectors.BaseSelector) -> None:
        self.heard = time.monotonic()
        self.is_open = True
        self._fd, self._selector = fd, selector
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()
        selector.register(fd, selectors.EVENT_READ, self._read)

    def take(self) -> dict[str, Any] | None:
        """Take the next order, if there is one.

        Raises
        ------
        ValueError
            What came is none.
        """
        if not self._lines:
            return None
        line = self._lines.popleft()
        shown = line[:SHOWN].decode(errors="replace")
        try:
            order = json.loads(line)
        except ValueError as error:
            raise ValueError(f"an order is a line of JSON, and {shown!r} is none: {error}") from None
        if not isinstance(order, dict) or not isinstance(order.get("do"), str):
            raise ValueError(f'an order is a JSON object with a word "do", and {shown!r} is none')
        return order

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.is_open = False
            self._selector.unregister(self._fd)
            return
        self.heard = time.monotonic()
        self._rest += data
        if b"\n" in data:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._lines.extend(line for line in lines if line.strip())
            self._rest = bytearray(rest)
