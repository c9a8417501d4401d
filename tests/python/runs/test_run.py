"""The tables of a run."""

import json
import pickle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport._runs.tables import copies_on_write

EVENT_COLUMNS = [
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
    "manual",
    "by_hand",
    "caused",
    "recipients",
]
MESSAGE_COLUMNS = [
    "sender",
    "sent_clock",
    "recipient",
    "sent",
    "arrived",
    "received",
    "received_clock",
    "status",
    "matched",
]
MACHINE_COLUMNS = [
    "clock_rate",
    "ticks",
    "sends",
    "receives",
    "internals",
    "final_clock",
    "mean_jump",
    "max_jump",
    "max_queue_len",
    "final_queue_len",
    "queue_growth",
    "mean_drift",
    "max_drift",
    "mean_wait",
    "mean_queue_len",
    "load_predicted",
    "queue_growth_predicted",
    "clock_growth_predicted",
    "clock_growth_low",
    "clock_growth_high",
    "lateness_p50",
    "lateness_p99",
    "lateness_max",
]


def test_events(run):
    events = run.events
    assert list(events.columns) == EVENT_COLUMNS
    assert events["event"].cat.categories.tolist() == ["SEND", "RECEIVE", "INTERNAL"]
    assert events["time"].is_monotonic_increasing
    assert events["machine_id"].dtype == events["new_clock"].dtype == np.int64
    received = events["event"] == "RECEIVE"
    assert received.any()
    for name in ("queue_len", "sender", "sent_clock", "arrived"):
        assert events[name].notna().equals(received)
    after = np.maximum(events["old_clock"], events["sent_clock"].fillna(0)) + 1
    assert (events["new_clock"] == after).all()
    sent = events["event"] == "SEND"
    assert events["recipients"].notna().equals(sent)
    assert not events[["manual", "by_hand", "caused"]].any(axis=None)


def test_events_share_the_memory_of_the_reader(run):
    for name, native in run._logs.events().items():
        column = run._events[name]
        data = {"event": "_codes"}.get(name, "_data")
        ours = column.to_numpy() if isinstance(column.dtype, np.dtype) else getattr(column.array, data)
        assert np.shares_memory(ours, native), name
        if copies_on_write() and isinstance(column.dtype, np.dtype):
            assert np.shares_memory(run.events[name].to_numpy(), native), name


def test_messages(run):
    messages = run.messages
    assert list(messages.columns) == MESSAGE_COLUMNS
    assert messages["status"].cat.categories.tolist() == ["received", "unread", "undelivered", "unknown"]
    assert messages["matched"].cat.categories.tolist() == ["exact", "unique", "fifo", "ambiguous", "none"]
    received = messages[messages["status"] == "received"]
    assert (received["sent_clock"] < received["received_clock"]).all()
    assert (received["sent"] <= received["arrived"]).all()
    assert (received["arrived"] <= received["received"]).all()
    assert messages["received"].notna().equals(messages["status"] == "received")
    assert set(messages["status"]) == {"received", "unread"}
    assert len(received) == run.machines["receives"].sum()


def test_machines(run):
    machines = run.machines
    assert list(machines.columns) == MACHINE_COLUMNS
    assert machines.index.name == "machine_id"
    assert machines.index.tolist() == [1, 2, 3]
    assert machines["clock_rate"].tolist() == [5, 40, 80]
    assert machines["ticks"].tolist() == [5, 40, 80]
    assert (machines[["sends", "receives", "internals"]].sum(axis=1) == machines["ticks"]).all()
    events = run.events
    grouped = events.groupby("machine_id")
    assert (grouped["new_clock"].max() == machines["final_clock"]).all()
    jumps = (events["new_clock"] - events["old_clock"]).groupby(events["machine_id"])
    assert jumps.max().tolist() == machines["max_jump"].tolist()
    np.testing.assert_allclose(jumps.mean(), machines["mean_jump"])
    np.testing.assert_allclose(machines["queue_growth"], machines["final_queue_len"] / run.durations)
    unread = run.messages.query("status == 'unread'")["recipient"].value_counts()
    assert machines["final_queue_len"].loc[1] == unread.loc[1]


def test_prediction_stands_beside_the_measurement(run):
    expected = lamport.predict([5, 40, 80], internal_probability=0.3)
    np.testing.assert_allclose(run.machines["load_predicted"], expected["load"])
    np.testing.assert_allclose(run.machines["queue_growth_predicted"], expected["queue_growth"])
    assert run.machines["queue_growth"].loc[1] > 0


def test_drift(run):
    final = run.machines["final_clock"]
    assert run.drift == final.max() - final.min()
    drift = run.drift_over_time()
    assert drift.name == "drift"
    assert drift.iloc[-1] == run.drift
    clocks = run.clocks()
    assert (drift == clocks.max(axis=1) - clocks.min(axis=1)).all()


def test_clocks(run):
    clocks = run.clocks()
    assert clocks.index.name == "time"
    assert clocks.columns.tolist() == [1, 2, 3]
    assert clocks.iloc[-1].tolist() == run.machines["final_clock"].tolist()
    assert (clocks.diff().dropna() >= 0).all(axis=None)
    grid = run.clocks(every=0.25)
    assert grid.index[:3].tolist() == [0, 0.25, 0.5]
    assert grid.iloc[0].sum() <= 3
    assert grid.iloc[-1].tolist() == run.machines["final_clock"].tolist()


@pytest.mark.parametrize("every", [0, -1, float("nan"), float("inf"), 1e-12])
def test_clocks_at_bad_steps(run, every):
    with pytest.raises(ValueError, match="every="):
        run.clocks(every=every)


rows = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=40)


@given(rows, st.sampled_from([None, 0.5, 1.0, 3.0]))
def test_clocks_are_the_last_values_so_far(rows, every):
    """Against the plain definition, row by row."""
    clock, time, table = {}, 0, []
    for machine, jump, wait in rows:
        time += wait
        old = clock.get(machine, 0)
        clock[machine] = old + jump
        table.append((float(time), machine, "INTERNAL", old, old + jump))
    frame = pd.DataFrame(table, columns=["time", "machine_id", "event", "old_clock", "new_clock"])
    run = lamport.from_events(frame)
    clocks = run.clocks(every)
    for moment, values in clocks.iterrows():
        happened = run.events[run.events["time"] <= moment].groupby("machine_id")["new_clock"].max()
        assert values.to_dict() == {machine: happened.get(machine, 0) for machine in clocks.columns}
    expected = clocks.max(axis=1) - clocks.min(axis=1)
    assert run.drift_over_time(every).tolist() == expected.tolist()


def test_parameters_and_record(run):
    assert run.parameters["rates"] == [5, 40, 80]
    assert run.parameters["seed"] == 7
    assert run.parameters["topology"] == {"1": [2, 3], "2": [1, 3], "3": [1, 2]}
    assert (run.log_dir / "run.json").exists()
    assert not run.interrupted
    assert [path.name for path in run.files] == ["machine_1.log", "machine_2.log", "machine_3.log"]


def test_representations(run):
    assert repr(run) == f"<Run: 3 machines, 1 s, {run.log_dir}>"
    html = run._repr_html_()
    assert "<table" in html
    assert "&lt;" not in html
    assert "queue_growth_predicted" in html


def test_table_without_times_or_logs(table_run):
    assert table_run.machines["clock_rate"].isna().all()
    assert table_run.machines["queue_growth_predicted"].isna().all()
    assert table_run.messages["status"].tolist() == ["received"]
    assert table_run.log_dir is None
    assert repr(table_run) == "<Run>"
    assert table_run.parameters["machines"] == 2


def test_machines_table_pickles(run):
    assert pickle.loads(pickle.dumps(run.machines)).equals(run.machines)


def test_files_are_asked_for_once(run):
    class Counted:
        calls = 0

        def machines(self):
            raise AssertionError("files need no table")

        @property
        def files(self):
            Counted.calls += 1
            return [str(file) for file in run.files]

    again = lamport.Run(Counted(), log_dir=run.log_dir)
    first = again.files
    first.clear()
    assert again.files == again.files == run.files
    assert Counted.calls == 1


def test_growth_of_a_queue_counts_the_seconds_of_a_machine_that_came_back(tmp_path):
    def line(event, at, **fields):
        return json.dumps({"event": event, "system_time": at, "machine_id": 1} | fields) + "\n"

    def startup(at, clock):
        return line(
            "STARTUP", at, clock_rate=2.0, local_clock=clock, history="0000000000000001",
            listen=["127.0.0.1", 5001], peers=[], run_id="lab", seed=1, internal_probability=0.7,
            broadcast_share=0.25, time="real", version="0.1.0",
        )  # fmt: skip

    tick = line("INTERNAL", 103.0, old_clock=0, new_clock=1)
    unread = "".join(line("UNREAD", 110.0, sender=2, sent_clock=n, arrival_time=109.0) for n in (3, 4))
    late = {"p50": 0.0, "p99": 0.0, "max": 0.0}
    end = line("END", 110.0, final_clock=1, queue_len=2, ticks=1, lateness=late, undelivered=[])
    for name, text, seconds in [
        # It does not say when it began: its wait for peers counts.
        ("plain", startup(100.0, 0) + tick + unread + end, 10.0),
        ("began", startup(100.0, 0) + tick.replace("}", ', "began": 102.5}') + unread + end, 7.5),
        # It came back: its time down does not count.
        ("resumed", startup(100.0, 0) + tick + startup(105.0, 1) + unread + end, 8.0),
    ]:
        path = tmp_path / f"{name}.log"
        path.write_text(text)
        run = lamport.load(path)
        assert run.durations.tolist() == [seconds]
        assert run.machines["queue_growth"].tolist() == [2 / seconds]


def test_the_longest_queue_is_after_the_pop_and_includes_the_end():
    """Four wait before the first RECEIVE: three after it. Or more are left at the end than ever waited."""
    table = {
        "machine_id": [2, 2, 2, 2, 1, 1],
        "event": ["SEND"] * 4 + ["RECEIVE"] * 2,
        "new_clock": [1, 2, 3, 4, 2, 3],
        "time": [1, 2, 3, 4, 5, 6],
        "queue_len": [None] * 4 + [3, 2],
    }
    machines = lamport.from_events(table).machines
    assert machines.loc[1, "max_queue_len"] == 3
    assert pd.isna(machines.loc[2, "max_queue_len"])
    run = lamport.simulate(
        topology={1: [2], 2: []}, rates=[10, 0.1], internal_probability=0, duration=8, seed=3, progress=False
    )
    after = run.events["queue_len"].max()
    left = (run.messages["status"] == "unread").sum()
    assert left > after
    assert run.machines.loc[2, ["max_queue_len", "final_queue_len"]].tolist() == [left, left]


def test_ticks_that_were_due_are_those_of_the_time_that_passed(tmp_path):
    def line(event, at, **fields):
        return json.dumps({"event": event, "system_time": at, "machine_id": 1} | fields) + "\n"

    # A program said 10 ticks a second and ticked once a second.
    ticks = [line("INTERNAL", 101.0 + old, old_clock=old, new_clock=old + 1) for old in range(5)]
    (tmp_path / "machine_1.log").write_text(line("STARTUP", 100.0, clock_rate=10) + "".join(ticks))
    run = lamport.load(tmp_path)
    assert run.durations.tolist() == [5.0]
    run.report(tmp_path / "out")
    lines = (tmp_path / "out" / "analysis_summary.md").read_text().splitlines()
    table = lines[lines.index("## Tick Fidelity") + 4 :]
    assert [cell.strip() for cell in table[2].split("|")[1:4]] == ["1", "5", "50"]


def test_ticks_were_due_while_the_machine_was_up(tmp_path):
    crash = [lamport.Crash(1, at=10, down_for=30), lamport.Crash(2, at=20)]
    setting = {"duration": 60, "rates": [10, 10, 10], "seed": 3, "faults": crash}
    run = lamport.simulate(**setting, log_dir=tmp_path / "run")
    for each in (run, lamport.load(tmp_path / "run")):
        each.report(tmp_path / "out")
        lines = (tmp_path / "out" / "analysis_summary.md").read_text().splitlines()
        table = lines[lines.index("## Tick Fidelity") + 6 :][:3]
        due = [float(row.split("|")[3]) for row in table]
        assert 298 < due[0] < 302
        assert 198 < due[1] <= 200
        assert due[2] == 600


def test_ticks_were_due_until_the_machine_ended_in_order(tmp_path):
    # As where whoever watched the machines was killed: they end in order, and nobody notes that it was early.
    run = lamport.simulate(duration=3, rates=[10, 20], seed=3, log_dir=tmp_path / "run")
    record = tmp_path / "run" / "run.json"
    record.write_text(json.dumps(run.parameters | {"duration": 60}))
    lamport.load(tmp_path / "run").report(tmp_path / "out")
    lines = (tmp_path / "out" / "analysis_summary.md").read_text().splitlines()
    table = lines[lines.index("## Tick Fidelity") + 6 :][:2]
    assert [row.split("|")[3].strip() for row in table] == ["30", "60"]


def test_what_happened_before_ticking_began_is_shown(tmp_path):
    run = lamport.from_events(
        {
            "time": [-1.2, -0.3, 0.4, 1.1],
            "machine_id": [1, 2, 1, 2],
            "event": ["SEND", "RECEIVE", "INTERNAL", "INTERNAL"],
            "sender": [None, 1, None, None],
            "sent_clock": [None, 1, None, None],
            "new_clock": [1, 2, 2, 3],
        }
    )
    assert run.events["time"].tolist() == [-1.2, -0.3, 0.4, 1.1]
    assert run.clocks(every=0.5).index.tolist() == [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]
    assert run.clocks(every=0.5).loc[0].tolist() == [1, 2]
    assert run.drift_over_time(every=0.5).tolist() == [0, 1, 1, 1, 0, 0, 1]
    assert len(pd.read_csv(run.export(tmp_path / "before.csv", stop=0))) == 2
    assert len(pd.read_csv(run.export(tmp_path / "some.csv", start=-0.3, stop=1))) == 2
    axes = run.plot_spacetime(-1.2, 0)
    shown = {mark.get_gid() for mark in axes.collections} & {"SEND", "RECEIVE", "INTERNAL"}
    assert shown == {"SEND", "RECEIVE"}
    plt.close("all")


def test_virtual_time_is_exactly_0(tmp_path):
    made = lamport.simulate(duration=5, rates=[2, 3], seed=1, log_dir=tmp_path / "run")
    for log in made.files:
        assert '"began"' not in log.read_text()
    run = lamport.load(tmp_path / "run")
    assert "began" not in run.parameters
    assert (run.events["time"] == run.events["system_time"]).all()
    assert run.events["time"].equals(made.events["time"])
    (tmp_path / "run" / "run.json").unlink()
    assert "began" not in lamport.load(tmp_path / "run").parameters
    assert not any("began" in note for note in run.notes)
