"""Questions about the consistent cuts of a run."""

import math
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

from lamport._model.check import flag, real, whole
from lamport._runs.answer import Answer, CutPath
from lamport._runs.names import Names
from lamport._runs.window import window

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from lamport import _lamport
    from lamport._lamport import Logs

__all__ = ["CutQuestions", "most_cuts"]

Predicate = Mapping[int | str, Any] | Callable[..., Any]
"""A boolean Series for each of some machines, or a callable of the states of all."""
LIMIT = 10**7
OPEN = "the logs leave open which cuts are consistent"


class CutQuestions:
    """The part of `Causality` that asks about consistent cuts."""

    _names: Names
    _logs: "Logs"
    _extra: "pd.DataFrame | None"
    _native: "_lamport.Causality"
    is_certain: bool

    def possibly(
        self,
        predicate: Predicate,
        *,
        initial: bool | Mapping[int | str, bool] = False,
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        limit: SupportsIndex = LIMIT,
    ) -> Answer:
        """Tell whether a predicate holds in some consistent cut: whether it can have been true.

        Nobody sees the state of all machines at once. What the logs tell is which cuts are consistent, and
        that the run went through some of them. `possibly` asks whether the predicate holds in any,
        `definitely` whether it holds in one of those of each order of the events that the logs allow (Cooper
        and Marzullo 1991, "Consistent detection of global predicates").

        Parameters
        ----------
        predicate : mapping of int or str to Series of bool, or callable
            A mapping is a conjunction of conditions, one for each machine that it names. The Series tells of
            each row of `Run.events` of that machine, with their index, whether its condition holds *after*
            that event, and so until the next; or of each of its rows of `Run.states`, and so until the next
            of these. Machines that are not named are free. The least such cut is found in O(events), without
            vectors: a machine goes on to its next state in which its condition holds, and the senders of what
            it received by then come after. A callable is asked about one cut after the other, level by level,
            so about those with fewer events first. It gets an argument for each machine, in the order of
            their ids: its last row of `Run.events` in the cut, as a named tuple that is made once (None where
            the table has NA), or None before the machine's first event. It must return a truth value and be
            pure.
        initial : bool or mapping of int or str to bool
            Whether the conditions of a mapping hold before the first event of their machine, or of which
            machines they do (not named: not). A callable is told of that state by None.
        start, stop : float, optional
            A stretch of time in s, from `start` on and before `stop`. Its first cut is the largest
            consistent cut without an event at or after `start`, its last that of `stop`; both count. Machines
            are there in the states in which they were; `initial` is their state before all of their events.
        limit : int
            How many cuts a callable is asked about at most (where the logs leave open which are consistent,
            of those that are, and of those that may be). Ten machines come to 10^7 of them within some 60
            events: take a stretch. Two levels of cuts are kept, each cut 4 bytes a machine.

        Returns
        -------
        Answer
            `value` is whether it holds in some cut; then `cut` is one with the fewest events, of a mapping
            the least, which is in all others. None if `limit` came first. `visited` is how many cuts a
            callable was asked about; of a mapping, how many events were looked at. Where the logs leave open
            which cuts are consistent, it is True if it holds in one that is so whatever is true, False if it
            holds in none that can be, else None: then `cut` may be consistent.

        Raises
        ------
        ValueError
            A Series has another index, or values that are missing or no truth values; a machine is not in the
            run; a callable returns no truth value; `start` is not below `stop`; `limit` is less than 1.
        TypeError
            A callable takes another number of arguments than there are machines.
        Exception
            What a callable raises, with the cut as a note.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1, 2], "new_clock": [1, 2, 2, 3],
        ...                            "event": ["SEND", "RECEIVE", "INTERNAL", "INTERNAL"],
        ...                            "sender": [None, 1, None, None], "sent_clock": [None, 1, None, None]})
        >>> one, two = (run.events[run.events["machine_id"] == machine] for machine in (1, 2))
        >>> run.causality.possibly({1: one["new_clock"] == 2, 2: two["new_clock"] == 2})
        Answer(value=True, cut={1: 2, 2: 2}, visited=3)
        >>> run.causality.possibly({1: one["new_clock"] == 1}, initial=True).cut
        {1: 0, 2: 0}
        >>> run.causality.possibly(lambda a, b: a is None and b is not None).value
        False
        """
        return self._answer("possibly", predicate, initial, (start, stop), limit)

    def definitely(
        self,
        predicate: Predicate,
        *,
        initial: bool | Mapping[int | str, bool] = False,
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        limit: SupportsIndex = LIMIT,
    ) -> Answer:
        """Tell whether a predicate was true at some time, in whatever order the events came.

        Each order of the events that keeps happened-before is a path from the first cut to the last, one
        event after the other. It holds definitely if each path comes through a cut in which it holds.

        Of a mapping that is told by its intervals, the stretches in which the condition of a machine holds:
        it is so if there is one of each machine such that each begins before every other ends (Garg and
        Waldecker 1996, "Detection of strong unstable predicates in distributed programs"). That usually takes
        O(machines x events), at worst machines times as much (where many wait for late events of one). Beside
        the graph it is about 20 bytes an event for the path, and 12 bytes for each pair of a machine that is
        named and any; there may be 2^28 of them. A callable is asked about the cuts that can be reached
        without one in which it holds, level by level: two levels are kept, each cut 4 bytes a machine, and
        8 bytes for each cut.

        Parameters
        ----------
        predicate : mapping of int or str to Series of bool, or callable
            As of `possibly`.
        initial : bool or mapping of int or str to bool
            As of `possibly`.
        start, stop : float, optional
            A stretch of time in s, as of `possibly`: paths go from its first cut to its last.
        limit : int
            How many cuts a callable is asked about at most, as of `possibly`.

        Returns
        -------
        Answer
            `value` is whether each path comes through such a cut. If so, `cut` is one with the fewest events
            in which it holds (where the logs rule nothing out, the first cut or the last if it holds there,
            else None, as no other is known to be consistent); if not, `path` is a path that avoids them all,
            from the first cut to the last. None if `limit` came first. `visited` is as of `possibly`. Where
            the logs leave open which cuts are consistent, it is True if it holds on each path that can be,
            False if a path avoids it whose cuts are consistent whatever is true (or, without `path`, if it
            holds in no cut that can be), else None.

        Raises
        ------
        ValueError
            As of `possibly`; or a mapping names so many machines that there are more than 2^28 pairs of them
            and any.
        TypeError
            A callable takes another number of arguments than there are machines.
        Exception
            What a callable raises, with the cut as a note.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1, 2], "new_clock": [1, 2, 2, 3],
        ...                            "event": ["SEND", "RECEIVE", "INTERNAL", "INTERNAL"],
        ...                            "sender": [None, 1, None, None], "sent_clock": [None, 1, None, None]})
        >>> one, two = (run.events[run.events["machine_id"] == machine] for machine in (1, 2))
        >>> around = run.causality.definitely({1: one["new_clock"] == 2, 2: two["new_clock"] == 2})
        >>> around.value, list(around.path)[-2:]
        (False, [{1: 1, 2: 3}, {1: 2, 2: 3}])
        >>> run.causality.definitely(lambda a, b: a is not None and b is None)
        Answer(value=True, cut={1: 1, 2: 0}, visited=2)
        """
        return self._answer("definitely", predicate, initial, (start, stop), limit)

    def snapshot(self, time: SupportsFloat) -> Answer:
        """Take the largest consistent cut without an event at or after a time, and what was under way in it.

        Where the clocks of hosts agree, that is what had happened by then; where a message was received
        before it was sent, by their clocks, the receipt and what follows from it is left out.

        Parameters
        ----------
        time : float
            In s, as ``time`` of `Run.events`.

        Returns
        -------
        Answer
            `cut` is the cut. `channels` are the rows of `Run.messages` that were sent in it and not received:
            the state of the channels, in the order in which they were sent. `visited` is how many events are
            in the cut. `value` is True; None where the logs rule nothing out, so that it may be inconsistent.
            Messages whose receipts are not known (``matched`` is ``ambiguous`` or ``none``) are among them,
            if they were sent.

        Raises
        ------
        ValueError
            `time` is not a number, or NaN.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> taken = run.causality.snapshot(30.0)
        >>> run.causality.cut_is_consistent(taken), taken.cut
        (True, {1: 142, 2: 175, 3: 180})
        >>> taken.channels[["sender", "sent_clock", "recipient", "received_clock"]].tail(1)
            sender  sent_clock  recipient  received_clock
        85       2         174          1             178
        """
        from lamport._lamport import Cuts
        from lamport._runs import tables

        at = real("time", time)
        if math.isnan(at):
            raise ValueError(f"time={time!r} is no time: give a number of seconds")
        cuts = Cuts(self._native, self._logs.events()["time"], None, at)
        counts = cuts.last
        machines = self._native.machines
        cut = self._clocks(cuts, counts)
        messages = tables.messages(self._logs)
        known = messages["sender"].map(cut).to_numpy()
        is_sent = messages["sent_clock"].to_numpy() <= known
        received = messages["received_clock"]
        # Clocks are below 2^53: none is rounded where a recipient is unknown.
        taken = received <= messages["recipient"].map(cut).astype("Int64")
        is_received = taken.fillna(value=False).to_numpy(dtype=bool)
        channels = messages[is_sent & ~is_received]
        if beyond := cuts.receipts_beyond(counts.tolist()):
            keys = ["recipient", "sender", "sent_clock"]
            late = messages.set_index(keys).index.isin(beyond)
            channels = messages[is_sent & (~is_received | late)]
        is_sure = cuts.has_sure_ends
        return Answer(
            True if is_sure else None,
            cut,
            None,
            int(counts.sum()),
            why="" if is_sure else OPEN,
            counts=dict(zip(machines, counts.tolist(), strict=True)),
            channels=channels.copy(),
        )

    def count_cuts(
        self,
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        *,
        limit: SupportsIndex = LIMIT,
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
        low, high, visited = self._cuts(start, stop).count(most_cuts(limit))
        if low == high:
            return Answer(low, None, None, visited, low=low, high=high)
        if high is None:
            many = "are" if self.is_certain else "can be"
            why = f"there {many} more consistent cuts than limit={limit}"
        else:
            why = f"the logs leave open how many cuts are consistent, {low} to {high}"
        return Answer(None, None, None, visited, why=why, low=low, high=high)

    def _answer(
        self,
        question: str,
        predicate: Any,
        initial: object,
        ends: tuple[SupportsFloat | None, SupportsFloat | None],
        limit: object,
    ) -> Answer:
        """Ask `possibly` or `definitely`."""
        from lamport._runs import predicate as predicates

        most = most_cuts(limit)
        cuts = self._cuts(*ends)
        machines = self._native.machines
        if isinstance(predicate, Mapping):
            given = predicates.conditions(self._logs, self._names, machines, predicate, initial)
            found = (cuts.possibly if question == "possibly" else cuts.definitely)(*given)
        elif callable(predicate):
            if isinstance(initial, Mapping) or flag("initial", initial):
                raise ValueError(
                    f"initial={initial!r} is for a mapping: a callable gets None for the state of a machine "
                    "before its first event"
                )
            _check_arguments(predicate, machines)
            make = predicates.states_of(self._whole_events(), machines)
            asked = cuts.possibly_somewhere if question == "possibly" else cuts.definitely_somewhere
            found = asked(predicate, make, most)
        else:
            raise ValueError(
                f"predicate={predicate!r} is none: give a mapping of machines to boolean Series, as in "
                f"{predicates.FORM}, or a callable of {len(machines)} states"
            )
        value, cut, steps, visited, why = found
        if why == "limit":
            why = (
                f"limit={most} came first: {visited} consistent cuts were visited, and there are more; "
                "take a stretch by start= and stop=, or a higher limit"
            )
        elif why == "logs":
            why = f"{OPEN}" + ("" if cut is None else ", and it holds only in such as may be")
        return Answer(
            value,
            None if cut is None else self._clocks(cuts, cut),
            None if steps is None else CutPath(cuts, machines, steps),
            visited,
            why=why,
            counts=None if cut is None else dict(zip(machines, cut.tolist(), strict=True)),
        )

    def _clocks(self, cuts: "_lamport.Cuts", counts: "NDArray[np.int64]") -> dict[int, int]:
        """Return the clock of the last event of each machine in a cut."""
        clocks = cuts.clocks(counts.reshape(1, -1))[0].tolist()
        return dict(zip(self._native.machines, clocks, strict=True))

    def _whole_events(self) -> "pd.DataFrame":
        from lamport._runs import tables

        return tables.whole_events(tables.events(self._logs), self._logs, self._extra)

    def _cuts(self, start: SupportsFloat | None, stop: SupportsFloat | None) -> "_lamport.Cuts":
        """Return the cuts of a stretch of time."""
        from lamport._lamport import Cuts

        window(start, stop)
        return Cuts(self._native, self._logs.events()["time"], start, stop)


def most_cuts(limit: object, what: str = "visited") -> int:
    """Return how many cuts are visited at most, or whatever is done to them.

    Raises
    ------
    ValueError
        It is no whole number, or less than 1.
    """
    if isinstance(limit, Integral) and limit < 1:
        raise ValueError(f"limit={limit}: give the number of cuts that are {what} at most, 1 or more")
    return whole("limit", limit)


def _check_arguments(called: Callable[..., Any], machines: list[int]) -> None:
    """Say of a callable that does not take the states of all machines what it gets."""
    from inspect import signature

    try:
        taken = signature(called)
    except (TypeError, ValueError):  # some of those that are not written in Python tell of none
        return
    try:
        taken.bind(*machines)
    except TypeError as error:
        count = f"{len(machines)} argument{'s' if len(machines) != 1 else ''}"
        raise TypeError(
            f"the predicate takes {taken}, but gets {count}: the states of machines in the order of their ids"
        ) from error
