"""The clocks of the hosts of a run: as they were logged, or as they would have gone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lamport._model.check import flag, whole
from lamport._model.physical import NativeClock, Physical
from lamport._runs.names import number

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["Hosts", "hosts"]

Hosts: TypeAlias = tuple[NDArray[np.int64], list[NativeClock], int]
"""When events happened (ns), by row; the clocks, one for all or one for each machine; and the seed of draws.
Without clocks the times are what they showed."""

EXACT = 2.0**22
"""Below so many seconds a float tells single nanoseconds; beyond, times are whole microseconds, as logged."""
LATEST = 9e9


def hosts(
    logs: "Logs",
    known: Mapping[str, Any],
    physical: object = None,
    *,
    seed: object = 0,
    on_top: object = False,
) -> Hosts:
    """Return what the physical clocks of a run are told from.

    Parameters
    ----------
    logs : Logs
        The run.
    known : mapping
        Its parameters.
    physical : Physical or mapping of machines to such, optional
        How clocks go; None: virtual time itself, or the logged times.
    seed : int
        The seed of what is drawn.
    on_top : bool
        Whether clocks may go wrong on top of what the clocks of several hosts show.

    Raises
    ------
    ValueError
        There are no times, an option is not what it must be, or clocks would be skewed twice.
    """
    draws = whole("seed", seed)
    twice = flag("on_top", on_top)
    columns = logs.events()
    if not logs.has_times and len(columns["time"]):
        raise ValueError("physical clocks need times, and this table tells none: it needs a column time")
    if physical is None:
        is_virtual = logs.is_virtual or known.get("time") == "virtual"
        return _nanoseconds(columns["time" if is_virtual else "system_time"]), [], draws
    machines = logs.machines()["machine_id"].tolist()
    # Only what made a run on one host says so in its run.json.
    has_one_clock = logs.is_virtual or known.get("time") in ("virtual", "real") or len(machines) == 1
    if not has_one_clock and not twice:
        raise ValueError(
            "physical: these logs may be of several hosts, whose clocks are in their times already: leave it "
            "out, or skew them twice with on_top=True"
        )
    return _nanoseconds(columns["time"]), _clocks(physical, logs, machines), draws


def _clocks(physical: object, logs: "Logs", machines: list[int]) -> list[NativeClock]:
    form = "give a lamport.Physical, or a mapping like {1: lamport.Physical(0.1), None: lamport.Physical()}"
    if isinstance(physical, Physical):
        return [physical._native]
    if not isinstance(physical, Mapping):
        raise ValueError(f"physical={physical!r} is no clock: {form}")
    of: dict[int | None, Physical] = {}
    for machine, clock in physical.items():
        if not isinstance(clock, Physical):
            raise ValueError(f"physical: {clock!r} of {machine!r} is no clock: {form}")
        of[None if machine is None else number("physical", machine, logs.names, machines)] = clock
    missing = [machine for machine in machines if machine not in of]
    if missing and None not in of:
        raise ValueError(f"physical has no clock of machine {missing[0]}: {form}")
    return [of[machine if machine in of else None]._native for machine in machines]


def _nanoseconds(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    if not len(seconds):
        return np.zeros(0, dtype=np.int64)
    inside = np.abs(seconds) <= LATEST
    if not inside.all():
        row = int(np.argmin(inside))
        raise ValueError(
            f"physical clocks: the time of row {row} is {seconds[row]:g} s, and must be at most 9e9"
        )
    if np.abs(seconds).max() < EXACT:
        return np.rint(seconds * 1e9).astype(np.int64)
    return np.rint(seconds * 1e6).astype(np.int64) * 1000
