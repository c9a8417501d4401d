"""Drift, waits and queues over time, and runs without their warm-up: against plain code."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import lamport
from lamport._runs.clocks import _spread_plainly, spread
from lamport._runs.in_time import IN_TIME

LATENESS = ["lateness_p50", "lateness_p99", "lateness_max"]


def micros(seconds):
    return round(seconds * 1e6)


def plain_drift(run, start, end, value=0):
    """Step through every instant."""
    steps = run.drift_over_time()
    now = start
    area, largest = 0, None
    for time, drift in steps.items():
        at = micros(time)
        if at > start:
            largest = value if largest is None else max(largest, value)
            area += value * (at - now)
            now = at
        value = drift
    largest = value if largest is None else max(largest, value)
    return area / (end - start) if end > start else np.nan, largest


def plain_queue(run, machine, start, end):
    """Step through every arrival and every receipt: the waits of those received, the area of the queue."""
    events = run.events
    received = events[(events["machine_id"] == machine) & (events["event"] == "RECEIVE")]
    waits = [
        micros(row.time) - micros(row.arrived) for row in received.itertuples() if micros(row.time) >= start
    ]
    left = run.messages.query("status == 'unread' and recipient == @machine")
    changes = [(micros(time), 1) for time in [*received["arrived"], *left["arrived"]]]
    changes += [(micros(time), -1) for time in received["time"]]
    area, length, now = 0, 0, start
    for time, change in sorted(changes):
        at = min(max(time, start), end)
        area += length * (at - now)
        now, length = at, length + change
    area += length * (end - now)
    mean_wait = sum(waits) / len(waits) / 1e6 if waits else np.nan
    return mean_wait, area / (end - start) if end > start else np.nan


models = st.fixed_dictionaries(
    {"duration": st.integers(2, 12), "seed": st.integers(0, 1000)},
    optional={
        "machines": st.integers(1, 5),
        "internal_probability": st.floats(0, 1),
        "topology": st.sampled_from(["full", "ring", "star"]),
        "latency": st.sampled_from([0, 0.5, lamport.Exponential(0.3), lamport.Uniform(0, 3)]),
        "draw_after_receive": st.booleans(),
        "receive": st.sampled_from(["max + 1", "max(clock, T)"]),
    },
)


@settings(max_examples=30)
@given(models, st.none() | st.floats(0, 0.9), st.integers(0, 3))
def test_over_time_against_every_step(model, share, faults):
    machines = model.setdefault("machines", 3)
    struck = lamport.random_faults(
        model["seed"], faults * 0.05, machines=machines, duration=model["duration"]
    )
    run = lamport.simulate(**model, faults=struck if faults else ())
    last = run.events["time"].max()
    since = None if share is None else share * last
    table = run.machines if since is None else run.machines_since(since)
    start, end = micros(since or 0), micros(last)
    mean_drift, max_drift = plain_drift(run, start, end)
    assert table["mean_drift"].tolist() == [mean_drift] * machines
    assert table["max_drift"].tolist() == [max_drift] * machines
    for machine, row in table.iterrows():
        mean_wait, mean_queue_len = plain_queue(run, machine, start, end)
        np.testing.assert_allclose(row["mean_wait"], mean_wait, rtol=1e-12)
        if pd.isna(row["final_queue_len"]):
            assert np.isnan(row["mean_queue_len"])
        else:
            np.testing.assert_allclose(row["mean_queue_len"], mean_queue_len, rtol=1e-12)


@settings(max_examples=30)
@given(models, st.floats(0, 0.9), st.sampled_from([None, "time", "arrived"]))
def test_a_stretch_against_the_rows_of_events(model, share, at):
    """From any time on, or from that of an event or of an arrival."""
    run = lamport.simulate(**model)
    whole, events = run.machines, run.events
    since = round(share * events["time"].max(), 6)
    if at is not None and len(times := sorted(events[at].dropna())):
        since = times[int(share * len(times))]
        assume(since < events["time"].max())
    table = run.machines_since(since)
    assert table.columns.tolist() == [name for name in whole.columns if name not in LATENESS]
    assert table.dtypes.equals(whole.dtypes.drop(LATENESS))
    kept = events[events["time"] >= since]
    for machine, row in table.iterrows():
        own = kept[kept["machine_id"] == machine]
        counts = own["event"].value_counts()
        assert [row["sends"], row["receives"], row["internals"]] == [
            counts["SEND"], counts["RECEIVE"], counts["INTERNAL"],
        ]  # fmt: skip
        acts = counts["SEND"] + counts["INTERNAL"]
        assert row["ticks"] == (acts if model.get("draw_after_receive") else len(own))
        jumps = own["new_clock"] - own["old_clock"]
        assert row["max_jump"] == (jumps.max() if len(own) else 0)
        np.testing.assert_allclose(row["mean_jump"], jumps.mean(), rtol=1e-12)
        assert row["max_queue_len"] == max(*own["queue_len"].dropna(), row["final_queue_len"], 0)
        mine = run.messages[run.messages["recipient"] == machine]
        before = ((mine["arrived"] <= since) & ~(mine["received"] <= since)).sum()
        growth = (row["final_queue_len"] - before) / (model["duration"] - since)
        np.testing.assert_allclose(row["queue_growth"], growth, rtol=1e-9, atol=1e-12)
    for name in ("clock_rate", "final_clock", "final_queue_len", "load_predicted"):
        pd.testing.assert_series_equal(table[name], whole[name])


@given(models)
def test_without_a_warm_up_it_is_the_whole_run(model):
    run = lamport.simulate(**model)
    pd.testing.assert_frame_equal(run.machines_since(0), run.machines.drop(columns=LATENESS))
    pd.testing.assert_frame_equal(run.machines_since(-5), run.machines.drop(columns=LATENESS))


def test_what_waits_on_average_is_the_rate_of_arrivals_by_the_wait():
    """Little's law, of a queue that empties."""
    run = lamport.simulate(
        2, 4000, rates=[10, 4], internal_probability=0.7, topology={1: [2], 2: []}, latency=0, seed=1978
    )
    (mean_wait, mean_queue_len) = run.machines.loc[2, ["mean_wait", "mean_queue_len"]]
    arrivals = run.machines.loc[2, "receives"] / run.events["time"].max()
    assert mean_queue_len == pytest.approx(arrivals * mean_wait, rel=0.01)
    # Served four times a second, of three that come: half a turn at least.
    assert mean_wait > 0.125


def test_by_heart():
    """Machine 2 gets a message at 1 s and takes it at 3 s; the run ends at 5 s."""
    lines = {
        "machine_id": [1, 1, 2, 1],
        "event": ["SEND", "SEND", "RECEIVE", "INTERNAL"],
        "time": [1.0, 2.0, 3.0, 5.0],
        "old_clock": [0, 1, 0, 2],
        "new_clock": [1, 2, 2, 9],
        "sender": [None, None, 1, None],
        "sent_clock": [None, None, 1, None],
        "arrived": [None, None, 1.0, None],
        "recipients": [[2], [2], None, None],
    }
    table = lamport.from_events(lines).machines
    # Drift 0 for 1 s, 1 for 1 s, 2 for 1 s, 0 for 2 s, and then 7.
    assert table["mean_drift"].tolist() == [0.6, 0.6]
    assert table["max_drift"].tolist() == [7, 7]
    assert table.loc[2, "mean_wait"] == 2
    assert np.isnan(table.loc[1, "mean_wait"])
    # A table does not tell what was left in queues.
    assert table["mean_queue_len"].isna().all()
    since = lamport.from_events(lines).machines_since(2.5)
    assert since["mean_drift"].tolist() == [0.4, 0.4]
    assert since["receives"].tolist() == [0, 1]
    # What happens at the very time counts.
    since = lamport.from_events(lines).machines_since(3)
    assert (since["receives"].tolist(), since.loc[2, "mean_wait"]) == ([0, 1], 2)
    # What was done by hand is no tick.
    by_hand = lamport.from_events(lines | {"manual": [False, True, False, False]})
    assert by_hand.machines_since(0)["ticks"].tolist() == [2, 1]


steps = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(1, 9),
        st.sampled_from([0, 0.5, 2]),
        st.sampled_from(["SEND", "RECEIVE", "INTERNAL"]),
    ),
    min_size=1,
    max_size=30,
)


@given(steps, st.booleans(), st.sampled_from([None, 0.0, 1.25]))
def test_of_a_table_with_any_clocks(steps, goes_up, since):
    """Those of other programs may go down."""
    time, clock, first, rows = 0.0, {}, {}, []
    for machine, number, wait, event in steps:
        time += wait
        old = clock.get(machine)
        clock[machine] = (old or 3) + number if goes_up else number
        # The least that it can have been, where it is not known.
        first.setdefault(machine, 0 if event == "RECEIVE" else clock[machine] - 1)
        rows.append((machine, event, time, old, clock[machine]))
    names = ["machine_id", "event", "time", "old_clock", "new_clock"]
    run = lamport.from_events(pd.DataFrame(rows, columns=names))
    if since is not None and since >= time:
        return
    table = run.machines if since is None else run.machines_since(since)
    value = max(first.values()) - min(first.values())
    mean_drift, max_drift = plain_drift(run, micros(since or 0), micros(time), value)
    assert set(table["max_drift"]) == {max_drift}
    np.testing.assert_array_equal(table["mean_drift"], mean_drift)


class Answers(lamport.Algorithm):
    def start(self, me):
        me.broadcast(1)

    def on_message(self, me, sender, body):
        if me.id == 1:
            me.send(sender, body)


def test_what_a_step_sends_is_no_tick():
    run = lamport.simulate(3, 10, algorithm=Answers, rates=20, seed=1)
    whole, since = run.machines, run.machines_since(0)
    assert (whole["ticks"] < whole[["sends", "receives", "internals"]].sum(axis=1)).all()
    pd.testing.assert_frame_equal(since, whole.drop(columns=LATENESS))


@pytest.mark.parametrize("what", ["UNREAD", "RECEIVE"])
def test_queues_are_known_only_if_all_arrivals_are(tmp_path, what):
    options = {"rates": [1, 6, 6], "internal_probability": 0.1, "seed": 2}
    whole = lamport.simulate(duration=20, log_dir=tmp_path / "run", **options).machines
    assert whole.loc[1, "final_queue_len"] > 0
    log = tmp_path / "run" / "machine_1.log"
    lines = log.read_text().splitlines(keepends=True)
    row = next(row for row, line in enumerate(lines) if what in line)
    if what == "UNREAD":
        del lines[row]
    else:
        lines[row] = re.sub(r', "arrival_time": [\d.]+', "", lines[row])
    log.write_text("".join(lines))
    read = lamport.load(tmp_path / "run").machines
    assert read["mean_queue_len"].isna().tolist() == [True, False, False]
    assert read.loc[2:, "mean_queue_len"].tolist() == whole.loc[2:, "mean_queue_len"].tolist()


def test_of_a_real_run(run):
    table = run.machines
    assert table[[*IN_TIME]].notna().all(axis=None)
    assert (table["max_drift"] >= table["mean_drift"]).all()
    assert table["max_drift"].max() >= run.drift_over_time().max()
    assert (table["mean_queue_len"] <= table["max_queue_len"] + 1).all()
    half = run.machines_since(0.5)
    assert (half["ticks"] < table["ticks"]).all()
    slowest = half.index[0]
    assert half.loc[slowest, "mean_queue_len"] > table.loc[slowest, "mean_queue_len"]


def test_compared_runs_without_their_warm_up(run):
    frame = lamport.compare({"a": run, "b": [run, run]}, since=0.5)
    assert frame["ticks"].tolist() == run.machines_since(0.5)["ticks"].tolist() * 3
    assert set(IN_TIME) < set(frame.columns)
    means = lamport.summarize(frame, "label")["mean_drift", "mean"]
    assert means.tolist() == [frame["mean_drift"].iloc[0]] * 2


@pytest.mark.parametrize(
    ("since", "message"),
    [
        (20, r"since=20 \(s\) leaves nothing: the last event is at 4\."),
        (1e300, r"since=1e300 \(s\) leaves nothing: the last event is at 4\."),
        (float("nan"), "since=nan is not a time"),
        (float("inf"), "since=inf is not a time"),
        ("x", "since='x' is not a number"),
    ],
)
def test_bad_warm_ups(since, message):
    run = lamport.simulate(duration=5, seed=1)
    with pytest.raises(ValueError, match=message):
        run.machines_since(since)
    with pytest.raises(ValueError, match=message):
        lamport.compare([run], since=since)


def test_a_run_without_events():
    empty = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    with pytest.raises(ValueError, match=r"since=2 \(s\) leaves nothing: there is no event"):
        empty.machines_since(2)
    assert empty.machines[[*IN_TIME]].empty
    unrecorded = lamport.simulate(duration=5, seed=1, record=False)
    with pytest.raises(lamport.LamportError, match="no event was recorded"):
        unrecorded.machines_since(2)


rows = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 9), st.integers(0, 9), st.integers(0, 2)), max_size=30
)


@given(rows, st.booleans())
def test_the_drift_of_any_clocks(rows, goes_up):
    """Of clocks that go up in one pass, of others machine by machine."""
    time, clock, table = 0, {}, []
    for machine, old, new, wait in rows:
        time += wait
        before = clock.get(machine, old) if goes_up else old
        clock[machine] = before + new if goes_up else new
        table.append((float(time), machine, before, clock[machine]))
    events = pd.DataFrame(table, columns=["time", "machine_id", "old_clock", "new_clock"]).astype(
        {"time": float, "machine_id": int, "old_clock": int, "new_clock": int}
    )
    machines = sorted({*events["machine_id"], 9})
    grid = np.array([-np.inf, *np.arange(-1, time + 2) / 1.0, np.inf])
    expected = _spread_plainly(events, machines, grid)
    assert spread(events, machines, grid).tolist() == expected.tolist()
    machines.remove(9)
    if machines:
        assert spread(events, machines, grid).tolist() == _spread_plainly(events, machines, grid).tolist()
