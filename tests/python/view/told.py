"""What a follower tells of a run, made from its tables."""

import json

import numpy as np
import pandas as pd

KINDS = {"SEND": 0, "RECEIVE": 1, "INTERNAL": 2}


def begin(run, title="a run", faults=()):
    machines = run.machines.index.tolist() if run.machines.index.name else list(run._numbers)
    rates = run._logs.machines()["clock_rate"].tolist()
    return json.dumps(
        {
            "type": "begin",
            "version": 1,
            "title": title,
            "machines": machines,
            "names": [run.names.get(machine, "") for machine in machines] if run.names else [],
            "rates": [None if np.isnan(rate) else rate for rate in rates],
            "algorithm": None,
            "faults": list(faults),
            "limit": 5000,
        }
    )


def more(events, now, every=1, last=None, struck=(), warnings=()):
    """An update of some rows of a table of events; `last`: the rows so far, if these are not all."""
    rows = events if last is None else last
    newest = rows.groupby("machine_id").agg(
        clock=("new_clock", "last"), queue=("queue_len", "last"), events=("event", "size")
    )
    whole = lambda column: [int(each) for each in events[column].fillna(0)]  # noqa: E731
    queue = [-1 if pd.isna(each) else int(each) for each in events["queue_len"]]
    return json.dumps(
        {
            "type": "more",
            "now": now,
            "every": every,
            "machine": whole("machine_id"),
            "kind": [KINDS[each] for each in events["event"]],
            "time": events["time"].tolist(),
            "clock": whole("new_clock"),
            "queue": queue,
            "from": whole("sender"),
            "sent_clock": whole("sent_clock"),
            "arrived": [None if np.isnan(each) else each for each in events["arrived"]],
            "to": [list(each) if each else 0 for each in events["recipients"]],
            "last": {
                "machine": newest.index.tolist(),
                "clock": newest["clock"].tolist(),
                "queue": [-1 if pd.isna(each) else int(each) for each in newest["queue"]],
                "events": newest["events"].tolist(),
            },
            "struck": list(struck),
            "warnings": list(warnings),
        }
    )


def end(told="the run has ended"):
    return json.dumps({"type": "end", "told": told})


def texts(run, every=1.0, **options):
    """All of a run, in updates of `every` seconds."""
    events = run.events
    yield begin(run, **options)
    stop = float(events["time"].max()) + every
    for now in np.arange(every, stop + every, every):
        mine = events[events["time"].between(now - every, now, inclusive="left")]
        yield more(mine, float(now), last=events[events["time"] < now])
