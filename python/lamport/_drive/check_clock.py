"""Anybody's logical clock, held against happened-before on random runs."""

from collections.abc import Callable
from typing import Any, SupportsIndex

from lamport._drive.clock_counterexample import ClockCounterexample
from lamport._drive.clock_maker import maker_of
from lamport._drive.clock_report import ClockReport
from lamport._model.check import flag, whole
from lamport._model.public import public

__all__ = ["check_clock"]


@public
def check_clock(
    make: Callable[..., Any],
    runs: SupportsIndex = 1000,
    seed: SupportsIndex = 0,
    *,
    fifo: bool = True,
    complete: bool = False,
    size: Callable[[Any], float] | None = None,
) -> ClockReport:
    """Hold a logical clock against happened-before [1]_ on random runs of growing size.

    In each run machines tick, send and receive at random; messages overtake each other on different channels,
    get lost, and go to several machines. The stamps of all events are compared with each other, and what the
    clock says must be what happened. Where it is wrong, the smallest run is looked for that shows it.

    Parameters
    ----------
    make : class or callable
        Makes the clock of one machine: ``make(machine, machines, now)`` with the number of the machine, from
        1; how many machines there are; and ``now``, a function without arguments that reads the machine's
        physical clock in whole nanoseconds. Parameters that have these names get them, in whatever order;
        else those that have no default get them by their places, so that ``make(machine)`` or ``make()`` do.
        If it has a function ``all``, of a class a static or class method, ``make.all(machines, now)`` makes
        those of all machines at once, in their order, for clocks that are split off each other; there
        ``now`` is a tuple with the physical clock of each.

        A clock has ``tick()`` for an event of its own machine, ``send()``, and ``receive(stamp)`` with the
        stamp of the message's `send`. Each returns the stamp of this event; if it returns None, that is the
        property ``stamp``. ``before(a, b)``, a static method, says whether stamp `a` is before `b`; without
        it ``a < b`` does. Stamps travel as pickled copies.
    runs : int
        How many runs there are. Those of a smaller number are the first of a larger. Every 64th, from run 32
        on, has 1,024 events.
    seed : int
        What all draws are made from: equal seeds give equal reports.
    fifo : bool
        Whether the messages from one machine to another are received in the order in which they were sent.
    complete : bool
        Whether it is a fault if the clock orders events of which neither happened before the other, as
        Lamport's does; it is reported in any case.
    size : callable, optional
        The size of a stamp, a number, which must not keep growing while the machines stay the same. If None,
        the length of its pickle; counters that need more digits are not what keeps growing.

    Returns
    -------
    ClockReport
        What is right and wrong, with a counterexample for each. It is true if there is no fault:
        ``assert lamport.check_clock(Clock)``.

    Raises
    ------
    TypeError
        `make` makes no clocks: it or a method takes something else than it is called with, or a method is
        missing; or `size` cannot be called.
    ValueError
        `runs` is less than 1, or `seed` not a whole number.
    KeyboardInterrupt
        Ctrl-C.

    Notes
    -----
    Physical clocks are right, skewed, drifting, coarse, standing still, equal to those of others, or stepping
    back; in the long runs each of them goes on between any two events. An exception of the clock is part of
    the report, with the step and its traceback, and so is a clock that does not give the same stamps in the
    same run again: clocks share something, or read a time of their own. A method that does not return is not
    ended but by Ctrl-C.

    References
    ----------
    .. [1] L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System",
       Communications of the ACM 21 (7), 1978.

    Examples
    --------
    A Lamport clock that forgets to go on when a message arrives:

    >>> import lamport
    >>> class Forgetful:
    ...     def __init__(self):
    ...         self.stamp = 0
    ...     def tick(self):
    ...         self.stamp += 1
    ...     send = tick
    ...     def receive(self, stamp):
    ...         self.stamp = max(self.stamp, stamp)
    >>> report = lamport.check_clock(Forgetful)
    >>> report.faults
    ('sound',)
    >>> print(report.counterexamples["sound"])
    sound: step 1 (machine 1: send) happened before step 2 (machine 2: receive), but its stamp 1 is not
    before 1
      2 steps of 2 machines, made of the 6 steps of 2 machines of run 13:
        a  1  machine 1  send               1
        b  2  machine 2  receive of step 1  1

    One that does not is right:

    >>> class Right(Forgetful):
    ...     def receive(self, stamp):
    ...         self.stamp = max(self.stamp, stamp) + 1
    >>> bool(lamport.check_clock(Right))
    True
    """
    from lamport._lamport import check_clock as check

    if whole("runs", runs) < 1:
        raise ValueError(f"runs={runs!r}: give a whole number, 1 or more")
    whole("seed", seed)
    if size is not None and not callable(size):
        raise TypeError(f"size={size!r} cannot be called: give a function of a stamp that returns a number")
    fifo, complete = flag("fifo", fifo), flag("complete", complete)
    maker = maker_of(make)
    looked_at, told = check(maker, runs=int(runs), seed=int(seed), fifo=fifo, size=size)
    found = [ClockCounterexample._of(each) for each in told]
    return ClockReport(
        runs=int(runs),
        seed=int(seed),
        fifo=fifo,
        events=looked_at[0],
        pairs=looked_at[1],
        counterexamples={each.verdict: each for each in found},
        _must_be_complete=complete,
        _long_runs=looked_at[2],
        _made_again=looked_at[3],
    )
