"""Runs in virtual time, through their Python face."""

import os
import pickle
import signal
import subprocess
import sys

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lamport
from lamport._runs.in_time import IN_TIME

BUSY = {"rates": [5, 40, 80], "internal_probability": 0.3, "seed": 7}


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A run with logs. Read only."""
    home = tmp_path_factory.mktemp("simulated") / "logs"
    return lamport.simulate(duration=20, latency=lamport.Exponential(0.02), log_dir=home, **BUSY)


def logs(home):
    return {path.name: path.read_bytes() for path in home.glob("machine_*.log")}


def same(one, two):
    pd.testing.assert_frame_equal(one.machines, two.machines, check_exact=True)
    pd.testing.assert_frame_equal(one.events, two.events, check_exact=True)
    pd.testing.assert_frame_equal(one.messages, two.messages, check_exact=True)


def test_tables(logged):
    assert logged.machines["ticks"].tolist() == [100, 800, 1600]
    assert len(logged.events) == 2500
    assert logged.events["time"].is_monotonic_increasing
    assert logged.machines["queue_growth"].loc[1] == pytest.approx(
        logged.machines["queue_growth_predicted"].loc[1], abs=4 * np.sqrt(80 / 20)
    )
    assert logged.drift == np.ptp(logged.machines["final_clock"])
    assert set(logged.messages["status"]) <= {"received", "unread", "undelivered"}
    assert len(logged.plot(predict=True)) == 4


def test_parameters(logged):
    expected = {
        "machines": 3,
        "duration": 20,
        "rates": [5, 40, 80],
        "max_rate": 6,
        "internal_probability": 0.3,
        "topology": "full",
        "latency": {"kind": "exponential", "mean": 0.02},
        "seed": 7,
        "time": "virtual",
    }
    assert {name: logged.parameters[name] for name in expected} == expected
    assert isinstance(logged.parameters["ties"], int)
    assert logged.parameters["run_id"].startswith("virtual-")
    assert not logged.interrupted
    assert repr(logged) == f"<Run: 3 machines, 20 s, {logged.log_dir}>"
    assert [path.name for path in logged.files] == [f"machine_{number}.log" for number in (1, 2, 3)]


def test_what_is_loaded_is_what_was_in_memory(logged):
    loaded = lamport.load(logged.log_dir)
    same(loaded, logged)
    assert loaded.parameters == logged.parameters


def test_run_json_is_enough_to_run_it_again(tmp_path):
    first = lamport.simulate(4, 30, topology="ring", latency=lamport.Uniform(0, 1), log_dir=tmp_path / "a")
    names = ("machines", "duration", "rates", "max_rate", "internal_probability", "broadcast_share")
    known = lamport.load(tmp_path / "a").parameters
    again = {name: known[name] for name in (*names, "topology", "latency", "seed")}
    same(first, lamport.simulate(**again))


seeds = st.integers(0, 2**53 - 1)
models = st.fixed_dictionaries(
    {
        "machines": st.integers(1, 14),
        "duration": st.floats(0.1, 40),
        "max_rate": st.integers(1, 30),
        "internal_probability": st.floats(0, 1),
        "broadcast_share": st.floats(0, 1),
        "topology": st.sampled_from(["full", "ring", "star", "line"]),
        "latency": st.sampled_from([0, 0.1, lamport.Exponential(0.2), lamport.Empirical([0, 0, 3])]),
        "seed": seeds,
    }
)


@given(models)
def test_recording_or_not_gives_the_same_machines(model):
    recorded, counted = lamport.simulate(**model), lamport.simulate(**model, record=False, since=0)
    pd.testing.assert_frame_equal(recorded.machines, counted.machines, check_exact=True)
    bare = lamport.simulate(**model, record=False).machines
    pd.testing.assert_frame_equal(bare.drop(columns=[*IN_TIME]), recorded.machines.drop(columns=[*IN_TIME]))
    assert bare[[*IN_TIME]].isna().all(axis=None)
    assert recorded.drift == counted.drift
    assert recorded.parameters == counted.parameters


@given(models, st.floats(0, 0.99), st.integers(0, 3))
@settings(max_examples=50)
def test_what_is_counted_from_a_time_on_is_what_the_events_tell(model, share, faults):
    since = share * model["duration"]
    if faults:
        rate = faults / model["duration"]
        model["faults"] = lamport.random_faults(
            model["seed"], rate, machines=model["machines"], duration=model["duration"]
        )
    recorded = lamport.simulate(**model)
    counted = lamport.simulate(**model, record=False, since=since)
    if not since < recorded.events["time"].max():
        return
    there = pickle.loads(pickle.dumps(counted))
    for run in (counted, there):
        pd.testing.assert_frame_equal(
            run.machines_since(since), recorded.machines_since(since), check_exact=True
        )
        with pytest.raises(lamport.LamportError, match=r"no event was recorded .* run.machines_since\("):
            run.machines_since(since + 0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"since": 5}, r"since=5 is for record=False: .* run\.machines_since\(5\)"),
        ({"since": 60, "record": False}, r"since=60 \(s\) is not within a run of 60 s"),
        ({"since": -1, "record": False}, "since=-1"),
        ({"since": float("nan"), "record": False}, "since=nan"),
        ({"since": "x", "record": False}, "since='x' is not a number"),
        ({"since": True, "record": False}, "since=True is not a number"),
    ],
)
def test_bad_times_to_count_from(options, message):
    with pytest.raises(ValueError, match=message):
        lamport.simulate(**options)


@given(models)
@settings(max_examples=25)
def test_a_name_and_its_lists_of_peers_are_the_same_run(model):
    from lamport._model.topology import adjacency

    peers = adjacency(model["topology"], model["machines"])
    mapping = {machine: [peer + 1 for peer in row] for machine, row in enumerate(peers, 1)}
    named, listed = lamport.simulate(**model), lamport.simulate(**{**model, "topology": mapping})
    pd.testing.assert_frame_equal(named.events, listed.events, check_exact=True)
    pd.testing.assert_frame_equal(named.machines, listed.machines)


def test_without_events(tmp_path):
    run = lamport.simulate(duration=5, seed=1, record=False)
    assert len(run.machines) == 3
    for use in (
        lambda: run.events,
        lambda: run.messages,
        run.clocks,
        run.plot,
        lambda: run.report(tmp_path / "none"),
        lambda: run.export(tmp_path / "x.csv"),
    ):
        with pytest.raises(lamport.LamportError, match=r"no event was recorded \(record=False\)"):
            use()
    assert "drift" in run._repr_html_()
    assert list(tmp_path.iterdir()) == []


def test_equal_seeds_give_equal_bytes(tmp_path, logged):
    options = {"duration": 20, "latency": lamport.Exponential(0.02), **BUSY}
    lamport.simulate(**options, log_dir=tmp_path / "a")
    lamport.simulate(**options, log_dir=tmp_path / "b", record=False)
    assert logs(tmp_path / "a") == logs(tmp_path / "b") == logs(logged.log_dir)
    assert (tmp_path / "a" / "run.json").read_bytes() == (tmp_path / "b" / "run.json").read_bytes()
    lamport.simulate(**{**options, "seed": 8}, log_dir=tmp_path / "c")
    assert logs(tmp_path / "c") != logs(tmp_path / "a")


def test_the_order_of_hashes_does_not_matter(tmp_path):
    code = (
        "import lamport, sys; lamport.simulate(duration=30, topology={3: [1], 1: [2, 3], 2: [1]}, "
        "latency=lamport.LogNormal(0.01, 1), seed=5, log_dir=sys.argv[1])"
    )
    for number in ("0", "1"):
        words = [sys.executable, "-c", code, str(tmp_path / number)]
        subprocess.run(words, check=True, env={**os.environ, "PYTHONHASHSEED": number})
    assert logs(tmp_path / "0") == logs(tmp_path / "1")


def test_a_machine_without_neighbours_changes_nothing(tmp_path):
    peers = {1: [2, 3], 2: [1], 3: [1, 2]}
    options = {"duration": 30, "latency": lamport.Exponential(0.05), "seed": 11}
    lamport.simulate(topology=peers, log_dir=tmp_path / "a", **options)
    lamport.simulate(topology=peers | {4: []}, log_dir=tmp_path / "b", **options)
    with_it = logs(tmp_path / "b")
    assert with_it.pop("machine_4.log")
    assert with_it == logs(tmp_path / "a")


def test_seed_is_drawn_and_told():
    one, two = lamport.simulate(duration=60), lamport.simulate(duration=60)
    assert one.parameters["seed"] != two.parameters["seed"]
    assert one.parameters["rates"] == one.machines["clock_rate"].tolist()
    again = lamport.simulate(duration=60, seed=one.parameters["seed"])
    pd.testing.assert_frame_equal(one.events, again.events)


def test_graphs_and_many_machines():
    graph = nx.random_regular_graph(4, 20, seed=1)
    run = lamport.simulate(topology=graph, duration=10, seed=1)
    assert len(run.machines) == 20
    assert all(len(peers) == 4 for peers in run.parameters["topology"].values())
    for name in ("full", "ring"):
        many = lamport.simulate(100_000, 1, topology=name, broadcast_share=0, record=False, seed=1)
        assert many.parameters["topology"] == name
        assert len(many.machines) == 100_000
        assert many.machines["load_predicted"].notna().all()


def test_a_large_mesh_can_be_recorded():
    run = lamport.simulate(20_000, 0.5, broadcast_share=0, seed=1)
    assert len(run.events) == run.machines["ticks"].sum()


def test_files_without_logs(tmp_path):
    run = lamport.simulate(duration=5, seed=1)
    assert run.log_dir is None
    assert run.files == []
    assert len(pd.read_csv(run.export(tmp_path / "x.csv"))) == len(run.events)
    assert len(pd.read_parquet(run.export(tmp_path / "x.parquet"))) == len(run.events)
    assert run.export(tmp_path / "x.jsonl").read_bytes().count(b'"event"') > len(run.events)
    same(lamport.load(run.save(tmp_path / "copy")), run)
    with pytest.raises(ValueError, match="give the directory"):
        run.report()
    assert [path.name for path in run.report(tmp_path / "report")] == [
        "analysis_subplots.png",
        "analysis_summary.md",
    ]


def test_files_with_logs(logged, tmp_path):
    path = logged.export(tmp_path / "all.jsonl")
    lines = sum(log.count(b"\n") for log in logs(logged.log_dir).values())
    assert path.read_bytes().count(b"\n") == lines
    same(lamport.load(logged.save(tmp_path / "copy")), logged)
    with pytest.raises(ValueError, match="is a log of this run"):
        logged.export(logged.files[0], format="csv")


def test_nothing_is_overwritten(logged, tmp_path):
    before = logs(logged.log_dir)
    with pytest.raises(FileExistsError, match=r"run\.json"):
        lamport.simulate(duration=1, log_dir=logged.log_dir)
    (tmp_path / "machine_2.log").write_text("mine\n")
    with pytest.raises(FileExistsError, match=r"machine_2\.log"):
        lamport.simulate(duration=1, log_dir=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["machine_2.log"]
    assert logs(logged.log_dir) == before


def test_no_directory_is_left_of_a_run_that_could_not_be(tmp_path):
    with pytest.raises(ValueError, match="duration"):
        lamport.simulate(duration=-1, log_dir=tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_too_many_logs(tmp_path):
    with pytest.raises(OSError, match=r"this run needs 2000000016 open files but only \d+ are available"):
        lamport.simulate(2_000_000_000, 1, topology="ring", log_dir=tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_too_much_to_record():
    # 3e12 events: the estimate comes before any of them, so that the error comes at once.
    with pytest.raises(
        lamport.LamportError, match=r"needs about [\d.]+ GB but only [\d.]+ GB .* use record=False"
    ):
        lamport.simulate(3, 1e9, rates=[1000] * 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": float("nan")}, "duration"),
        ({"machines": 0}, "machines=0"),
        ({"machines": 2, "rates": [1, 2, 3]}, "machines=2, but rates has 3 values"),
        ({"duration": "3"}, "duration='3' is not a number"),
        ({"rates": [1, -3]}, "-3"),
        ({"rates": True}, "rates=True is not a number"),
        ({"rates": {1: 1, 2: 3}}, r"rates={1: 1, 2: 3} is not a list of rates"),
        ({"rates": {1, 3}}, r"rates={1, 3} is not a list of rates"),
        ({"machines": 2.0}, "machines=2.0 is not a number of machines"),
        ({"rates": [1, "a"]}, "rate of machine 2='a' is not a number"),
        ({"max_rate": 2.5}, "max_rate=2.5"),
        ({"max_rate": 2**60}, "out of range"),
        ({"seed": 1.5}, "seed=1.5 is not a whole number"),
        ({"internal_probability": 2}, "internal_probability"),
        ({"broadcast_share": -1}, "broadcast_share"),
        ({"topology": "torus"}, "torus"),
        ({"max_rate": 0}, "max_rate"),
        ({"seed": -1}, "-1"),
        ({"latency": "slow"}, "slow"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        lamport.simulate(**options)


def test_ties_are_counted():
    # Both tick at every ns from 0 on.
    run = lamport.simulate(rates=[1e9, 1e9], duration=1e-6, seed=1, record=False)
    assert run.machines["ticks"].tolist() == [1000, 1000]
    assert run.parameters["ties"] == 1000


def test_machines_of_numpy():
    for number in np.arange(1, 4):
        assert len(lamport.simulate(number, 1).machines) == number


def test_progress_and_what_it_raises():
    seen = []
    options = {"duration": 200_000, "seed": 1, "record": False}
    lamport.simulate(**options, rates=[30] * 3, progress=seen.append)
    assert seen == sorted(seen)
    assert all(0 <= time <= 200_000 for time in seen)
    assert seen[-1] == 200_000

    def fail(time):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        lamport.simulate(**{**options, "duration": 1e9}, rates=[30] * 3, progress=fail)


def test_interrupted():
    code = (
        "import lamport, os, signal, sys\n"
        "sent = []\n"
        "def progress(time):\n"
        "    sent or os.kill(os.getpid(), signal.SIGINT)\n"
        "    sent.append(time)\n"
        "run = lamport.simulate(duration=1e9, rates=[30, 20], seed=1, record=False, progress=progress)\n"
        "print(run.interrupted, run.parameters['interrupted'], run.machines['ticks'].gt(0).all())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "True True True\n"


def test_queue_growth_counts_the_seconds_in_which_a_machine_was_up(tmp_path):
    crash = [lamport.Crash(1, at=10, down_for=45)]
    setting = {"rates": [1, 3, 6], "duration": 60, "internal_probability": 0.1, "faults": crash}
    run = lamport.simulate(seed=2, log_dir=tmp_path / "run", **setting)
    table = run.machines
    assert table["final_queue_len"][1] > 100
    # It ticked last within a second before it crashed.
    assert 14 < run.durations[1] <= 15
    assert run.durations.loc[2:].tolist() == [60, 60]
    assert table["queue_growth"].tolist() == (table["final_queue_len"] / run.durations).tolist()
    again = lamport.load(tmp_path / "run")
    assert again.durations.tolist() == run.durations.tolist()
    assert again.machines["queue_growth"].tolist() == table["queue_growth"].tolist()
    kept = lamport.simulate(seed=2, record=False, **setting)
    assert kept.durations.tolist() == run.durations.tolist()
    rows = lamport.sweep([setting], runs=3, seed=2)
    growth = rows["final_queue_len"] / rows["queue_growth"]
    assert growth[rows["machine_id"] == 1].between(14, 15).all()
    assert growth[(rows["machine_id"] > 1) & (rows["final_queue_len"] > 0)].round(9).isin([60]).all()


def test_what_stays_down_was_up_until_its_last_event(tmp_path):
    faults = [lamport.Crash(1, at=10), lamport.Crash(2, at=5.5, down_for=2), lamport.Crash(2, at=7.6)]
    run = lamport.simulate(duration=60, rates=[4, 4, 4], seed=2, faults=faults, log_dir=tmp_path / "run")
    assert 9.7 < run.durations[1] < 10
    # It came back for a tenth of a second, perhaps without a tick.
    assert 5.2 < run.durations[2] < 5.6
    assert run.durations[3] == 60
    assert lamport.load(tmp_path / "run").durations.tolist() == run.durations.tolist()


def test_late_is_late(tmp_path):
    pause = [lamport.Pause(1, at=10, duration=5), lamport.Pause(1, at=15, duration=1)]
    setting = {"rates": [10, 3, 6], "duration": 60, "seed": 2, "faults": pause}
    run = lamport.simulate(log_dir=tmp_path / "run", **setting)
    late = run.machines.filter(like="lateness")
    # 60 of 600 ticks, 6 s late the first; on time again once they have happened.
    assert late.loc[1, "lateness_p50"] == 0
    assert 5.3 < late.loc[1, "lateness_p99"] < late.loc[1, "lateness_max"] <= 6
    assert late.loc[1, "lateness_max"] > 5.9
    assert late.loc[2:].to_numpy().tolist() == [[0, 0, 0]] * 2
    assert run.machines.loc[1, "ticks"] == 600
    assert lamport.load(tmp_path / "run").machines.equals(run.machines)
    kept = lamport.simulate(record=False, **setting)
    assert kept.machines.filter(like="lateness").equals(late)
    # As in real time, a machine that comes back counts anew.
    crash = [*pause, lamport.Crash(1, at=20, down_for=1)]
    again = lamport.simulate(**{**setting, "faults": crash}).machines
    assert again["lateness_max"].tolist() == [0, 0, 0]


def test_machines_that_have_no_room_are_refused():
    with pytest.raises(lamport.LamportError, match=r"4000000000 machines .* GB .* give fewer machines"):
        lamport.simulate(4_000_000_000, 1, topology="ring", record=False)
    with pytest.raises(lamport.LamportError, match="record=False"):
        lamport.simulate(1_000, 1e8, topology="ring")


def test_ctrl_c_while_the_machines_are_made():
    words = """
import lamport

def tell(now):
    print("on", flush=True)

try:
    lamport.simulate(20_000_000, 1, topology="ring", record=False, progress=tell)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "on\n"
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert told.split()[-1] == "interrupted"
    assert process.returncode == 0
