"""The columns of the native reader as tables."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lamport._model.topology import to_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamport._lamport import Logs

__all__ = ["EVENTS", "STATUSES", "durations", "events", "machines", "messages", "parameters"]

EVENTS = pd.Index(["SEND", "RECEIVE", "INTERNAL"], dtype="str")
STATUSES = pd.Index(["received", "unread", "undelivered", "unknown"], dtype="str")

EVENT_COLUMNS = (
    "time",
    "system_time",
    "machine_id",
    "event",
    "old_clock",
    "new_clock",
    "queue_len",
    "sender",
    "sent_clock",
    "arrived",
)
MESSAGE_COLUMNS = (
    "sender",
    "sent_clock",
    "recipient",
    "sent",
    "arrived",
    "received",
    "received_clock",
    "status",
)
COUNTS = ("ticks", "sends", "receives", "internals", "final_clock")
LATENESS = ("lateness_p50", "lateness_p99", "lateness_max")


def events(logs: "Logs") -> pd.DataFrame:
    """Make the table `Run.events`."""
    columns = logs.events()
    kinds = pd.Categorical.from_codes(columns["event"], categories=EVENTS)
    return _table({**columns, "event": kinds}, EVENT_COLUMNS)


def messages(logs: "Logs") -> pd.DataFrame:
    """Make the table `Run.messages`."""
    columns = logs.messages()
    statuses = pd.Categorical.from_codes(columns["status"], categories=STATUSES)
    return _table({**columns, "status": statuses}, MESSAGE_COLUMNS)


def machines(logs: "Logs", known: "Mapping[str, Any]") -> pd.DataFrame:
    """Make the table `Run.machines`, prediction included."""
    columns = logs.machines()
    duration = columns["duration"]
    growth = np.divide(
        columns["final_queue_len"], duration, out=np.full(len(duration), np.nan), where=duration > 0
    )
    load, growth_predicted = _prediction(logs, columns, known)
    names = ("clock_rate", *COUNTS, "mean_jump", "max_jump", "max_queue_len", "final_queue_len")
    return pd.DataFrame(
        {
            **{name: columns[name] for name in names},
            "queue_growth": growth,
            "load_predicted": load,
            "queue_growth_predicted": growth_predicted,
            **{name: columns[name] for name in LATENESS},
        },
        index=pd.Index(columns["machine_id"], name="machine_id"),
        copy=False,
    )


def durations(logs: "Logs") -> "pd.Series[float]":
    """Make `Run.durations`."""
    columns = logs.machines()
    index = pd.Index(columns["machine_id"], name="machine_id")
    return pd.Series(columns["duration"], index=index, name="duration")


def parameters(logs: "Logs") -> dict[str, Any]:
    """Gather what the logs themselves tell about how the run was made; only what is known."""
    columns = logs.machines()
    known: dict[str, Any] = {"machines": len(columns["machine_id"])}
    if not np.isnan(columns["clock_rate"]).any():
        known["rates"] = columns["clock_rate"].tolist()
    for name in ("internal_probability", "broadcast_share"):
        values = np.unique(columns[name])
        if len(values) == 1 and not np.isnan(values[0]):
            known[name] = float(values[0])
    run_ids = sorted({run_id for run_id in columns["run_id"] if run_id})
    if len(run_ids) == 1:
        known["run_id"] = run_ids[0]
    peers = _peers(logs.peers(), columns["machine_id"])
    if peers is not None and columns["machine_id"].tolist() == list(range(1, len(peers) + 1)):
        known["topology"] = to_mapping(peers)
    return known


def _table(columns: dict[str, Any], names: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: columns[name] for name in names}, copy=False)


def _prediction(logs: "Logs", columns: dict[str, Any], known: "Mapping[str, Any]") -> tuple[Any, Any]:
    """Load and queue growth as theory has them; NaN where it cannot tell."""
    from lamport._lamport import predict

    machines = columns["machine_id"]
    nothing = np.full(len(machines), np.nan)
    rates = columns["clock_rate"]
    peers = _shape(logs, machines, known)
    behavior = {}
    for name in ("internal_probability", "broadcast_share"):
        values = np.unique(columns[name])
        behavior[name] = known.get(name, values[0] if len(values) == 1 else np.nan)
    if peers is None or np.isnan(rates).any() or np.isnan(list(behavior.values())).any():
        return nothing, nothing
    expected = predict(rates.tolist(), topology=peers, **behavior)
    return expected["load"], expected["queue_growth"]


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
