"""Which event happened before which."""

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lamport._model.check import mapping, whole
from lamport._model.public import public

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from lamport import _lamport
    from lamport._lamport import Logs

__all__ = ["Causality", "Share"]

LARGEST = 2**53 - 1


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
class Causality:
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

    Attributes
    ----------
    unmatched : int
        How many messages were received without a known send.
    is_certain : bool
        Whether the logs leave nothing open: then no answer is None, and `low` and `high` of shares are one.
    """

    def __init__(self, logs: "Logs") -> None:
        self._native: _lamport.Causality = logs.causality()
        self.unmatched: int = self._native.unmatched
        self.is_certain: bool = self._native.is_certain

    def happened_before(self, a: tuple[int, int], b: tuple[int, int]) -> bool | None:
        """Return whether `a` happened before `b`; no event happened before itself.

        Parameters
        ----------
        a, b : (machine_id, clock)
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
        return self._native.happened_before(_event(a), _event(b))

    def concurrent(self, a: tuple[int, int], b: tuple[int, int]) -> bool | None:
        """Return whether two different events are such that neither happened before the other.

        Parameters
        ----------
        a, b : (machine_id, clock)
            The events.

        Returns
        -------
        bool or None
            None if the logs leave it open.

        Raises
        ------
        ValueError
            There is no such event.
        """
        return self._native.concurrent(_event(a), _event(b))

    def vector_clock(self, event: tuple[int, int], *, possible: bool = False) -> "pd.Series[int]":
        """Count, by machine, the events that happened before `event`, and `event` itself.

        Parameters
        ----------
        event : (machine_id, clock)
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
        """
        import pandas as pd

        machines = pd.Index(self._native.machines, name="machine_id", dtype="int64")
        counts = self._native.vector_clock(_event(event), possible=possible)
        return pd.Series(counts, index=machines, name="events")

    def past(self, event: tuple[int, int], *, possible: bool = False) -> "NDArray[np.bool_]":
        """Mark what happened before `event`, which is not itself in its past. O(past + events).

        Parameters
        ----------
        event : (machine_id, clock)
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
        """
        return self._native.past(_event(event), possible=possible)

    def future(self, event: tuple[int, int], *, possible: bool = False) -> "NDArray[np.bool_]":
        """Mark what `event` happened before, itself not among it. O(events).

        Parameters
        ----------
        event : (machine_id, clock)
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
        """
        return self._native.future(_event(event), possible=possible)

    def cut_is_consistent(self, cut: Mapping[int, int]) -> bool | None:
        """Return whether a cut has, with each event, all that happened before it.

        None if the logs leave it open.

        Parameters
        ----------
        cut : mapping of int to int
            By machine, the clock of its last event in the cut; 0, or not named: none.

        Raises
        ------
        ValueError
            There is no such machine or event.
        """
        return self._native.cut_is_consistent(
            dict(map(_event, mapping("cut", cut, "{1: 40, 2: 23}").items()))
        )

    def concurrent_share(self, *, samples: int | None = None, seed: int = 0) -> Share:
        """Return the share of concurrent pairs among all pairs of events.

        All pairs are counted if matched receipts x machines is at most 2^30, in one pass of
        O(events + receipts x machines). Above, 1,024 events are drawn and each is compared with all others.
        Where the logs leave pairs open, it is an interval.

        Parameters
        ----------
        samples : int, optional
            Number of events to draw (2 or more, with replacement) instead of counting all pairs.
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
        """
        return Share(*self._native.concurrent_share(samples=_samples(samples), seed=whole("seed", seed)))

    def false_order_rate(self, *, samples: int | None = None, seed: int = 0) -> Share:
        """Return the share of pairs that Lamport clocks order although they are concurrent.

        Of all pairs of events, those that are concurrent and have different clocks; counted or sampled as
        `concurrent_share` says.

        Parameters
        ----------
        samples : int, optional
            Number of events to draw instead of counting all pairs.
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
        """
        return Share(*self._native.false_order_rate(samples=_samples(samples), seed=whole("seed", seed)))

    def __repr__(self) -> str:
        return repr(self._native)


def _samples(samples: object) -> int | None:
    return None if samples is None else whole("samples", samples)


def _event(name: object) -> tuple[int, int]:
    try:
        machine, clock = map(operator.index, name)  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name!r} names no event: the form is (machine_id, clock)") from error
    if not (0 <= machine <= LARGEST and 0 <= clock <= LARGEST):
        raise ValueError(f"{name!r} names no event: machines and clocks are from 0 to 2^53 - 1")
    return machine, clock
