"""Runs over several hosts, whose clocks are apart: by which offsets they are read, and what was lost."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from statistics import median
from typing import TYPE_CHECKING, Any

from lamport._runs.align import bounds, corrected

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["apart_offsets", "is_apart", "lost_notes", "read_apart", "told"]

STEPS = 1e6
"""Steps a second, in which times are logged."""
Read = Callable[[dict[int, float] | None], "Logs"]


def is_apart(record: Mapping[str, Any]) -> bool:
    """Whether ``run.json`` names several hosts."""
    hosts = record.get("hosts")
    return isinstance(hosts, list) and len(hosts) > 1


def read_apart(read: Read, record: Mapping[str, Any]) -> tuple["Logs", dict[int, float], list[str]]:
    """Read logs of several hosts, their clocks aligned.

    The machines of a host share a clock, so they get one offset. Where none have every message arrive after
    it was sent, as clocks that drift for long, it is the middle one of the best of its machines.

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
    each = {machine: best for machine, (_, best, _) in known.items() if not isnan(best)}
    hosts = [own for host in record["hosts"] if (own := [i for i in _machines(host) if i in known])]
    if not known or sum(map(len, hosts)) != len(known):
        return read(each), each, []  # it does not say where all of them were
    shared = _shared(logs, known, hosts)
    if shared is None:
        shared = [median([each[machine] for machine in own if machine in each] or [0.0]) for own in hosts]
    offsets = {machine: offset for own, offset in zip(hosts, shared, strict=True) for machine in own}
    return read(offsets), offsets, []


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
    logs: "Logs", known: Mapping[int, tuple[float, float, float]], hosts: Sequence[Sequence[int]]
) -> list[float] | None:
    """Return offsets of hosts by which every message arrives after it was sent; None if there are none.

    Messages from one host to another bound the difference of their offsets; shortest paths over these bounds
    give the interval of each, and their middles have all in order. What is known of a single machine is not
    enough: bounds of two machines of a host have to hold at the same time. All is in whole steps of the logs:
    the whole numbers below the middles keep every bound that the middles keep.
    """
    import numpy as np

    from lamport._runs import tables

    at = {machine: number for number, own in enumerate(hosts) for machine in own}
    # By how much the offset of one host (row) is more than that of another at most.
    most = np.full((len(hosts), len(hosts)), np.inf)
    messages = tables.messages(logs)
    takes = np.rint((messages["arrived"] - messages["sent"]).to_numpy(dtype=float) * STEPS)
    ends = [messages[name].map(at).to_numpy(dtype=float) for name in ("sender", "recipient")]
    is_known = np.isfinite(takes) & np.isfinite(ends[0]) & np.isfinite(ends[1])
    sender, recipient = (end[is_known].astype(int) for end in ends)
    np.minimum.at(most, (sender, recipient), takes[is_known])
    np.fill_diagonal(most, 0.0)
    measure = next(at[machine] for machine, (low, _, high) in known.items() if low == high == 0)
    for number, own in enumerate(hosts):
        for machine in own:
            low, _, high = known[machine]
            most[number, measure] = min(most[number, measure], np.ceil(high * STEPS))
            most[measure, number] = min(most[measure, number], np.ceil(-low * STEPS))
    for way in range(len(hosts)):
        most = np.minimum(most, most[:, way, None] + most[None, way, :])
    if (np.diagonal(most) < 0).any():
        return None
    lows, highs = -most[measure], most[:, measure]
    is_bounded = np.isfinite(lows) & np.isfinite(highs)
    offsets = np.clip(0.0, lows, highs)
    offsets[is_bounded] = (lows[is_bounded] + highs[is_bounded]) // 2
    found: list[float] = (offsets / STEPS).tolist()
    return found


def _machines(told: object) -> list[int]:
    """Return the ids of machines that an entry of ``run.json`` names, whoever wrote it."""
    machines = told.get("machines") if isinstance(told, Mapping) else None
    return [each for each in machines if isinstance(each, int)] if isinstance(machines, list) else []


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
