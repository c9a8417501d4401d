"""What is simpler than a fault, and smaller than a run: the simplest first."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lamport._drive.single_delays import INSTANT
from lamport._model.fault import AnyFault, Crash, Delay, Disconnect, Partition, Pause
from lamport._model.latency import Constant
from lamport._model.setting import BEHAVIOR

__all__ = ["fewer_machines", "rounder", "shorter", "simpler"]

DIGITS = 6
LENGTHS = {"duration", "down_for"}
ROUND = tuple(digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 5))
"""Lengths that are simple to say."""
PER_MACHINE = ("rates", *BEHAVIOR)

Smaller = Iterator[tuple[dict[str, Any], tuple[AnyFault, ...]]]


def simpler(fault: AnyFault) -> Iterator[AnyFault]:
    """Return the same fault, shorter, or with rounder numbers."""
    is_of_one_message = isinstance(fault, Delay) and fault.duration <= INSTANT
    # At another time it would be of no message.
    for name in () if is_of_one_message else ("duration", "down_for", "at"):
        value = getattr(fault, name, None)
        if value is None:
            continue
        others = [*rounder(value)]
        if name in LENGTHS:
            others = [each for each in (*ROUND, *others) if 0 < each < value]
        for other in others:
            yield replace(fault, **{name: other})  # type: ignore[arg-type]
    if isinstance(fault, Delay):
        highest = fault.latency.seconds if isinstance(fault.latency, Constant) else math.inf
        others = [seconds for seconds in ROUND if seconds < highest]
        if highest < math.inf and highest not in ROUND:  # from there it only goes down
            others += [seconds for seconds in rounder(highest) if seconds > 0]
        for seconds in others:
            yield replace(fault, latency=Constant(seconds))


def rounder(value: float) -> Iterator[float]:
    """Return numbers near this one with fewer digits, the fewest first.

    Examples
    --------
    >>> list(rounder(1.26))
    [1.0, 2.0, 1.2, 1.3]
    """
    for digits in range(DIGITS):
        scale = 10**digits
        if value == round(value, digits):
            return
        for whole in (math.floor(value * scale), math.ceil(value * scale)):
            yield whole / scale


def shorter(given: Mapping[str, Any], setting: Mapping[str, Any], faults: tuple[AnyFault, ...]) -> Smaller:
    """Return shorter runs, without what nobody would be given in them."""
    duration = setting["duration"]
    lengths = sorted({each for each in ROUND if each < duration} | set(_ends(faults, duration)))
    for seconds in lengths:
        inputs = [each for each in given["inputs"] if each[0] < seconds]
        yield {**given, "duration": seconds, "inputs": inputs}, faults


def _ends(faults: tuple[AnyFault, ...], duration: float) -> Iterator[float]:
    """Return whole seconds soon after the last fault."""
    last = max((fault.at + (_length(fault) or 0) for fault in faults), default=0.0)
    for more in range(1, 11):
        if (end := float(math.ceil(last) + more)) < duration:
            yield end


def _length(fault: AnyFault) -> float | None:
    return getattr(fault, "duration", getattr(fault, "down_for", 0.0))


def fewer_machines(
    given: Mapping[str, Any], setting: Mapping[str, Any], faults: tuple[AnyFault, ...]
) -> Smaller:
    """Return runs without the last machines, and without what goes wrong with them."""
    if not isinstance(given["topology"], str) or given["weights"]:
        return
    for machines in range(1, setting["machines"]):
        made = {**given, "machines": machines}
        for name in PER_MACHINE:
            if isinstance(given[name], list):
                made[name] = given[name][:machines]
        if isinstance(given["algorithm"], Mapping):
            made["algorithm"] = {
                machine: role for machine, role in given["algorithm"].items() if int(machine) <= machines
            }
        made["inputs"] = [each for each in given["inputs"] if each[1] <= machines]
        left = [_without(fault, machines) for fault in faults]
        yield made, tuple(fault for fault in left if fault is not None)


def _without(fault: AnyFault, machines: int) -> AnyFault | None:
    """Return a fault without the machines that are gone, None if nothing is left of it."""
    if isinstance(fault, Crash | Pause):
        return fault if fault.machine_id <= machines else None
    if isinstance(fault, Delay | Disconnect):
        return fault if max(fault.sender, fault.recipient) <= machines else None
    if fault.pairs is not None:
        pairs = [pair for pair in fault.pairs if max(pair) <= machines]
        return Partition(pairs=pairs, at=fault.at, duration=fault.duration) if pairs else None
    groups = [[machine for machine in group if machine <= machines] for group in fault.groups or ()]
    groups = [group for group in groups if group]
    rest = machines - sum(map(len, groups))
    if len(groups) + (rest > 0) < 2:
        return None
    return Partition(groups, fault.at, fault.duration)
