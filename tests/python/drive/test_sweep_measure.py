"""Sweeps that look at each run: columns of a user's own, and runs without their warm-up."""

import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lamport
from lamport._drive.chunks import split
from lamport._drive.grid import make_points
from lamport._runs.in_time import IN_TIME

GRID = {"internal_probability": [0.3, 0.7], "machines": [2, 4]}
SMALL = {"runs": 3, "duration": 10, "seed": 5}


def longest_wait(run):
    return (run.messages["received"] - run.messages["arrived"]).max()


def is_calm(run):
    return run.drift < 5


def events(run):
    return np.int64(len(run.events))


MEASURE = {"wait": longest_wait, "calm": is_calm, "events": events}


@pytest.fixture(scope="module")
def frame():
    """A small sweep that was measured. Read only."""
    return lamport.sweep(GRID, **SMALL, measure=MEASURE)


def test_columns_are_added_and_nothing_else_changes(frame):
    plain = lamport.sweep(GRID, **SMALL)
    pd.testing.assert_frame_equal(frame[plain.columns], plain, check_exact=True)
    assert frame.columns.tolist() == [*plain.columns, *MEASURE]
    assert frame.attrs == plain.attrs
    assert [frame[name].dtype.kind for name in MEASURE] == ["f", "b", "i"]


def test_what_is_measured_is_the_run_that_simulate_gives(frame):
    for (probability, machines, seed), rows in frame.groupby(["internal_probability", "machines", "seed"]):
        run = lamport.simulate(machines, 10, internal_probability=probability, seed=int(seed))
        for name, function in MEASURE.items():
            np.testing.assert_array_equal(rows[name], [function(run)] * machines)


def test_a_function_gets_a_whole_run():
    seen = []

    def look(run):
        assert threading.current_thread() is threading.main_thread()
        seen.append((run.parameters["seed"], run.parameters["machines"], repr(run), pickle.dumps(run)))
        return 0

    frame = lamport.sweep(GRID, **SMALL, measure={"nothing": look})
    runs = frame.drop_duplicates(["internal_probability", "machines", "run"])
    assert [one[:2] for one in seen] == list(zip(runs["seed"], runs["machines"], strict=True))
    assert seen[0][2] == "<Run: 2 machines, 10 s>"
    assert len(pickle.loads(seen[0][3]).events)


@pytest.mark.parametrize("since", [None, 4])
def test_the_same_on_executors(since):
    options = {**SMALL, "measure": MEASURE, "since": since}
    here = lamport.sweep(GRID, **options)
    with ThreadPoolExecutor(2) as executor:
        pd.testing.assert_frame_equal(
            lamport.sweep(GRID, **options, executor=executor), here, check_exact=True
        )


def test_the_same_in_other_processes():
    words = [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1])\n" + ELSEWHERE]
    done = subprocess.run(
        [*words, str(__file__).rpartition("/")[0]], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["equal"] * 2


ELSEWHERE = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pandas as pd

import lamport
import test_sweep_measure as here

if __name__ == "__main__":
    whole = lamport.sweep(here.GRID, **here.SMALL, measure=here.MEASURE)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        for since in (None, 4):
            options = {**here.SMALL, "measure": here.MEASURE, "since": since}
            there = lamport.sweep(here.GRID, **options, executor=executor)
            pd.testing.assert_frame_equal(there, lamport.sweep(here.GRID, **options), check_exact=True)
            print("equal")
"""


def test_what_does_not_pickle_is_refused_before_anything_runs():
    class Never(ProcessPoolExecutor):
        def submit(self, *_, **__):
            raise AssertionError("nothing is to be submitted")

    lock = threading.Lock()
    with Never(1) as executor, pytest.raises(ValueError, match=r"'wait' does not pickle.*sweep without exe"):
        lamport.sweep(GRID, **SMALL, measure={"calm": lambda _: 1, "wait": lambda _: lock}, executor=executor)


def test_without_a_grid():
    frame = lamport.sweep(runs=4, duration=10, rates=[1, 3, 6])
    expected = lamport.sweep([{}], runs=4, duration=10, rates=[1, 3, 6])
    pd.testing.assert_frame_equal(frame, expected, check_exact=True)
    assert frame.attrs["grid"] == []
    assert lamport.summarize(frame)["runs", "count"].tolist() == [4]
    with pytest.raises(ValueError, match="the grid is empty"):
        lamport.sweep({})


def test_since_is_that_of_a_run():
    frame = lamport.sweep(GRID, **SMALL, since=4)
    plain = lamport.sweep(GRID, **SMALL)
    assert frame.columns.tolist() == [*plain.columns, *(name for name in IN_TIME if name not in plain)]
    assert frame.dtypes[plain.columns].equals(plain.dtypes)
    for (probability, machines, seed), rows in frame.groupby(["internal_probability", "machines", "seed"]):
        run = lamport.simulate(machines, 10, internal_probability=probability, seed=int(seed))
        table = run.machines_since(4)
        for name in [name for name in table.columns if name in frame]:
            np.testing.assert_array_equal(rows[name], table[name].to_numpy(dtype=float, na_value=np.nan))
        assert rows["drift"].tolist() == [run.drift] * machines
    assert not frame["ticks"].equals(plain["ticks"])


points = st.fixed_dictionaries(
    {"machines": st.integers(1, 5), "duration": st.integers(2, 20), "internal_probability": st.floats(0, 1)},
    optional={
        "topology": st.sampled_from(["full", "ring", "star"]),
        "latency": st.sampled_from([0, 0.5, lamport.Exponential(0.3), lamport.Uniform(0, 3)]),
        "draw_after_receive": st.booleans(),
        "receive": st.sampled_from(["max + 1", "max(clock, T)"]),
    },
)


@settings(max_examples=40)
@given(points, st.floats(0, 0.9), st.integers(0, 1000), st.booleans())
def test_since_is_that_of_any_run(point, share, seed, struck):
    since = share * point["duration"]
    if struck:
        ends = {"machines": point["machines"], "duration": point["duration"]}
        point["faults"] = lamport.random_faults(seed, 0.1, **ends)
    frame = lamport.sweep(runs=3, seed=seed, since=since, **point)
    for seed_of_run, rows in frame.groupby("seed"):
        run = lamport.simulate(**point, seed=int(seed_of_run))
        if not since < run.events["time"].max():
            continue
        table = run.machines_since(since)
        for name in [name for name in table.columns if name in frame]:
            # The queue of a machine that is down is empty in a sweep, and not known by its log.
            missing = 0 if name in ("max_queue_len", "final_queue_len") else np.nan
            expected = table[name].to_numpy(dtype=float, na_value=missing)
            np.testing.assert_array_equal(rows[name], expected, err_msg=name)


def test_since_the_last_ticks_of_slow_machines():
    """In some runs nothing happens after it."""
    frame = lamport.sweep(runs=4, duration=10, rates=[0.15, 0.15], since=9.9)
    assert (frame["ticks"] == 0).all()
    assert frame["mean_drift"].isna().all()
    assert (frame["max_drift"] == frame["drift"]).all()


def broken(run):
    if run.parameters["seed"] == SEEDS[1] and run.parameters["machines"] == 4:
        raise KeyError("wait")
    return 1.5


SEEDS = lamport.sweep(**SMALL)["seed"].unique().tolist()


def test_an_error_names_point_and_run_and_seed():
    with pytest.raises(lamport.SweepError) as caught:
        lamport.sweep(GRID, **SMALL, measure={"wait": broken})
    told = (
        f"point 2 of 4 (internal_probability=0.3, machines=4), run 1 with seed {SEEDS[1]}: "
        "measure 'wait': KeyError: 'wait'; 4 of 12 runs are finished, their rows are in .finished"
    )
    assert str(caught.value) == told
    assert isinstance(caught.value.__cause__, KeyError)
    finished = caught.value.finished
    assert len(finished) == 3 * 2 + 4
    assert finished["wait"].tolist() == [1.5] * 10
    pd.testing.assert_frame_equal(
        finished.drop(columns="wait"), lamport.sweep(GRID, **SMALL).iloc[:10], check_exact=True
    )


def test_an_error_on_an_executor_names_the_same():
    with ThreadPoolExecutor(1) as executor, pytest.raises(lamport.SweepError) as caught:
        lamport.sweep(GRID, **SMALL, measure={"wait": broken}, executor=executor)
    told = f"machines=4), run 1 with seed {SEEDS[1]}: measure 'wait': KeyError: 'wait'"
    assert told in str(caught.value)
    assert isinstance(pickle.loads(pickle.dumps(caught.value.__cause__)), Exception)


def test_an_error_in_the_middle_of_many_runs_names_its_own():
    """Runs of a point are on several tasks of an executor."""
    assert len(split(make_points([{}], 40, {}).native, 40, is_looked_at=True)) > 3
    seeds = lamport.sweep(runs=40)["seed"].unique().tolist()

    def fail(run):
        return 1 / (run.parameters["seed"] != seeds[33])

    with ThreadPoolExecutor(1) as executor, pytest.raises(lamport.SweepError) as caught:
        lamport.sweep(runs=40, measure={"x": fail}, executor=executor)
    assert f"point 1 of 1, run 33 with seed {seeds[33]}: measure 'x': ZeroDivisionError" in str(caught.value)
    done = caught.value.finished["run"].unique().tolist()
    assert done == list(range(len(done)))
    assert 0 < len(done) <= 33


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("x", "it gives a str: give one number for a run"),
        (pd.Series([1.0, 2.0]), "it gives a Series: give one number"),
        (np.zeros(3), "it gives a ndarray"),
        ([1], "it gives a list"),
        (10**400, "it gives a whole number that is beyond all floats"),
        (1j, "it gives a complex"),
    ],
)
def test_what_is_no_number(value, said):
    with pytest.raises(lamport.SweepError, match=said):
        lamport.sweep(runs=1, duration=1, measure={"wait": lambda _: value})


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2, 3], "i", [1, 2, 3]),
        ([True, False, True], "b", [True, False, True]),
        ([True, None, False], "f", [1, np.nan, 0]),
        ([1, 2.5, None], "f", [1, 2.5, np.nan]),
        ([pd.NA, np.float32(0.5), np.bool_(True)], "f", [np.nan, 0.5, 1]),
        ([np.array(3), np.array(True), np.int8(2)], "f", [3, 1, 2]),
        ([2**70, 1, 2], "f", [2.0**70, 1, 2]),
        ([np.inf, -np.inf, np.nan], "f", [np.inf, -np.inf, np.nan]),
    ],
)
def test_numbers_of_any_kind(values, kind, expected):
    given = iter(values)
    column = lamport.sweep(runs=3, machines=1, duration=1, measure={"x": lambda _: next(given)})["x"]
    assert column.dtype.kind == kind
    np.testing.assert_array_equal(column, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": 3}, "measure=3 is not a mapping"),
        ({"measure": [len]}, "is not a mapping: give one of names to functions of a Run, as {'wait': f}"),
        ({"measure": {"drift": len}}, "measure: 'drift' is a column of every sweep"),
        ({"measure": {"mean_wait": len}}, "measure: 'mean_wait' is a column"),
        ({"measure": {"topology": len}}, "measure: 'topology' is a column"),
        ({"measure": {3: len}}, "measure: 3 is not a name"),
        ({"measure": {"x": 3}}, "measure: 'x' is 3: give a function of a Run"),
        ({"since": "x"}, "since='x' is not a number"),
        ({"since": 60}, r"since=60 \(s\) is not within a run of 60 s: point 1 of 1"),
        ({"since": -1}, "since=-1"),
        ({"since": float("nan")}, "since=nan"),
        ({"since": 5, "grid": {"duration": [9, 5]}}, r"point 2 of 2 \(duration=5\)"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        lamport.sweep(runs=1, **options)


def test_measured_columns_are_summarized(frame):
    table = lamport.summarize(frame)
    runs = frame.drop_duplicates(["internal_probability", "machines", "run"])
    groups = runs.groupby(["internal_probability", "machines"])
    for name in MEASURE:
        means = groups[name].mean()
        np.testing.assert_allclose(table[name, "mean"], means.astype(float), rtol=1e-12)
    assert table["calm"][["low", "high"]].min(axis=None) >= 0
    assert table["calm"][["low", "high"]].max(axis=None) <= 1
    # No other program keeps what a table was made by.
    bare = pd.DataFrame(frame.to_dict("list"))
    pd.testing.assert_frame_equal(lamport.summarize(bare, ["internal_probability", "machines"]), table)
    assert lamport.summarize(frame, "machines")["wait", "mean"].notna().all()
    axes = lamport.plot_sweep(frame, "machines", "wait", hue="internal_probability")
    assert axes.get_ylabel() == "wait"


def test_what_is_not_of_whole_runs_is_not_summarized(frame):
    more = frame.assign(half=frame["ticks"] / 2, word="x", part=frame["run"] * 2)
    assert set(lamport.summarize(more)) == {*lamport.summarize(frame), *[("part", x) for x in ENDS]}


ENDS = ("mean", "low", "high")

INTERRUPT = """
import os, signal
import lamport

def look(run):
    calls.append(run)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGINT)
    return len(calls)

calls = []
frame = lamport.sweep(runs=50, duration=1000, measure={"calls": look}, since=10)
print(frame.attrs["interrupted"], 4 <= frame["run"].nunique() <= 5, len(frame) == 3 * frame["run"].nunique())
print(frame["calls"].tolist() == [run + 1 for run in frame["run"]])
"""


def test_interrupted():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["True"] * 4, "")


def test_progress():
    seen = []
    lamport.sweep(GRID, **SMALL, measure=MEASURE, progress=seen.append)
    assert seen == [*range(1, 13), 12]
