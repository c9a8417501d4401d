"""Delays of single messages: what a run is left with in place of latencies and faults that delay many.

A `Delay` of one microsecond from the time of a SEND on is that of one message: times are whole microseconds.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from lamport._model.fault import AnyFault, Delay, Partition
from lamport._model.latency import Constant

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["INSTANT", "constant_latency", "delays_of", "holds_many", "one_of"]

INSTANT = 1e-6
CONSTANTS = (0.0005, 0.0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Latencies that are simple to say: first that of all runs, for which nothing need be said."""
MOST = 1000
"""The most messages that are told one by one."""


def constant_latency(
    run: "Run | None", given: Mapping[str, Any], _: Mapping[str, Any], faults: tuple[AnyFault, ...]
) -> Iterator[tuple[dict[str, Any], tuple[AnyFault, ...]]]:
    """Return runs whose messages all take as long, and no longer than half of them did in this run."""
    usual = math.inf
    if run is not None and len(run.messages):
        usual = (run.messages["arrived"] - run.messages["sent"]).median()
    for seconds in CONSTANTS:
        if not seconds > usual:
            yield {**given, "latency": Constant(seconds)}, faults


def holds_many(fault: AnyFault) -> TypeGuard[Partition | Delay]:
    """Say whether a fault does nothing but to hold messages back, and may do so to several."""
    return isinstance(fault, Partition) or (isinstance(fault, Delay) and fault.duration > INSTANT)


def delays_of(run: "Run", fault: Partition | Delay | None = None) -> list[Delay]:
    """Return what each message took, as the delay of it alone in a run without latency.

    Parameters
    ----------
    run : Run
        The run, recorded.
    fault : Partition or Delay, optional
        Only messages that were sent while it held them back.

    Returns
    -------
    list of Delay
        In the order of sending; empty if there are too many.
    """
    sent = run.messages[["sender", "recipient", "sent", "arrived"]].dropna(subset="recipient")
    if fault is not None:
        sent = sent[(sent["sent"] >= fault.at) & (sent["sent"] < fault.at + fault.duration)]
        sent = sent[[_is_held(fault, *pair) for pair in zip(sent["sender"], sent["recipient"], strict=True)]]
    if len(sent) > MOST:
        return []
    # What was still under way at the end takes until then.
    end = float(run.parameters["duration"])
    took = (sent["arrived"].fillna(end + 1) - sent["sent"]).round(6)
    rows = zip(sent["sender"], sent["recipient"], took, sent["sent"].round(6), strict=True)
    delays = (
        Delay(int(of), int(to), Constant(float(delay)), float(at), INSTANT) for of, to, delay, at in rows
    )
    return list(dict.fromkeys(delays))


def _is_held(fault: Partition | Delay, sender: int, recipient: int) -> bool:
    if isinstance(fault, Delay):
        return (fault.sender, fault.recipient) == (sender, recipient)
    if fault.pairs is not None:
        return (sender, recipient) in fault.pairs
    group = {machine: number for number, group in enumerate(fault.groups or ()) for machine in group}
    return group.get(sender) != group.get(recipient)


def one_of(delays: Sequence[Delay], is_broken: Callable[[Sequence[Delay]], bool]) -> Delay | None:
    """Look by halves for one delay that is enough alone; None if it takes several of them.

    Examples
    --------
    >>> late = [Delay(1, 2, Constant(0.5), at, INSTANT) for at in range(20)]
    >>> one_of(late, lambda some: late[13] in some).at
    13.0
    """
    if not delays or not is_broken(delays):
        return None
    while len(delays) > 1:
        half = len(delays) // 2
        part = next((part for part in (delays[:half], delays[half:]) if is_broken(part)), None)
        if part is None:
            return None
        delays = part
    return delays[0]
