"""Questions about the consistent cuts of a run."""

from typing import TYPE_CHECKING

from lamport._model.check import whole
from lamport._runs.answer import Answer
from lamport._runs.names import Names
from lamport._runs.window import window

if TYPE_CHECKING:
    from lamport import _lamport
    from lamport._lamport import Logs

__all__ = ["CutQuestions"]

LIMIT = 10**7


class CutQuestions:
    """The part of `Causality` that asks about consistent cuts."""

    _names: Names
    _logs: "Logs"
    _native: "_lamport.Causality"

    def count_cuts(
        self, start: float | None = None, stop: float | None = None, *, limit: int = LIMIT
    ) -> Answer:
        """Count the consistent cuts of a run, or of a stretch of it.

        A cut is consistent if with each event it has all that happened before it. The states that a
        distributed computation can have gone through are these: as many as there are orders of its events
        or fewer, and still soon too many: 20 events of machines that do not talk to each other make
        ``11 * 11`` cuts on two machines, and ``2 ** 20`` on twenty. Each is visited once, from another, and
        none is kept: the memory is 8 bytes an event.

        Parameters
        ----------
        start, stop : float, optional
            A stretch of time in s, from `start` on and before `stop`. Its first cut is the largest
            consistent cut without an event at or after `start`, its last that of `stop`; both count.
        limit : int
            How many cuts are visited at most.

        Returns
        -------
        Answer
            Its `value` is how many there are, `int` takes it. It is None if they are more than `limit`; then
            `low` is a number that they are at least. It is None too if the logs leave open how many there
            are: at least `low` are consistent whatever is true, and at most `high` can be.

        Raises
        ------
        ValueError
            `start` is not below `stop`, or `limit` is less than 1.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> int(run.causality.count_cuts())
        5
        """
        low, high, visited = self._cuts(start, stop).count(_limit(limit))
        if low == high:
            return Answer(low, None, None, visited, low=low, high=high)
        if high is None:
            why = f"there are more consistent cuts than limit={limit}"
        else:
            why = f"the logs leave open how many cuts are consistent, {low} to {high}"
        return Answer(None, None, None, visited, why=why, low=low, high=high)

    def _cuts(self, start: float | None, stop: float | None) -> "_lamport.Cuts":
        """Return the cuts of a stretch of time."""
        from lamport._lamport import Cuts

        window(start, stop)
        return Cuts(self._native, self._logs.events()["time"], start, stop)


def _limit(limit: object) -> int:
    number = whole("limit", limit)
    if number < 1:
        raise ValueError(f"limit={number}: give the number of cuts that are visited at most, 1 or more")
    return number
