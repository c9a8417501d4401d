"""Whether nothing is under way on any host any more."""

import time
from collections.abc import Sequence

from lamport._hosts.station import Look, Station

__all__ = ["Quiet"]

EVERY = 0.25
"""Seconds between two questions."""
GIVEN_UP = 5.0
"""Seconds after which a question is asked anew."""


class Quiet:
    """Asks all hosts how it is with their machines, again and again.

    Clocks of hosts are apart, so each tells for how long its machines are known to stand as they do. If all
    have stood so for longer than the question and its answer took, all stood so when it was asked: at one
    instant nothing was under way anywhere, and nothing happens any more.
    """

    def __init__(self) -> None:
        self._number = 0
        self._asked = 0.0

    def turn(self, stations: Sequence[Station]) -> bool:
        """Ask if it is time to; return whether the last answers say that all is quiet."""
        now = time.monotonic()
        answers = [station.looks for station in stations]
        known = [answer for answer in answers if answer is not None and answer[0] == self._number]
        is_answered = self._number > 0 and len(known) == len(answers)
        if is_answered and self._is_quiet(known):
            return True
        if now > self._asked + (EVERY if is_answered or not self._number else GIVEN_UP):
            self._number, self._asked = self._number + 1, now
            for station in stations:
                station.order(do="look", number=self._number)
        return False

    def _is_quiet(self, answers: Sequence[tuple[int, float, list[Look]]]) -> bool:
        kept = unread = 0
        for _, came, looks in answers:
            for look in looks:
                if not look.is_idle or look.age < (came - self._asked) * 1e9:
                    return False
                kept, unread = kept + look.kept, unread + look.unread
        # What waits at a machine that has stopped stays there.
        return kept == unread
