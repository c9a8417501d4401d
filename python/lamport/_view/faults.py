"""What was made to go wrong, as pages draw it."""

from collections.abc import Iterable
from typing import Any

from lamport._model.fault import AnyFault, Crash, Delay, Disconnect, Partition, Pause
from lamport._model.latency import Constant

__all__ = ["faults_of_page"]


def faults_of_page(faults: Iterable[AnyFault]) -> list[dict[str, Any]]:
    """Say of each fault what it is, when, how long, and of which machines."""
    found = []
    for fault in faults:
        name = type(fault).__name__.lower()
        lasts = fault.down_for if isinstance(fault, Crash) else getattr(fault, "duration", 0.0)
        found.append(
            {
                "kind": name,
                "at": fault.at,
                "for": lasts,
                "machines": [
                    value
                    for field in ("machine_id", "sender", "recipient")
                    if (value := getattr(fault, field, None)) is not None
                ],
                "told": f"{_what(fault)}, {_when(fault.at, lasts)}",
            }
        )
    return found


def _what(fault: AnyFault) -> str:
    match fault:
        case Crash(machine_id=machine):
            return f"machine {machine} crashes"
        case Pause(machine_id=machine):
            return f"machine {machine} stands still"
        case Partition(groups=None, pairs=pairs):
            cut = ", ".join(f"{sender} to {recipient}" for sender, recipient in pairs or ())
            return f"partition: nothing from {cut}"
        case Partition(groups=groups):
            return "partition: " + " | ".join(", ".join(map(str, group)) for group in groups or ())
        case Delay(sender=sender, recipient=recipient, latency=latency):
            by = f"{latency.seconds:g} s" if isinstance(latency, Constant) else repr(latency)
            return f"messages from {sender} to {recipient} are delayed by {by}"
        case Disconnect(sender=sender, recipient=recipient):
            return f"the connection from {sender} to {recipient} is cut"


def _when(at: float, lasts: float | None) -> str:
    if lasts is None:
        return f"from {at:g} s on"
    return f"{at:g} s to {at + lasts:g} s" if lasts else f"at {at:g} s"
