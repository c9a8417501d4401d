"""What a run came to on average over time, or since a time on: drift, waits, queues."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from lamport._lamport import LamportError
from lamport._model.check import real
from lamport._runs import tables

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["IN_TIME", "Told", "as_time", "machines", "machines_since"]

IN_TIME = ("mean_drift", "max_drift", "mean_wait", "mean_queue_len")
PLACE = "load_predicted"
"""The column before which they stand."""
COUNTED = ("ticks", "sends", "receives", "internals", "mean_jump", "max_jump", "queue_growth")
OF_WHOLE_RUNS = ("lateness_p50", "lateness_p99", "lateness_max")
"""What only END lines tell, of all the ticks of a machine."""


class Told(NamedTuple):
    """What is told of a run: its logs, what they say of machines, and its parameters."""

    logs: "Logs"
    table: pd.DataFrame
    known: "Mapping[str, Any]"

    def since(self, since: float | None) -> "dict[str, Any]":
        """Return what machines did from a time on."""
        acts = bool(self.known.get("draw_after_receive", False))
        return self.logs.in_time(since, draw_after_receive=acts)


def machines(run: Told) -> pd.DataFrame:
    """Make the table `Run.machines`: what the logs say of machines, and what they came to over time."""
    try:
        told = run.since(None)
    except LamportError:  # nothing was recorded
        told = dict.fromkeys(IN_TIME, np.full(len(run.table), np.nan))
        told["max_drift"] = pd.array([pd.NA] * len(run.table), dtype="Int64")
    return _with(run.table, told)


def machines_since(run: Told, since: object) -> pd.DataFrame:
    """Make the table `Run.machines_since`."""
    table = run.table.drop(columns=list(OF_WHOLE_RUNS))
    told = run.since(as_time(since))
    for name in COUNTED:
        table[name] = told[name]
    table["max_queue_len"] = tables.maybe_whole(told["max_queue_len"])
    return _with(table, told)


def as_time(since: object) -> float:
    """Check a time from which on something is counted.

    Raises
    ------
    ValueError
        It is none.
    """
    time = real("since", since)
    if not math.isfinite(time):
        raise ValueError(f"since={since!r} is not a time: give seconds from the beginning of ticking")
    return time


def _with(table: pd.DataFrame, told: "Mapping[str, Any]") -> pd.DataFrame:
    """Put the columns in their place."""
    at = list(table.columns).index(PLACE)
    whole = {name: table[name] for name in table.columns[:at]} | {name: told[name] for name in IN_TIME}
    whole |= {name: table[name] for name in table.columns[at:]}
    return pd.DataFrame(whole, index=table.index)
