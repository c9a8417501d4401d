"""Fault schedules drawn at random."""

import math
import random
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, SupportsFloat, SupportsIndex, cast

from lamport._model.check import real
from lamport._model.fault import KINDS, AnyFault, Crash, Delay, Disconnect, Partition, Pause
from lamport._model.latency import Exponential, Latency, one_latency
from lamport._model.public import public

__all__ = ["random_faults"]

DIGITS = 6
"""Times are whole microseconds: short to write down, and the same on every platform."""


@public
def random_faults(
    seed: SupportsIndex,
    rate: SupportsFloat,
    *,
    machines: SupportsIndex | Iterable[SupportsIndex],
    duration: SupportsFloat,
    kinds: Iterable[str] = tuple(KINDS),
    length: Iterable[SupportsFloat] = (0.5, 2.0),
    latency: SupportsFloat | Latency = Exponential(0.1),  # noqa: B008 - it is frozen
    settle: SupportsFloat = 1.0,
) -> list[AnyFault]:
    """Draw a fault schedule: faults come as a Poisson process, each of a kind drawn uniformly.

    No machine crashes or pauses while it is down or stands still: such a fault strikes one of the others,
    and none if there is no other. Equal arguments give equal schedules, on every platform and version.

    Parameters
    ----------
    seed : int
        The seed of all draws, 0 or more.
    rate : float
        Faults per second, over all machines.
    machines : int or iterable of int
        Number of machines (1 .. n), or their ids.
    duration : float
        How long the run ticks, in seconds.
    kinds : iterable of {"crash", "pause", "partition", "delay", "disconnect"}
        What may happen. The last three need two machines.
    length : (float, float)
        Shortest and longest fault, in seconds; drawn uniformly.
    latency : float or latency
        What a delay adds, as for `Delay`.
    settle : float
        Seconds before the end of the run by which every fault is over; others are left out.

    Returns
    -------
    list of faults
        By time, for ``faults=`` of `run_local`, `simulate` and `sweep`.

    Raises
    ------
    ValueError
        A parameter is outside what is described here.

    Examples
    --------
    >>> import lamport
    >>> faults = lamport.random_faults(1978, 0.1, machines=3, duration=60, kinds=["crash", "pause"])
    >>> faults == lamport.random_faults(1978, 0.1, machines=3, duration=60, kinds=["crash", "pause"])
    True
    """
    ids = _machines(machines)
    names = _kinds(kinds, ids)
    added = one_latency(latency)
    low, high = _length(length)
    often, ends = _amount("rate", rate), _amount("duration", duration)
    over = ends - _amount("settle", settle)
    # Of the generator only `random()` is used: its sequence is promised for all versions of Python.
    draw = random.Random(_seed(seed)).random
    faults: list[AnyFault] = []
    free = dict.fromkeys(ids, 0.0)
    now = 0.0
    while often > 0:
        now -= math.log(1.0 - draw()) / often
        if now >= ends:
            break
        at, name = round(now, DIGITS), _choose(names, draw())
        lasts = round(low + (high - low) * draw(), DIGITS)
        end = round(at + (0.0 if name == "disconnect" else lasts), DIGITS)
        awake = [machine for machine in ids if free[machine] <= at]
        which = draw(), draw()
        if end > over or (name in {"crash", "pause"} and not awake):
            continue
        if name in {"crash", "pause"}:
            machine = _choose(awake, which[0])
            free[machine] = end
            faults.append(Crash(machine, at, lasts) if name == "crash" else Pause(machine, at, lasts))
        elif name == "partition":
            order = [machine for _, machine in sorted((draw(), machine) for machine in ids)]
            cut = 1 + int(which[0] * (len(ids) - 1))
            faults.append(Partition([sorted(order[:cut]), sorted(order[cut:])], at, lasts))
        else:
            sender = _choose(ids, which[0])
            recipient = _choose([machine for machine in ids if machine != sender], which[1])
            link = sender, recipient
            faults.append(Delay(*link, added, at, lasts) if name == "delay" else Disconnect(*link, at))
    return faults


def _choose(values: Sequence[Any], drawn: float) -> Any:
    return values[int(drawn * len(values))]


def _amount(name: str, value: object) -> float:
    number = real(name, value)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{name}={value!r}: give a finite number, 0 or more")
    return number


def _seed(seed: object) -> int:
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed={seed!r}: give a whole number, 0 or more")
    return int(seed)


def _machines(machines: object) -> list[int]:
    if isinstance(machines, Integral):
        ids = list(range(1, int(machines) + 1))
    else:
        listed = isinstance(machines, Iterable) and not isinstance(machines, str)
        given: list[Any] = list(cast("Iterable[Any]", machines)) if listed else [None]
        are_ids = all(isinstance(machine, Integral) for machine in given)
        ids = sorted(int(machine) for machine in given) if are_ids else []
    if not ids or len(set(ids)) < len(ids) or ids[0] < 1:
        raise ValueError(f"machines={machines!r}: give how many there are, 1 or more, or each number once")
    return ids


def _kinds(kinds: object, ids: list[int]) -> list[str]:
    names: list[Any] = list(kinds) if isinstance(kinds, Iterable) and not isinstance(kinds, str) else [kinds]
    for name in names:
        if not isinstance(name, str) or name not in KINDS:
            raise ValueError(f"kinds: {name!r} is not one of {', '.join(KINDS)}")
    if len(ids) == 1:
        names = [name for name in names if name in {"crash", "pause"}]
    if not names:
        raise ValueError(f"kinds={kinds!r}: nothing that could happen to {len(ids)} machine(s)")
    return names


def _length(length: Iterable[SupportsFloat]) -> tuple[float, float]:
    try:
        low, high = (float(bound) for bound in length)
    except (TypeError, ValueError):
        low, high = 0.0, 0.0
    if not (0.001 <= low <= high < math.inf):
        raise ValueError(f"length={length!r}: give the shortest and the longest, at least 0.001 s")
    return low, high
