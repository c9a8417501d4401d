"""Runs over several hosts, whose clocks are apart: by which offsets they are read, and what was lost."""

from collections.abc import Callable, Mapping
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from lamport._runs.align import bounds, corrected

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["apart_offsets", "is_apart", "lost_notes", "read_apart", "told"]

RESOLUTION = 1e-6
"""In what steps times are logged, in seconds."""
Read = Callable[[dict[int, float] | None], "Logs"]


def is_apart(record: Mapping[str, Any]) -> bool:
    """Whether ``run.json`` names several hosts."""
    hosts = record.get("hosts")
    return isinstance(hosts, list) and len(hosts) > 1


def read_apart(read: Read, record: Mapping[str, Any]) -> tuple["Logs", dict[int, float], list[str]]:
    """Read logs of several hosts, their clocks aligned.

    The machines of a host share a clock, so they get one offset; where no such offsets have every message
    arrive after it was sent, each machine gets its own.

    Parameters
    ----------
    read : callable
        Reads the logs by offsets, or as they are.
    record : mapping of str to object
        What ``run.json`` says.

    Returns
    -------
    logs, offsets, notes
        The logs, by which offsets they were read, and what to say: if there are none, times are as logged.
    """
    from lamport._lamport import LamportError

    logs = read(None)
    try:
        known = bounds(logs)
    except LamportError as error:
        return logs, {}, [f"the clocks of its hosts cannot be aligned, so times are as logged: {error}"]
    shared = _shared(known, record)
    if shared is not None:
        aligned = read(shared)
        if _is_in_order(aligned):
            return aligned, shared, []
    each = {machine: best for machine, (_, best, _) in known.items() if not isnan(best)}
    return read(each), each, []


def apart_offsets(read: Read, record: Mapping[str, Any]) -> dict[int, float] | None:
    """Return by which offsets to judge logs, damaged ones too; None if that is not known."""
    from lamport._lamport import LamportError

    try:
        _, offsets, _ = read_apart(read, record)
    except (LamportError, OSError, ValueError):
        # What is wrong with them is said by the rules.
        return None
    return offsets or None


def told(logs: "Logs", offsets: Mapping[int, float], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the parameters of a run say of the offsets by which it was read."""
    if not offsets:
        return {}
    began = {"began": logs.began} if logs.began is not None and "began" in record else {}
    return corrected(offsets, aligned=True) | began


def _shared(
    known: Mapping[int, tuple[float, float, float]], record: Mapping[str, Any]
) -> dict[int, float] | None:
    """Return an offset for each host, by machine, if what is known of its machines has one in common."""
    found: dict[int, float] = {}
    for host in record["hosts"]:
        own = [machine for machine in _machines(host) if machine in known]
        low = max((known[machine][0] for machine in own), default=0.0)
        high = min((known[machine][2] for machine in own), default=0.0)
        if not (isfinite(low) and isfinite(high) and low <= high):
            return None
        found |= dict.fromkeys(own, (low + high) / 2)
    return found if found.keys() == known.keys() else None


def _machines(told: object) -> list[int]:
    """Return the ids of machines that an entry of ``run.json`` names, whoever wrote it."""
    machines = told.get("machines") if isinstance(told, Mapping) else None
    return [each for each in machines if isinstance(each, int)] if isinstance(machines, list) else []


def _is_in_order(logs: "Logs") -> bool:
    """Whether every message arrives after it was sent, as far as both are known."""
    from lamport._runs import tables

    messages = tables.messages(logs)
    # NaN, where it is not known, is not less.
    return not (messages["arrived"] < messages["sent"] - RESOLUTION).any()


def lost_notes(record: Mapping[str, Any]) -> list[str]:
    """Say which hosts were lost on the way, and with them what."""
    notes = []
    lost = record.get("lost")
    for each in lost if isinstance(lost, list) else ():
        if not isinstance(each, Mapping):
            continue
        machines = ", ".join(map(str, _machines(each)))
        kept = f"; what it logged was kept there, in {each['logs']}" if each.get("logs") else ""
        notes.append(
            f"host {each.get('host')} was lost after {each.get('at')} s, and its machines {machines} ended: "
            f"{each.get('why')}{kept}"
        )
    return notes
