"""Runs over several hosts, whose clocks are apart: by which offsets they are read, and what was lost."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from lamport._runs.align import MAX_DRIFT, best_offsets, corrected

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
        each = best_offsets(logs)
    except LamportError as error:
        return logs, {}, [f"the clocks of its hosts cannot be aligned, so times are as logged: {error}"]
    shared = _shared(logs, record)
    if shared is not None:
        aligned = read(shared)
        if _is_in_order(aligned):
            return aligned, shared, []
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


def _shared(logs: "Logs", record: Mapping[str, Any]) -> dict[int, float] | None:
    """Return an offset for each host, by machine, if what is known of its machines has one in common."""
    columns = logs.align(minimum_delay=0.0, max_drift=MAX_DRIFT, clock_uncertainty=0.0)
    bounds = dict(
        zip(
            columns["machine_id"].tolist(),
            zip(columns["low"].tolist(), columns["high"].tolist(), strict=True),
            strict=True,
        )
    )
    found: dict[int, float] = {}
    for host in record["hosts"]:
        machines = host.get("machines") if isinstance(host, Mapping) else None
        own = [machine for machine in machines if machine in bounds] if isinstance(machines, list) else []
        low = max((bounds[machine][0] for machine in own), default=0.0)
        high = min((bounds[machine][1] for machine in own), default=0.0)
        if not (isfinite(low) and isfinite(high) and low <= high):
            return None
        found |= dict.fromkeys(own, (low + high) / 2)
    return found if found.keys() == bounds.keys() else None


def _is_in_order(logs: "Logs") -> bool:
    """Whether every message arrives after it was sent, as far as both are known."""
    from lamport._runs import tables

    messages = tables.messages(logs)
    # NaN, where it is not known, is not less.
    return not (messages["arrived"] < messages["sent"] - RESOLUTION).any()


def lost_notes(record: Mapping[str, Any]) -> list[str]:
    """Say which hosts were lost on the way, and with them what."""
    notes = []
    for each in record.get("lost") or ():
        if not isinstance(each, Mapping):
            continue
        machines = ", ".join(map(str, each.get("machines") or ()))
        kept = f"; what it logged was kept there, in {each['logs']}" if each.get("logs") else ""
        notes.append(
            f"host {each.get('host')} was lost after {each.get('at')} s, and its machines {machines} ended: "
            f"{each.get('why')}{kept}"
        )
    return notes
