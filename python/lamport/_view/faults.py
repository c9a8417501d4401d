"""What was made to go wrong, as pages draw it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamport._model.fault import Fault

__all__ = ["faults_of_page"]


def faults_of_page(faults: "Iterable[Fault]") -> list[dict[str, Any]]:
    """Say of each fault what it is, when, how long, and of which machines."""
    found = []
    for fault in faults:
        name = type(fault).__name__.lower()
        lasts = fault.down_for if name == "crash" else getattr(fault, "duration", 0.0)  # type: ignore[union-attr]
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
                "told": repr(fault),
            }
        )
    return found
