"""Which event happened before which."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, cast

from lamport._model.check import flag, mapping, sample_count, whole
from lamport._model.public import public
from lamport._runs.answer import Answer, cut_of
from lamport._runs.lattice import LatticeDrawing
from lamport._runs.names import Names, in_words, number

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from lamport import _lamport
    from lamport._lamport import Logs

__all__ = ["Causality", "Share"]

LARGEST = 2**53 - 1
Event: TypeAlias = tuple[SupportsIndex | str, SupportsIndex]
"""The id or the name of a machine, and its clock after an event."""


@public
@dataclass(frozen=True, repr=False)
class Share:
    """A share of all pairs of two events.

    Attributes
    ----------
    value : float
        The share, 0 to 1; NaN if there are fewer than two events. The middle between `low` and `high`.
    error : float
        Its standard error, 0 if every pair was counted; and half the way from `low` to `high`.
    pairs : int
        How many pairs were looked at.
    low, high : float
        The least and the most that the share can be, whatever is true of the pairs that the logs leave open.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
    ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
    ...                            "sent_clock": [None, 1, None]})
    >>> run.causality.concurrent_share()
    Share(value=0.3333333333333333, error=0.0, pairs=3)
    """

    value: float
    error: float
    pairs: int
    low: float = math.nan
    high: float = math.nan

    def __post_init__(self) -> None:
        for end in ("low", "high"):
            if math.isnan(getattr(self, end)):
                object.__setattr__(self, end, self.value)

    def __repr__(self) -> str:
        ends = (
            "" if self.low == self.high or math.isnan(self.value) else f", low={self.low}, high={self.high}"
        )
        return f"Share(value={self.value}, error={self.error}, pairs={self.pairs}{ends})"


@public
class Causality(LatticeDrawing):
    """Happened-before between the events of a run, which `Run.causality` gives.

    Event a happened before event b if both are of one machine and a came first, if b received what a
    sent, or if another event lies between them in this sense (Lamport 1978). An event is named by
    the machine and its clock after it: ``(machine_id, new_clock)``.

    Logs may leave open which message a receipt took (``Run.messages["matched"]``), and rows may be missing.
    What follows from the order of each machine and from the receipts that are matched is *certain*; what can
    follow, whichever message an unmatched receipt took, is *possible*. An answer is None where it is possible
    and not certain. Where `is_certain`, there is no such answer. A message that was delivered by hand adds
    nothing; `unmatched` counts the receipts without a known send.

    It takes 24 bytes an event, and more again for what is possible, if that is not the same.
    `happened_before`, `concurrent` and `vector_clock` make the vector clocks of all events at their first
    call and keep them if matched receipts x machines is at most 2^27: 4 bytes an event, and a row of 4 bytes
    a machine only for each receipt that brought news. Such a call takes O(events + receipts x machines) once
    and then O(1), or O(machines) for a whole clock. Above that size nothing is kept, and a call takes O(past
    of the event).

    Parameters
    ----------
    logs : Logs
        The events.
    extra : DataFrame, optional
        Columns of the events that mean nothing to us.

    Attributes
    ----------
    unmatched : int
        How many messages were received without a known send.
    is_certain : bool
        Whether the logs leave nothing open: then no answer is None, and `low` and `high` of shares are one.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
    ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
    ...                            "sent_clock": [None, 1, None]})
    >>> run.causality.happened_before((1, 1), (2, 2)), run.causality.concurrent((1, 2), (2, 2))
    (True, True)
    >>> run.causality.is_certain, run.causality.unmatched
    (True, 0)
    """

    def __init__(self, logs: "Logs", extra: "pd.DataFrame | None" = None) -> None:
        self._logs, self._extra = logs, extra
        self._names: Names = logs.names
        self._native: _lamport.Causality = _ask(self._names, logs.causality)
        named = cast("_lamport.Causality", _Named(self._native, self._names))
        self._asked = named if self._names else self._native
        self.unmatched: int = self._native.unmatched
        self.is_certain: bool = self._native.is_certain

    def happened_before(self, a: Event, b: Event) -> bool | None:
        """Return whether `a` happened before `b`; no event happened before itself.

        Parameters
        ----------
        a, b : (machine, clock)
            The events.

        Returns
        -------
        bool or None
            None if the logs leave it open.

        Raises
        ------
        ValueError
            There is no such event; the message says what there is.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> run.causality.happened_before((1, 1), (2, 2)), run.causality.happened_before((1, 2), (2, 2))
        (True, False)
        """
        return self._asked.happened_before(self._event(a), self._event(b))

    def concurrent(self, a: Event, b: Event) -> bool | None:
        """Return whether two different events are such that neither happened before the other.

        Parameters
        ----------
        a, b : (machine, clock)
            The events.

        Returns
        -------
        bool or None
            None if the logs leave it open.

        Raises
        ------
        ValueError
            There is no such event.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> run.causality.concurrent((1, 2), (2, 2)), run.causality.concurrent((1, 1), (2, 2))
        (True, False)
        """
        return self._asked.concurrent(self._event(a), self._event(b))

    def vector_clock(self, event: Event, *, possible: bool = False) -> "pd.Series[int]":
        """Count, by machine, the events that happened before `event`, and `event` itself.

        Parameters
        ----------
        event : (machine, clock)
            The event.
        possible : bool
            Also count what may have happened before, where the logs leave it open.

        Returns
        -------
        Series of int64
            Indexed by ``machine_id``, every machine of the run (Fidge 1988, Mattern 1989).

        Raises
        ------
        ValueError
            There is no such event.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> run.causality.vector_clock((2, 2)).to_dict()
        {1: 1, 2: 1}
        """
        import pandas as pd

        machines = pd.Index(self._native.machines, name="machine_id", dtype="int64")
        counts = self._asked.vector_clock(self._event(event), possible=flag("possible", possible))
        return pd.Series(counts, index=machines, name="events")

    def past(self, event: Event, *, possible: bool = False) -> "NDArray[np.bool_]":
        """Mark what happened before `event`, which is not itself in its past. O(past + events).

        Parameters
        ----------
        event : (machine, clock)
            The event.
        possible : bool
            Also mark what may have happened before, where the logs leave it open.

        Returns
        -------
        array of bool
            By row of `Run.events`.

        Raises
        ------
        ValueError
            There is no such event.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> run.events[run.causality.past((2, 2))][["machine_id", "new_clock"]].values.tolist()
        [[1, 1]]
        """
        return self._asked.past(self._event(event), possible=flag("possible", possible))

    def future(self, event: Event, *, possible: bool = False) -> "NDArray[np.bool_]":
        """Mark what `event` happened before, itself not among it. O(events).

        Parameters
        ----------
        event : (machine, clock)
            The event.
        possible : bool
            Also mark what `event` may have happened before, where the logs leave it open.

        Returns
        -------
        array of bool
            By row of `Run.events`.

        Raises
        ------
        ValueError
            There is no such event.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> run.causality.future((1, 1)).sum().item()
        2
        """
        return self._asked.future(self._event(event), possible=flag("possible", possible))

    def cut_is_consistent(self, cut: Mapping[Any, SupportsIndex] | Answer) -> bool | None:
        """Return whether a cut has, with each event, all that happened before it.

        Parameters
        ----------
        cut : mapping of int to int, or Answer
            By machine, the clock of its last event in the cut; 0, or not named: none. Or an answer that has
            a cut.

        Returns
        -------
        bool or None
            None if the logs leave it open.

        Raises
        ------
        ValueError
            There is no such machine or event.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> run.causality.cut_is_consistent({1: 1, 2: 2}), run.causality.cut_is_consistent({2: 2})
        (True, False)
        """
        if isinstance(cut, Answer) and cut.counts is not None:
            return self._asked.counts_are_consistent(cut.counts)
        given = mapping("cut", cut_of(cut), "{1: 40, 2: 23}")
        return self._asked.cut_is_consistent(dict(map(self._event, given.items())))

    def concurrent_share(self, *, samples: SupportsIndex | None = None, seed: SupportsIndex = 0) -> Share:
        """Return the share of concurrent pairs among all pairs of events.

        All pairs are counted if matched receipts x machines is at most 2^30, in one pass of
        O(events + receipts x machines). Above, 1,024 events are drawn and each is compared with all others.
        Where the logs leave pairs open, it is an interval.

        Parameters
        ----------
        samples : int, optional
            Number of events to draw (2 to 2^20, with replacement) instead of counting all pairs.
        seed : int
            The seed of the draws.

        Returns
        -------
        Share
            The share, its error, the pairs looked at, and the least and the most that it can be.

        Raises
        ------
        ValueError
            `samples` or `seed` is out of range.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> share = run.causality.concurrent_share()
        >>> 0 < share.value < 1, share.error
        (True, 0.0)
        """
        return Share(*self._asked.concurrent_share(samples=sample_count(samples), seed=whole("seed", seed)))

    def false_order_rate(self, *, samples: SupportsIndex | None = None, seed: SupportsIndex = 0) -> Share:
        """Return the share of pairs that Lamport clocks order although they are concurrent.

        Of all pairs of events, those that are concurrent and have different clocks; counted or sampled as
        `concurrent_share` says.

        Parameters
        ----------
        samples : int, optional
            Number of events to draw (2 to 2^20) instead of counting all pairs.
        seed : int
            The seed of the draws.

        Returns
        -------
        Share
            The share, its error, the pairs looked at, and the least and the most that it can be.

        Raises
        ------
        LamportError
            A receipt's clock is not above its send's: the clocks are not Lamport clocks.
        ValueError
            `samples` or `seed` is out of range.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> run.causality.false_order_rate().value <= run.causality.concurrent_share().value
        True
        """
        return Share(*self._asked.false_order_rate(samples=sample_count(samples), seed=whole("seed", seed)))

    def _event(self, event: object) -> tuple[int, int]:
        """Return an event as the native module has it; its machine may be called by its name."""
        wrong = f"{event!r} names no event"
        try:
            who, at = cast("tuple[object, int]", event)
            clock = operator.index(at)
            machine = None if isinstance(who, str) else operator.index(cast("int", who))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{wrong}: the form is (machine_id, clock)") from error
        if machine is None:
            machine = number(wrong, who, self._names, self._native.machines)
        if not (0 <= machine <= LARGEST and 0 <= clock <= LARGEST):
            raise ValueError(f"{wrong}: machines and clocks are from 0 to 2^53 - 1")
        return machine, clock

    def __repr__(self) -> str:
        return repr(self._native)


class _Named:
    """The native module, whose errors call machines by their names."""

    def __init__(self, native: "_lamport.Causality", names: Names) -> None:
        self._native, self._names = native, names

    def __getattr__(self, name: str) -> Any:
        return partial(_ask, self._names, getattr(self._native, name))


def _ask(names: Names, question: Callable[..., Any], *args: object, **options: object) -> Any:
    """Ask the native module; where it refuses, machines are called by their names."""
    from lamport._lamport import LamportError

    try:
        return question(*args, **options)
    except (LamportError, ValueError) as error:
        if not names:
            raise
        raise type(error)(in_words(names, str(error))) from None
