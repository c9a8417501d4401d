"""Sweeps: the same rows wherever they are made."""

import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport._drive.chunks import split
from lamport._drive.grid import DEFAULTS, make_points
from lamport._model.topology import as_topology

GRID = {"internal_probability": [0.3, 0.7], "machines": [3, 5]}
SMALL = {"runs": 4, "duration": 20, "latency": lamport.Exponential(0.01)}


def equal(one, two):
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert one.attrs == two.attrs


@pytest.fixture(scope="module")
def frame():
    """A small sweep on native threads. Read only."""
    return lamport.sweep(GRID, **SMALL)


def test_tidy(frame):
    assert frame.columns.tolist() == [
        "internal_probability",
        "machines",
        "run",
        "seed",
        "duration",
        "max_rate",
        "broadcast_share",
        "machine_id",
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
        "drift",
    ]
    assert len(frame) == 2 * 4 * (3 + 5)
    order = frame.sort_values(["internal_probability", "machines", "run", "machine_id"], kind="stable")
    pd.testing.assert_frame_equal(frame, order)
    assert frame.attrs == {"grid": ["internal_probability", "machines"], "seed": 0, "interrupted": False}
    compared = lamport.compare({"a": lamport.simulate(duration=1)}).columns
    assert set(frame.columns) - set(compared) == set()


def test_run_k_has_the_same_seed_at_every_point(frame):
    assert frame.groupby("run")["seed"].nunique().eq(1).all()
    assert frame["seed"].nunique() == 4
    rates = frame[frame["machine_id"] <= 3].groupby(["run", "machine_id"])["clock_rate"].nunique()
    assert rates.eq(1).all()
    assert not lamport.sweep(GRID, **SMALL, seed=1)["seed"].isin(frame["seed"]).any()
    assert lamport.sweep([{}], runs=1, duration=1, seed=None)["seed"].iloc[0] >= 0


points = st.fixed_dictionaries(
    {},
    optional={
        "machines": st.integers(1, 14),
        "max_rate": st.integers(1, 20),
        "internal_probability": st.floats(0, 1),
        "broadcast_share": st.floats(0, 1),
        "topology": st.sampled_from(["full", "ring", "star", "line"]),
        "latency": st.sampled_from([0, 0.1, lamport.Exponential(0.2), lamport.Uniform(0, 2)]),
        "duration": st.floats(1, 30),
    },
)


def whole(setting):
    """Every parameter of a point."""
    return tuple((DEFAULTS | {"machines": 3} | setting).items())


@given(st.lists(points, min_size=1, max_size=3, unique_by=whole), st.integers(0, 2**53 - 1))
def test_a_row_is_what_simulate_gives_with_its_seed(settings, seed):
    frame = lamport.sweep(settings, runs=2, seed=seed)
    machines = [setting.get("machines", 3) for setting in settings for _ in range(2)]
    starts = np.cumsum([0, *machines])
    for number, setting in enumerate([setting for setting in settings for _ in range(2)]):
        rows = frame.iloc[starts[number] : starts[number + 1]]
        assert rows["run"].eq(number % 2).all()
        run = lamport.simulate(**setting, seed=int(rows["seed"].iloc[0]), record=False)
        names = [name for name in run.machines.columns if name in frame]
        # In a sweep no queue length is missing.
        expected = run.machines[names].reset_index().astype(dict.fromkeys(QUEUES, np.int64))
        got = rows[["machine_id", *names]].reset_index(drop=True)
        pd.testing.assert_frame_equal(got, expected, check_exact=True)
        assert rows["drift"].eq(run.drift).all()


QUEUES = ["max_queue_len", "final_queue_len"]


class Counted(nx.Graph):
    """A graph that counts how often its links are asked for."""

    reads = 0

    @property
    def adj(self):
        type(self).reads += 1
        return super().adj


@pytest.mark.parametrize("where", ["fixed", "grid", "points"])
def test_what_a_user_gives_is_read_once(where):
    graph = Counted(nx.path_graph([1, 2, 3]))
    Counted.reads = 0
    as_topology(graph)
    once, Counted.reads = Counted.reads, 0
    shared = {
        "topology": graph,
        "faults": iter([lamport.Pause(1, at=1, duration=5)]),
        "rates": iter([1, 2, 3]),
    }
    probabilities = [0.1, 0.5, 0.9]
    if where == "fixed":
        frame = lamport.sweep({"internal_probability": probabilities}, runs=2, duration=9, **shared)
    elif where == "grid":
        values = {name: [value] for name, value in shared.items()}
        frame = lamport.sweep({"internal_probability": probabilities, **values}, runs=2, duration=9)
        assert frame["topology"].unique().tolist() == [str(graph)]
    else:
        points = [{"internal_probability": value, **shared} for value in probabilities]
        frame = lamport.sweep(points, runs=2, duration=9)
    assert Counted.reads == once > 0
    plain = {"topology": {1: [2], 2: [1, 3], 3: [2]}, "faults": [lamport.Pause(1, at=1, duration=5)]}
    grid = {"internal_probability": probabilities}
    expected = lamport.sweep(grid, runs=2, duration=9, rates=[1, 2, 3], **plain)
    for name in ("internal_probability", "machine_id", "ticks", "sends", "receives", "final_clock"):
        assert frame[name].tolist() == expected[name].tolist()


def test_threads_of_an_executor(frame):
    with ThreadPoolExecutor(2) as executor:
        equal(lamport.sweep(GRID, **SMALL, executor=executor), frame)


def test_processes(frame):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        equal(lamport.sweep(GRID, **SMALL, executor=executor), frame)
        options = {"runs": 70, "duration": 2000, "max_rate": 30}
        grid = [{}, {"machines": 20}, {"topology": {1: [2], 2: []}}]
        assert len(split(make_points(grid, 70, {"duration": 2000}).native, 70)) > 3
        equal(lamport.sweep(grid, **options, executor=executor), lamport.sweep(grid, **options))


def test_dask():
    """A real cluster: a scheduler and two workers, each a process."""
    words = [sys.executable, "-c", DASK]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["equal"]


DASK = """
import pandas as pd

import lamport


def main():
    from distributed import LocalCluster

    grid = {"internal_probability": [0.3, 0.7], "latency": [0.01, lamport.Exponential(0.01)]}
    options = {"runs": 4, "duration": 20}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        cluster.get_client() as client,
        client.get_executor() as executor,
    ):
        there = lamport.sweep(grid, executor=executor, **options)
        # Dask takes functions that do not pickle, too.
        look = {"measure": {"twice": lambda run: 2 * run.drift}, "since": 5}
        seen = lamport.sweep(grid, executor=executor, **options, **look)
        mutex = {"algorithm": lamport.algorithms.LamportMutex, "rates": 100, "duration": 9}
        handled = lamport.sweep({"hold": [0.1, 0.2]}, runs=3, **mutex, executor=executor)
        searches = [
            {"property": lambda run: run.drift <= 3, "rates": [9, 9, 9], "duration": 10},
            {"invariant": lambda states: not any(each["entries"] > 4 for each in states.values()), **mutex},
        ]
        found = [lamport.search(**search, executor=client) for search in searches]
    for search, counterexample in zip(searches, found, strict=True):
        assert counterexample is not None
        assert counterexample == lamport.search(**search)
    pd.testing.assert_frame_equal(handled, lamport.sweep({"hold": [0.1, 0.2]}, runs=3, **mutex))
    pd.testing.assert_frame_equal(there, lamport.sweep(grid, **options), check_exact=True)
    pd.testing.assert_frame_equal(seen, lamport.sweep(grid, **options, **look), check_exact=True)
    assert seen["twice"].equals(2 * seen["drift"])
    print("equal")


if __name__ == "__main__":
    main()
"""


class Dying(Executor):
    """Does some of its tasks, then breaks."""

    def __init__(self, tasks, error=None, refuse=False):
        self.left, self.error, self.refuse = tasks, error, refuse

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        self.left -= 1
        if self.left >= 0:
            future.set_result(function(*args, **kwargs))
        elif self.refuse:
            raise RuntimeError("cannot schedule new futures after shutdown")
        else:
            future.set_exception(self.error or OSError("the worker is gone"))
        return future


LONG = {"runs": 3, "duration": 200_000}


@pytest.mark.parametrize("refuse", [False, True])
def test_an_executor_that_dies_half_way(refuse):
    grid = {"internal_probability": [0.2, 0.5, 0.8]}
    chunks = split(make_points(grid, 3, {"duration": 200_000}).native, 3)
    assert len(chunks) == 9
    with pytest.raises(lamport.SweepError) as caught:
        lamport.sweep(grid, **LONG, executor=Dying(4, refuse=refuse))
    message = str(caught.value)
    assert "point 2 of 3 (internal_probability=0.5), from run 1 on" in message
    assert ("the worker is gone", "RuntimeError: cannot schedule")[refuse] in message
    assert "4 of 9 runs are finished" in message
    finished = caught.value.finished
    assert finished.attrs == {
        "grid": ["internal_probability"],
        "seed": LONG.get("seed", 0),
        "interrupted": True,
    }
    whole = lamport.sweep(grid, **LONG)
    pd.testing.assert_frame_equal(finished, whole.iloc[: len(finished)], check_exact=True)
    assert len(finished) == 4 * 3
    assert isinstance(caught.value, lamport.LamportError)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == message
    pd.testing.assert_frame_equal(copy.finished, finished)


def test_an_executor_that_dies_at_once():
    with pytest.raises(lamport.SweepError, match=r"point 1 of 4 .* 0 of 16 runs") as caught:
        lamport.sweep(GRID, **SMALL, executor=Dying(0))
    assert caught.value.finished.empty
    assert caught.value.finished.columns.tolist() == lamport.sweep(GRID, **SMALL).columns.tolist()


def test_a_process_that_is_killed():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        executor.submit(int).result()
        (worker,) = executor._processes.values()
        worker.kill()
        worker.join()
        with pytest.raises(lamport.SweepError, match="0 of 16 runs are finished"):
            lamport.sweep(GRID, **SMALL, executor=executor)


INTERRUPT = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
import lamport

def progress(done):
    if done > 20 and not sent:
        sent.append(done)
        os.kill(os.getpid(), signal.SIGINT)

sent = []
executor = ThreadPoolExecutor(1) if sys.argv[1] == "executor" else None
grid, duration = [{"rates": [30, 40]}], 20_000
frame = lamport.sweep(grid, runs=20_000, duration=duration, executor=executor, progress=progress)
if executor: executor.shutdown()
counts = frame.groupby("run").size()
print(frame.attrs["interrupted"], 20 < len(counts) < 20_000, (counts == 2).all())
again = lamport.sweep(grid, runs=1, duration=duration)
print((again.iloc[0] == frame[frame["run"] == 0].iloc[0]).all())
"""


@pytest.mark.parametrize("where", ["threads", "executor"])
def test_interrupted(where):
    words = [sys.executable, "-c", INTERRUPT, where]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split(), done.stderr) == (["True"] * 4, "")


def test_labels():
    graphs = [nx.cycle_graph(5), nx.path_graph(5)]
    frame = lamport.sweep(
        {"topology": [*graphs, "full", {1: [2], 2: []}], "latency": [0.01, lamport.Exponential(0.01)]},
        runs=1,
        duration=1,
    )
    assert frame["topology"].cat.categories.tolist() == [
        "Graph with 5 nodes and 5 edges",
        "Graph with 5 nodes and 4 edges",
        "full",
        "{1: [2], 2: []}",
    ]
    assert frame["latency"].cat.categories.tolist() == ["constant 0.01 s", "exponential, mean 0.01 s"]
    many = {(1, peer): 0.1 for peer in range(2, 7)}
    links = [{(1, 2): 0.05, None: 0.001}, {(2, 1): lamport.Uniform(0, 1), None: 0.001}, {**many, None: 0}]
    per_link = lamport.sweep({"latency": links}, runs=1, duration=1, machines=6)["latency"]
    assert per_link.cat.categories.tolist() == [
        "1 to 2 constant 0.05 s, others constant 0.001 s",
        "2 to 1 uniform, 0 to 1 s, others constant 0.001 s",
        "5 links with their own, others constant 0 s",
    ]
    rates = lamport.sweep({"rates": [[1, 3, 6], None, np.arange(1, 13)]}, runs=1, duration=1)["rates"]
    assert rates.cat.categories.tolist() == ["1, 3, 6", "drawn", "1, 2, 3, ... (12 rates)"]
    same = [nx.gnm_random_graph(6, 5, seed=seed) for seed in (1, 2)]
    labels = lamport.sweep({"topology": same}, runs=1, duration=1)["topology"].cat.categories
    assert labels.tolist() == ["Graph with 6 nodes and 5 edges", "Graph with 6 nodes and 5 edges (2)"]


def test_how_machines_tick_is_not_how_often():
    frame = lamport.sweep(
        {"ticks": ["periodic", "poisson", lamport.Jitter(0.2)]}, runs=3, rates=[5, 5, 5], duration=10
    )
    assert frame.attrs["grid"] == ["ticking"]
    assert frame["ticking"].unique().tolist() == ["periodic", "poisson", "jitter:0.2"]
    even = frame[frame["ticking"] != "poisson"]
    assert set(even["ticks"]) == {50}
    assert frame.loc[frame["ticking"] == "poisson", "ticks"].nunique() > 3
    assert lamport.summarize(frame).index.size == 3
    with pytest.raises(ValueError, match="ticking"):
        lamport.sweep(runs=1, measure={"ticking": len})


def test_numbers_stay_numbers():
    grid = {"latency": [0, lamport.Constant(0.5)], "max_rate": np.arange(2, 4), "duration": (1, 2.5)}
    frame = lamport.sweep(grid, runs=1)
    assert [frame[name].dtype.kind for name in grid] == ["f", "i", "f"]
    assert sorted(set(frame["duration"])) == [1, 2.5]


def test_points_one_by_one():
    frame = lamport.sweep([{"machines": 2}, {"rates": [1, 2, 3], "max_rate": 9}], runs=1, duration=5)
    assert frame.groupby("machines", sort=False).size().to_dict() == {2: 2, 3: 3}
    assert frame["max_rate"].tolist() == [6, 6, 9, 9, 9]
    assert frame["rates"].tolist() == ["drawn"] * 2 + ["1, 2, 3"] * 3


def test_files_keep_the_grid(frame, tmp_path):
    frame.to_parquet(tmp_path / "x.parquet")
    equal(pd.read_parquet(tmp_path / "x.parquet"), frame)


@pytest.mark.parametrize(
    ("grid", "options", "message"),
    [
        ({}, {}, "the grid is empty"),
        ([], {}, "the grid is empty"),
        ({"max_rate": []}, {}, "the grid is empty: max_rate has no values"),
        (
            {"speed": [1]},
            {},
            "'speed' is not a parameter of a simulation: they are machines, duration, rates",
        ),
        ([{"speed": 1}], {}, "'speed' is not a parameter"),
        ({"max_rate": [2]}, {"log_dir": "x"}, "'log_dir' is not a parameter"),
        ({"seed": [1, 2]}, {}, "run k has the same seed at every point"),
        ({"max_rate": [2]}, {"max_rate": 3}, r"max_rate is in the grid and given beside it \(max_rate=3\)"),
        ({"duration": [2]}, {"duration": 3}, "duration is in the grid and given beside it"),
        ({"max_rate": 2}, {}, r"max_rate is 2: give a list of values, \[2\]"),
        ({"topology": "ring"}, {}, "give a list of values"),
        ({"rates": [1, "3", 6]}, {}, "rates='3' is not a list of rates"),
        ({"max_rate": [2.5]}, {}, "max_rate=2.5 is not a whole number"),
        ({"duration": ["long"]}, {}, "duration='long' is not a number"),
        ({"max_rate": [2]}, {"seed": -1}, "seed=-1 is out of range"),
        ({"max_rate": [2, 3, 2]}, {}, r"repeats itself: point 3 of 3 \(max_rate=2\) is point 1 too"),
        ([{"machines": 3}, {}], {}, "repeats itself"),
        (7, {}, "grid 7"),
        ("grid", {}, "grid 'grid'"),
        ([3], {}, "3 is not a point"),
        ({"max_rate": [2]}, {"runs": 0}, "runs=0"),
        ({"max_rate": [2]}, {"runs": 1.5}, "runs=1.5"),
        ({"internal_probability": [0.5, 2]}, {}, r"point 2 of 2 \(internal_probability=2\): internal_prob"),
        ({"max_rate": [0, 6]}, {}, r"point 1 of 2 \(max_rate=0\)"),
        ({"latency": [0.1, -1]}, {}, "latency -1 is out of range"),
        ({"topology": ["torus"]}, {}, "torus"),
        ({"machines": [2, 4]}, {"rates": [1, 2]}, "machines=4, but rates has 2 values"),
        (
            {"max_rate": range(1, 100_001), "machines": range(1, 10_001)},
            {"runs": 1},
            "1,000,000,000 points, 1,000,000,000 runs in all, .* give fewer runs or fewer values",
        ),
        ({"max_rate": range(1, 10_001)}, {"runs": 100_000}, "10,000 points, 1,000,000,000 runs in all"),
        ({"max_rate": range(1, 2_000_001)}, {"runs": 1}, "2,000,000 points, more than 1,000,000"),
    ],
)
@pytest.mark.parametrize("executor", [None, Dying(10**9)])
def test_bad_grids(grid, options, message, executor):
    with pytest.raises(ValueError, match=message):
        lamport.sweep(grid, **options, executor=executor)


def test_a_table_beyond_the_memory():
    with pytest.raises(lamport.LamportError, match=r"10,000,000,000 rows .* fewer runs"):
        lamport.sweep({"machines": [10**6]}, runs=10_000, topology="ring")


def test_progress():
    with ThreadPoolExecutor(1) as pool:
        for executor in (None, pool):
            seen = []
            lamport.sweep(GRID, **SMALL, executor=executor, progress=seen.append)
            assert seen[-1] == 16
            assert seen == sorted(seen)


def test_what_is_no_executor():
    with pytest.raises(ValueError, match="executor=3 is not an Executor"):
        lamport.sweep(GRID, **SMALL, executor=3)


costs = st.lists(st.tuples(st.integers(1, 40), st.floats(0.1, 1e6)), min_size=1, max_size=30)


@given(costs, st.integers(1, 10_000))
def test_chunks_cover_everything_once_and_in_order(costs, runs):
    points = [
        {"machines": machines, "duration": duration, "rates": None, "max_rate": 6}
        for machines, duration in costs
    ]
    chunks = split(points, runs)
    covered = []
    for chunk in chunks:
        assert chunk.points == points[chunk.first_point : chunk.first_point + len(chunk.points)]
        assert len(chunk.points) == 1 or (chunk.first_run, chunk.runs) == (0, runs)
        covered += [
            (chunk.first_point + place, chunk.first_run, chunk.runs) for place in range(len(chunk.points))
        ]
    expected = (0, 0)
    for point, first_run, count in covered:
        assert (point, first_run) == expected
        assert count > 0
        expected = (point, first_run + count) if first_run + count < runs else (point + 1, 0)
    assert expected == (len(points), 0)
    assert len(chunks) <= 2 * 4096 + len(points)
