"""Clocks and drift of many runs at chosen instants."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lamport

SETTING = {"duration": 10, "rates": [1, 3, 6]}


@pytest.fixture(scope="module")
def runs():
    """Eight repetitions. Read only."""
    return [lamport.simulate(**SETTING, seed=seed) for seed in range(8)]


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 99)), min_size=1, max_size=5),
    st.sampled_from([0.3, 1.0, 2.5, 40.0]),
    st.integers(1, 4),
)
def test_against_every_run_by_itself(made, every, machines):
    """By loops over instants and runs, from the events."""
    runs = [lamport.simulate(machines, duration, seed=seed) for duration, seed in made]
    table = lamport.series(runs, every)
    shortest = min(run.events["time"].max() for run in runs)
    instants = [k * every for k in range(int(np.ceil(shortest / every)) + 1)]
    assert table.index.tolist() == instants
    assert table.index.name == "time"
    names = ["drift", *(f"clock_{machine}" for machine in range(1, machines + 1))]
    assert table.columns.unique(0).tolist() == ["runs", *names]
    for instant in instants:
        row = table.loc[instant]
        assert row["runs", "count"] == len(runs)
        clocks = []
        for run in runs:
            past = run.events[run.events["time"] <= instant]
            last = past.groupby("machine_id")["new_clock"].max()
            clocks.append([last.get(machine, 0) for machine in range(1, machines + 1)])
        values = {"drift": [max(each) - min(each) for each in clocks]}
        values |= {f"clock_{n + 1}": [each[n] for each in clocks] for n in range(machines)}
        for name, each in values.items():
            assert row[name, "mean"] == pytest.approx(np.mean(each), rel=1e-12)
            if len(each) > 1:
                half = (
                    np.std(each, ddof=1) / len(each) ** 0.5 * {2: 12.7062, 3: 4.30265}.get(len(each), np.nan)
                )
                if not np.isnan(half):
                    assert row[name, "high"] == pytest.approx(np.mean(each) + half, rel=1e-4)
                    assert row[name, "low"] == pytest.approx(max(np.mean(each) - half, 0), rel=1e-4, abs=1e-4)
            else:
                assert np.isnan(row[name, "low"])


def test_of_one_run(runs):
    table = lamport.series(runs[0], every=2)
    assert table["drift", "mean"].tolist() == runs[0].drift_over_time(every=2).tolist()
    assert table["clock_2", "mean"].tolist() == runs[0].clocks(every=2)[2].tolist()
    assert table[["drift"]].drop(columns=("drift", "mean")).isna().all(axis=None)


def test_labels_keep_their_order(runs):
    table = lamport.series({"z": runs[:4], 3: runs[4], "a": iter(runs[5:])}, every=5)
    assert table.index.names == ["label", "time"]
    assert table.index.unique("label").tolist() == ["z", "3", "a"]
    assert table["runs", "count"].groupby("label", observed=True).first().tolist() == [4, 1, 3]
    for label, some in (("z", runs[:4]), ("a", runs[5:])):
        alone = lamport.series(some, every=5)
        pd.testing.assert_frame_equal(table.loc[label], alone, check_index_type=False)


def test_machines_that_only_some_have():
    table = lamport.series({"two": lamport.simulate(2, 5, seed=1), "three": lamport.simulate(3, 5, seed=1)})
    assert table.loc["two"]["clock_3", "mean"].isna().all()
    assert table.loc["three"]["clock_3", "mean"].notna().all()


def test_runs_are_taken_one_by_one():
    alive = []

    def make():
        for seed in range(5):
            run = lamport.simulate(**SETTING, seed=seed)
            yield run
            alive.append(seed)

    table = lamport.series(make())
    assert alive == [0, 1, 2, 3, 4]
    assert table["runs", "count"].eq(5).all()


def test_since_and_other_statistics(runs):
    whole = lamport.series(runs, every=2, statistic="median", confidence=0.9)
    part = lamport.series(runs, every=2, since=3, statistic="median", confidence=0.9)
    assert part.index.tolist() == [4, 6, 8, 10]
    pd.testing.assert_frame_equal(part, whole.loc[4:])
    drifts = sorted(run.drift_over_time(every=2).loc[6] for run in runs)
    assert part.loc[6.0, "drift"].tolist() == [np.median(drifts), drifts[1], drifts[6]]
    boot = lamport.series(runs, every=5, interval="bootstrap")["drift"]
    assert (boot["low"] <= boot["mean"]).all()
    assert boot.loc[10.0, "low"] > drifts[0] - 1


def test_of_logs(run, tmp_path):
    lamport.simulate(**SETTING, seed=1, log_dir=tmp_path / "a")
    assert lamport.series(tmp_path / "a").equals(lamport.series(lamport.simulate(**SETTING, seed=1)))
    table = lamport.series(run, every=0.25)
    assert table.index[0] == 0
    assert table["clock_1", "mean"].tolist() == run.clocks(every=0.25).loc[0:, 1].tolist()


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ([], {}, "runs: there is no run"),
        ({}, {}, "there are no runs"),
        ({"a": []}, {}, r"runs\['a'\]: there is no run"),
        (3, {}, "runs: 3 is not a run"),
        ("made", {"every": 0}, "every=0 is not a step"),
        ("made", {"every": "x"}, "every='x' is not a number"),
        ("made", {"since": "x"}, "since='x' is not a number"),
        ("made", {"since": float("inf")}, "since=inf is not a time"),
        ("made", {"since": 11}, r"run 0 has no instant from 11 s on: its last event is at 9\.88671"),
    ],
)
def test_bad_arguments(runs, given, options, message):
    with pytest.raises(ValueError, match=message):
        lamport.series(runs if given == "made" else given, **options)


def test_nothing_recorded():
    with pytest.raises(lamport.LamportError, match="no event was recorded"):
        lamport.series(lamport.simulate(duration=1, record=False))
