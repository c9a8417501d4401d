"""The columns of the native reader as tables."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lamport._lamport import EVENT_COLUMNS, EVENT_KINDS, MATCHES
from lamport._model.check import weights as as_weights
from lamport._model.setting import BEHAVIOR
from lamport._model.topology import to_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lamport._lamport import Logs
    from lamport._model.rules import Rules

__all__ = [
    "STATUSES",
    "apart",
    "copies_on_write",
    "durations",
    "events",
    "floats",
    "from_nobody",
    "machines",
    "maybe_whole",
    "messages",
    "own",
    "parameters",
    "told",
    "whole_events",
    "with_extra",
]

STATUSES = ("received", "unread", "undelivered", "unknown")

MESSAGE_COLUMNS = {
    "sender": "whole",
    "sent_clock": "whole",
    "recipient": "whole or none",
    "sent": "seconds",
    "arrived": "seconds or none",
    "received": "seconds or none",
    "received_clock": "whole or none",
    "status": "status",
    "matched": "match",
}
COUNTS = ("ticks", "sends", "receives", "internals", "final_clock")
PREDICTED = {
    "load_predicted": "load",
    "queue_growth_predicted": "queue_growth",
    "clock_growth_predicted": "clock_growth",
    "clock_growth_low": "clock_growth_low",
    "clock_growth_high": "clock_growth_high",
}
"""The columns of `Run.machines` that `lamport.predict` has, with their names there."""
LAMPORTS = {"step": 1, "stamp": "after", "receive": "max + 1"}
"""The rules of clocks of which theory tells."""
LATENESS = ("lateness_p50", "lateness_p99", "lateness_max")


def events(logs: "Logs") -> pd.DataFrame:
    """Make the table `Run.events`, but for the recipients.

    Where a clock before the first event of a log is not known, the least that it can have been stands for it:
    0 before a receipt, and as much as the event moved it less else.
    """
    columns = logs.events()
    old = columns["old_clock"]
    if (unknown := np.flatnonzero(old < 0)).size:
        columns["old_clock"] = old = old.copy()
        moved = columns["event"][unknown] != EVENT_KINDS.index("RECEIVE")
        old[unknown] = np.where(moved, columns["new_clock"][unknown] - 1, 0)
    return _table(columns, dict(EVENT_COLUMNS))


def messages(logs: "Logs") -> pd.DataFrame:
    """Make the table `Run.messages`."""
    return _table(logs.messages(), MESSAGE_COLUMNS)


def machines(logs: "Logs", known: "Mapping[str, Any]", rules: "Rules") -> pd.DataFrame:
    """Make the table `Run.machines`, prediction included."""
    columns = logs.machines()
    duration = columns["duration"]
    left = floats(maybe_whole(columns["final_queue_len"]))
    growth = np.divide(left, duration, out=np.full(len(duration), np.nan), where=duration > 0)
    expected = _prediction(logs, columns, known)
    if any(columns["ticking"]) or not _is_lamports(known, rules):
        unknown = np.full(len(duration), np.nan)
        expected |= {name: unknown for name in expected if name.startswith("clock_growth")}
    names = logs.names
    called = {"name": [names.get(each) for each in columns["machine_id"].tolist()]} if names else {}
    return pd.DataFrame(
        {
            **called,
            **{name: columns[name] for name in ("clock_rate", *COUNTS, "mean_jump", "max_jump")},
            "max_queue_len": maybe_whole(columns["max_queue_len"]),
            "final_queue_len": maybe_whole(columns["final_queue_len"]),
            "queue_growth": growth,
            **{name: expected[of] for name, of in PREDICTED.items()},
            **{name: columns[name] for name in LATENESS},
        },
        index=pd.Index(columns["machine_id"], name="machine_id"),
        copy=False,
    )


def own(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that its user may write to, and nobody else sees what is written.

    Where pandas copies on write, numbers are shared until then; columns that are not arrays of NumPy are
    copied, as their arrays can be written to directly.
    """
    if not copies_on_write():
        return apart(table)
    mine = table.copy(deep=False)
    for name, dtype in table.dtypes.items():
        if isinstance(dtype, pd.api.extensions.ExtensionDtype):
            mine[name] = table[name].array.copy()
    return mine


def told(events: pd.DataFrame, logs: "Logs") -> pd.DataFrame:
    """Return the events with NA where a clock before is not known; the columns are shared.

    What our own machines received of nobody was given to them: a table has no other way to tell it from what
    came of a sender who is not known.
    """
    table = events.copy(deep=False)
    old = logs.events()["old_clock"]
    if (old < 0).any():
        table["old_clock"] = maybe_whole(old)
    if (given := from_nobody(logs)).any():
        table["by_hand"] = logs.events()["by_hand"] | given
    return table


def from_nobody(logs: "Logs") -> "NDArray[np.bool_]":
    """Return which events are receipts, by our own machines, of what nobody sent: of inputs, or by hand."""
    columns = logs.events()
    found: NDArray[np.bool_] = columns["event"] == EVENT_KINDS.index("RECEIVE")
    found &= columns["sender"] < 0
    if found.any():
        machines = logs.machines()
        # Only our own logs have a STARTUP that tells it.
        ours = machines["machine_id"][~np.isnan(machines["clock_rate"])]
        found &= np.isin(columns["machine_id"], ours)
    return found


def whole_events(events: pd.DataFrame, logs: "Logs", extra: pd.DataFrame | None) -> pd.DataFrame:
    """Return the events with recipients, bodies and columns that mean nothing to us."""
    table = told(events, logs)
    table["recipients"] = pd.Series(logs.recipients(), dtype=object, copy=False)
    if (bodies := logs.bodies()) is not None:
        table["body"] = pd.Series(bodies, dtype=object, copy=False)
    return with_extra(table, logs, extra)


def with_extra(events: pd.DataFrame, logs: "Logs", extra: pd.DataFrame | None) -> pd.DataFrame:
    """Add the columns of the logs, or of the table they were made of, that mean nothing to us."""
    for name, texts in logs.extra().items():
        events[name] = texts
    if extra is not None and len(extra.columns):
        rows = logs.source_rows
        more = extra if rows is None else extra.take(rows)
        more = more.set_axis(events.index)
        for name in more.columns:
            events[name] = more[name]
    return events


def apart(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy that shares nothing with the table, not even by ``.array`` or its index."""
    copy = table.copy()
    copy.index = table.index.copy(deep=True)
    return copy


def maybe_whole(values: "NDArray[np.int64]") -> pd.arrays.IntegerArray:
    """Return numbers of the native module, where negative ones are missing, without a copy."""
    return pd.arrays.IntegerArray(values, values < 0, copy=False)


def floats(values: "pd.Series[Any] | pd.api.extensions.ExtensionArray") -> "NDArray[np.float64]":
    """Return whole numbers as floats, NaN where there is none."""
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def durations(logs: "Logs") -> "pd.Series[float]":
    """Make `Run.durations`."""
    columns = logs.machines()
    index = pd.Index(columns["machine_id"], name="machine_id")
    return pd.Series(columns["duration"], index=index, name="duration", copy=True)


def parameters(logs: "Logs") -> dict[str, Any]:
    """Gather what the logs themselves tell about how the run was made; only what is known."""
    columns = logs.machines()
    known: dict[str, Any] = {"machines": len(columns["machine_id"])}
    if not np.isnan(columns["clock_rate"]).any():
        known["rates"] = columns["clock_rate"].tolist()
    for name in BEHAVIOR:
        if len(columns[name]) and not np.isnan(columns[name]).any():
            each = columns[name].tolist()
            known[name] = each[0] if len(set(each)) == 1 else each
    run_ids = sorted({run_id for run_id in columns["run_id"] if run_id})
    if len(run_ids) == 1:
        known["run_id"] = run_ids[0]
    if logs.began is not None:
        known["began"] = logs.began
    peers = _peers(logs.peers(), columns["machine_id"])
    if peers is not None and columns["machine_id"].tolist() == list(range(1, len(peers) + 1)):
        known["topology"] = to_mapping(peers)
    return known


def _table(columns: dict[str, Any], forms: "Mapping[str, str]") -> pd.DataFrame:
    made = {name: _column(columns[name], form) for name, form in forms.items()}
    return pd.DataFrame(made, copy=False)


def _column(values: Any, form: str) -> Any:
    """Return the values of the native module as a column has them: the memory is theirs."""
    if form == "whole or none":
        return maybe_whole(values)
    words = {"kind": EVENT_KINDS, "status": STATUSES, "match": MATCHES}.get(form)
    if words is None:
        return values
    # Made anew: a table whose categories someone writes to changes no other.
    return pd.Categorical.from_codes(values, categories=pd.Index(words, dtype="str"))


def copies_on_write() -> bool:
    if int(pd.__version__.split(".", maxsplit=1)[0]) >= 3:
        return True
    return pd.options.mode.copy_on_write is True


def _prediction(logs: "Logs", columns: dict[str, Any], known: "Mapping[str, Any]") -> dict[str, Any]:
    """Return what theory expects, by the names of `lamport.predict`; NaN where it cannot tell."""
    from lamport._lamport import predict

    machines = columns["machine_id"]
    nothing = dict.fromkeys(PREDICTED.values(), np.full(len(machines), np.nan))
    rates = columns["clock_rate"]
    peers = _shape(logs, machines, known)
    # A list is of all machines, of which only some may be here.
    behavior: dict[str, Any] = {
        name: told if isinstance(told := known.get(name), float) else columns[name].tolist()
        for name in BEHAVIOR
    }
    weights = known.get("weights")
    if known.get("draw_after_receive"):
        return nothing  # theory knows machines that do one thing in a tick
    if "steps" in columns["ticking"]:
        return nothing  # nor is there a long run where rates change
    if any(columns["has_weights"]) and (weights is None or len(machines) != known.get("machines")):
        return nothing
    if peers is None or np.isnan(rates).any() or any(np.isnan(each).any() for each in behavior.values()):
        return nothing
    behavior["weights"] = as_weights("weights", weights)
    return predict(rates.tolist(), topology=peers, behavior=behavior)[0]


def _is_lamports(known: "Mapping[str, Any]", rules: "Rules") -> bool:
    """Tell whether clocks go Lamport's way, as far as parameters and rules say."""
    return all(getattr(rules, name) == value == known.get(name, value) for name, value in LAMPORTS.items())


def _shape(logs: "Logs", machines: Any, known: "Mapping[str, Any]") -> str | list[list[int]] | None:
    """Return the topology for the prediction: its name, or the peers of each machine."""
    told = known.get("topology")
    if isinstance(told, str):
        whole = known.get("machines") == len(machines)
        return told if whole and (machines == np.arange(1, len(machines) + 1)).all() else None
    return _peers(told or logs.peers(), machines)


def _peers(told: "Mapping[Any, list[int]]", machines: Any) -> list[list[int]] | None:
    """Return the peers of each machine, counted from 0; None if they are not all known and logged."""
    peers = {int(machine): row for machine, row in told.items()}
    places = {number: place for place, number in enumerate(machines.tolist())}
    try:
        return [[places[peer] for peer in peers[machine]] for machine in places]
    except KeyError:
        return None
