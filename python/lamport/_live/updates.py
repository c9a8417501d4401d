"""What a run that goes on has told: the newest of it, in bounded memory, for viewers who come and go."""

import json
from collections import deque
from itertools import islice
from threading import Condition
from typing import NamedTuple

__all__ = ["Update", "Updates"]

KEPT = 4_000_000
"""The most bytes that are kept: at the most events a second those of some 15 s."""
BATCH = 250_000
"""The most bytes that are handed out at once, or one update."""
BEGIN = '{"type":"begin"'
FIRST_TIME, AGAIN = '"again":false}', '"again":true}'
"""How a text that begins ends, and how it ends if a viewer is to forget what it has."""


class Update(NamedTuple):
    """A text and its number, from 1 on."""

    number: int
    text: str


class Updates:
    """Texts with numbers that go up by one, of which the newest are kept, and what they begin with."""

    def __init__(self) -> None:
        self._kept: deque[Update] = deque()
        self._bytes = 0
        self._number = 0
        # What began before the first that is kept.
        self._begin: str | None = None
        self._end: Update | None = None
        self._news = Condition()

    def add(self, texts: list[str]) -> None:
        """Add texts; nothing follows an end."""
        if not texts or self._end is not None:
            return
        with self._news:
            for text in texts:
                self._add(text)
            self._news.notify_all()

    def end(self, told: str) -> None:
        """Add words that end it, if there are none yet."""
        self.add([json.dumps({"type": "end", "told": told}, separators=(",", ":"))])

    @property
    def end_told(self) -> str | None:
        """The words that ended it."""
        return None if self._end is None else json.loads(self._end.text)["told"]

    def is_end(self, update: Update) -> bool:
        """Whether nothing follows."""
        return update is self._end

    def is_over(self, number: int) -> bool:
        """Whether whoever has the text with this number has all there will be."""
        return self._end is not None and number == self._end.number

    def after(self, number: int | None, timeout: float) -> list[Update]:
        """Wait for texts after this one, and return some of them.

        Whoever has none, or one after which not all are kept, gets what is kept from its beginning.
        """
        with self._news:
            known = number if number is not None and number <= self._number else 0
            self._news.wait_for(lambda: known != self._number, timeout)
            if not self._kept:
                return []
            first = self._kept[0].number
            if number == known and known >= first - 1:
                return _batch(islice(self._kept, known - first + 1, None))
            return self._whole(first - 1, again=number is not None)

    def _whole(self, before: int, *, again: bool) -> list[Update]:
        """Return what is kept from its beginning, with what it begins with."""
        texts = list(self._kept)
        if self._begin is not None:
            texts.insert(0, Update(before, self._begin))
        if again and texts and texts[0].text.startswith(BEGIN):
            text = texts[0].text
            texts[0] = Update(
                texts[0].number, text.removesuffix(FIRST_TIME) + AGAIN * text.endswith(FIRST_TIME)
            )
        return _batch(texts)

    def _add(self, text: str) -> None:
        if self._end is not None:
            return
        self._number += 1
        update = Update(self._number, text)
        if text.startswith(BEGIN) and text.endswith(AGAIN):
            # Nothing before counts any more.
            self._kept.clear()
            self._bytes, self._begin = 0, None
        if text.startswith('{"type":"end"'):
            self._end = update
        self._kept.append(update)
        self._bytes += len(text)
        while self._bytes > KEPT and len(self._kept) > 1:
            gone = self._kept.popleft()
            self._bytes -= len(gone.text)
            if gone.text.startswith(BEGIN):
                self._begin = gone.text


def _batch(updates: "islice[Update] | list[Update]") -> list[Update]:
    """Return the first of them, up to so many bytes."""
    found: list[Update] = []
    size = 0
    for update in updates:
        size += len(update.text)
        if found and size > BATCH:
            break
        found.append(update)
    return found
