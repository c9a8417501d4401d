"""Sweeps of algorithms: the same rows wherever they are made, over parameters of runs and arguments."""

import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import lamport
from lamport.algorithms import LamportMutex, RicartAgrawala

GRID = {"hold": [0.1, 0.3], "machines": [2, 3]}
SMALL = {"runs": 2, "duration": 8, "algorithm": LamportMutex, "rates": 100, "seed": 3}


class Late(lamport.Algorithm):
    """Fails after a while, at once with a body of its own, and takes what is a parameter of runs too."""

    def __init__(self, duration=3.0, word=None, seed=0):
        self.duration, self.word, self.seed = duration, word, seed

    def start(self, me):
        me.state(word=self.word)
        me.timer("end", self.duration)

    def on_timer(self, me, _name):
        raise LookupError(f"nothing at {me.now:g} s")


def entries(run):
    return run.states["entries"].max()


def equal(one, two):
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert one.attrs == two.attrs


@pytest.fixture(scope="module")
def frame():
    """Read only."""
    return lamport.sweep(GRID, **SMALL)


def test_it_has_the_columns_of_every_sweep(frame):
    built_in = lamport.sweep({"max_rate": [3]}, runs=1, duration=1)
    assert frame.columns[:2].tolist() == ["hold", "machines"]
    assert frame.columns[2:4].tolist() == built_in.columns[1:3].tolist()
    assert frame.columns[-13:].tolist() == built_in.columns[-13:].tolist()
    assert {*frame} == {*built_in, "hold"}
    assert frame.attrs == {"grid": ["hold", "machines"], "seed": 3, "interrupted": False}
    assert frame["hold"].dtype == np.float64
    assert len(frame) == 2 * 2 * (2 + 3)
    missing = frame.columns[frame.isna().any()].tolist()
    assert missing == ["internal_probability", "broadcast_share"], "an algorithm has no such"
    assert (
        frame["seed"].unique().tolist() == lamport.sweep(runs=2, duration=1, seed=3)["seed"].unique().tolist()
    )


@pytest.mark.parametrize("since", [None, 2])
def test_a_row_is_what_simulate_gives_with_its_seed(since):
    faults = [lamport.Crash(1, at=5), lamport.Pause(2, at=3, duration=1)]
    measure = {"entries": entries, "events": lambda run: len(run.events)}
    frame = lamport.sweep(GRID, **SMALL, since=since, faults=faults, measure=measure)
    for (hold, machines, seed), rows in frame.groupby(["hold", "machines", "seed"]):
        run = lamport.simulate(
            machines,
            8,
            algorithm=LamportMutex,
            arguments={"hold": hold},
            rates=100,
            seed=int(seed),
            faults=faults,
        )
        table = run.machines if since is None else run.machines_since(since)
        names = [name for name in table if name in frame]
        assert len(names) == (11 if since is None else 15)
        for name in names:
            expected = table[name].to_numpy(dtype=float, na_value=np.nan)
            np.testing.assert_array_equal(rows[name].to_numpy(dtype=float, na_value=np.nan), expected, name)
        assert rows["drift"].tolist() == [run.drift] * machines
        assert rows["entries"].tolist() == [entries(run)] * machines
        assert rows["events"].tolist() == [len(run.events)] * machines
    assert frame["final_queue_len"].isna().any(), "who is down tells no queue"
    assert frame["events"].dtype == np.int64


def test_what_is_counted_does_not_depend_on_what_is_looked_at(frame):
    looked = lamport.sweep(GRID, **SMALL, measure={"entries": entries})
    equal(looked.drop(columns="entries"), frame)
    since = lamport.sweep(GRID, **SMALL, since=1.5)
    looked = lamport.sweep(GRID, **SMALL, since=1.5, measure={"entries": entries})
    equal(looked.drop(columns="entries"), since)


def test_the_same_on_an_executor(frame):
    with ThreadPoolExecutor(2) as executor:
        equal(lamport.sweep(GRID, **SMALL, executor=executor), frame)


def test_the_same_in_other_processes():
    words = [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1])\n" + ELSEWHERE]
    done = subprocess.run(
        [*words, str(__file__).rpartition("/")[0]], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["equal", "named"]


ELSEWHERE = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import lamport
import test_sweep_algorithm as here

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        class Own(here.LamportMutex):
            "Known to this process alone, as what a notebook has."

        measure = {"entries": lambda run: here.entries(run)}
        options = {**here.SMALL, "algorithm": Own, "measure": measure, "executor": executor}
        there = lamport.sweep(here.GRID, **options)
        here.equal(there, lamport.sweep(here.GRID, **options | {"executor": None}))
        print("equal")
        try:
            lamport.sweep(algorithm=here.Late, rates=100, runs=2, duration=5, executor=executor)
        except lamport.SweepError as error:
            print("named" if "run 0 with seed" in str(error) and "nothing at 3" in str(error) else error)
"""


def test_algorithms_are_points_too():
    grid = {"algorithm": [LamportMutex, "lamport.algorithms:RicartAgrawala", None], "max_rate": [2, 4]}
    frame = lamport.sweep(grid, runs=2, duration=5)
    assert frame["algorithm"].cat.categories.tolist() == ["LamportMutex", "RicartAgrawala", "built-in"]
    is_built_in = frame["algorithm"] == "built-in"
    assert frame["internal_probability"].isna().equals(~is_built_in)
    expected = lamport.sweep({"max_rate": [2, 4]}, runs=2, duration=5)
    got = frame[is_built_in].drop(columns="algorithm").reset_index(drop=True)
    pd.testing.assert_frame_equal(got, expected, check_exact=True)
    one = lamport.sweep({"max_rate": [2, 4]}, runs=2, duration=5, algorithm=RicartAgrawala)
    got = frame[frame["algorithm"] == "RicartAgrawala"].drop(columns="algorithm").reset_index(drop=True)
    pd.testing.assert_frame_equal(got, one, check_exact=True)
    summary = lamport.summarize(frame)
    assert len(summary) == 6
    assert summary["runs", "count"].eq(2).all()


def test_roles_inputs_and_until_are_as_in_simulate():
    of = {"machines": 2, "algorithm": {1: LamportMutex, 2: LamportMutex}, "until": "quiet"}
    frame = lamport.sweep(runs=1, duration=5, rates=100, inputs=iter([(1, 2, "x")]), **of, seed=1)
    run = lamport.simulate(duration=5, rates=100, inputs=[(1, 2, "x")], **of, seed=int(frame["seed"].iloc[0]))
    assert frame["ticks"].tolist() == run.machines["ticks"].tolist()
    grid = {"inputs": [[], [(1.0, 2, "x")]]}
    frame = lamport.sweep(grid, runs=1, duration=5, rates=100, **of)
    assert frame["inputs"].cat.categories.tolist() == ["no inputs", "1 input"]


def test_arguments_are_numbers_or_labels():
    run = {"algorithm": Late, "machines": 1, "rates": 10, "runs": 1, "duration": 1}
    frame = lamport.sweep({"word": ["a", None, [1, 2], {"x": 1}, True]}, **run)
    assert frame["word"].cat.categories.tolist() == ["a", "None", "[1, 2]", "x=1", "True"]
    frame = lamport.sweep({"word": np.arange(3)}, **run)
    assert frame["word"].tolist() == [0, 1, 2]
    assert frame["word"].dtype == np.int64
    frame = lamport.sweep({"word": [1, 0.5]}, **run)
    assert frame["word"].tolist() == [1.0, 0.5]
    frame = lamport.sweep({"arguments": [{"word": 1, "duration": 2}, {}]}, **run)
    assert frame["arguments"].cat.categories.tolist() == ["word=1, duration=2", "none"]
    frame = lamport.sweep([{"word": 5}, {"max_rate": 3}], **run)
    assert frame["word"].cat.categories.tolist() == ["5", "None"], "where a point says nothing, the default"
    assert frame["max_rate"].tolist() == [6, 3]


def test_what_a_point_does_not_give_is_the_default():
    frame = lamport.sweep([{"hold": 0.3}, {"max_rate": 3}], **SMALL)
    assert frame["hold"].unique().tolist() == [0.3, 0.1]
    both = lamport.sweep({"hold": [0.3, 0.1]}, **SMALL)
    assert frame["sends"].tolist() == both["sends"].tolist()


def test_a_plot_and_means_of_arguments(frame):
    summary = lamport.summarize(frame, "hold")
    assert summary.index.tolist() == [0.1, 0.3]
    pytest.importorskip("matplotlib").use("agg")
    ax = lamport.plot_sweep(frame, "hold", "sends", hue="machines")
    assert (ax.get_xlabel(), len(ax.lines)) == ("hold", 2)


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_handler_that_fails_is_named_with_its_run(is_elsewhere):
    grid = [{"word": "x", "max_rate": 5}, {"word": "y", "max_rate": 6}]
    arguments = {"duration": 3.0}
    with ThreadPoolExecutor(1) as executor, pytest.raises(lamport.SweepError) as caught:
        lamport.sweep(
            grid, runs=3, duration=9, algorithm=Late, arguments=arguments, rates=100,
            executor=executor if is_elsewhere else None,
        )  # fmt: skip
    text = str(caught.value)
    assert text.startswith("point 1 of 2 (word=x, max_rate=5), run 0 with seed ")
    assert "machine 3: on_timer" in text
    assert "LookupError: nothing at 3" in text
    assert "0 of 6 runs are finished" in text
    assert "\n" not in text
    cause = caught.value.__cause__ if not is_elsewhere else caught.value.__cause__.__cause__
    assert isinstance(cause, lamport.AlgorithmError)
    assert caught.value.finished.empty


def test_what_is_finished_before_a_failure_is_kept():
    with pytest.raises(
        lamport.SweepError, match=r"point 2 of 2 \(duration=5.0\), run 0 .*; 3 of 6"
    ) as caught:
        lamport.sweep(
            {"duration": [2.0, 5.0]}, runs=3, algorithm=Late, arguments={"duration": 3}, rates=100
        )  # fmt: skip
    assert caught.value.finished["duration"].tolist() == [2.0] * 9
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_a_run_that_is_over_before_what_is_counted():
    class Once(Late):
        def on_timer(self, me, _name):
            me.broadcast()

    options = {"algorithm": Once, "until": "quiet", "rates": 100, "runs": 2, "duration": 9}
    assert lamport.sweep(**options, since=2)["ticks"].eq(3).all()
    frame = lamport.sweep(**options, since=4)
    assert frame["ticks"].eq(0).all()
    assert frame["final_clock"].gt(0).all()
    looked = lamport.sweep(**options, since=4, measure={"events": lambda run: len(run.events)})
    equal(looked.drop(columns="events"), frame)


def test_ctrl_c_returns_what_is_finished():
    class Interrupted(lamport.Algorithm):
        runs = 0

        def start(self, me):
            type(self).runs += me.id == 1
            if self.runs == 3:
                raise KeyboardInterrupt

    frame = lamport.sweep(runs=9, duration=2, algorithm=Interrupted, rates=10)
    assert frame.attrs["interrupted"]
    assert frame["run"].unique().tolist() == [0, 1]

    def look(_run):
        raise KeyboardInterrupt

    frame = lamport.sweep(runs=9, duration=2, algorithm=LamportMutex, rates=10, measure={"x": look})
    assert frame.attrs["interrupted"]
    assert frame.empty


def test_progress_counts_runs():
    told = []
    lamport.sweep(GRID, **SMALL, progress=told.append)
    assert told == [1, 2, 3, 4, 5, 6, 7, 8, 8]


@pytest.mark.parametrize(
    ("grid", "options", "error", "message"),
    [
        (
            {"hodl": [1]},
            {},
            ValueError,
            r"point 1 \(hodl=1\): LamportMutex has no argument hodl \(did you mean hold",
        ),
        ({"hold": [1], "pause": 1}, {}, ValueError, "grid: pause is 1: give a list"),
        ({"hold": []}, {}, ValueError, "hold has no values"),
        (
            {"hold": [0.1, 0.2, 0.1]},
            {},
            ValueError,
            r"repeats itself: point 3 of 3 \(hold=0.1\) is point 1 too",
        ),
        (
            {"hold": [1]},
            {"arguments": {"hold": 2}},
            ValueError,
            r"hold is in the grid and in arguments= \(2\)",
        ),
        ({"hold": [1]}, {"algorithm": None}, ValueError, "'hold' is not a parameter of a simulation"),
        ({"hold": [1]}, {"hold": 2}, ValueError, "'hold' is not a parameter.* goes into arguments="),
        (
            {"duration": [1]},
            {"algorithm": Late},
            ValueError,
            "duration is a parameter of runs and an argument",
        ),
        (
            {"word": [1]},
            {"algorithm": Late, "measure": {"word": len}},
            ValueError,
            "'word' is a parameter of the g",
        ),
        ({"seed": [1]}, {"algorithm": Late}, ValueError, "seed cannot vary"),
        ({"hold": [{1}]}, {}, TypeError, r"point 1 .*arguments\[.hold.\] is \{1\} of class set"),
        ({"algorithm": ["x:Y"]}, {"algorithm": None}, ValueError, r"point 1 \(algorithm=Y\): .*no module x"),
        ({"algorithm": [Late]}, {}, ValueError, "algorithm is in the grid and given beside it"),
        (
            {"algorithm": [int]},
            {"algorithm": None},
            TypeError,
            r"point 1 \(algorithm=int\): int is not derived",
        ),
        ({"internal_probability": [0.2]}, {}, ValueError, "internal_probability= is for the built-in"),
        ({"machines": [2]}, {"algorithm": {1: Late}}, ValueError, "names none for machine 2"),
        ({"until": ["quiet"]}, {"algorithm": None}, ValueError, "until= is for an algorithm"),
        ({"until": ["soon"]}, {}, ValueError, "until='soon'"),
        ({"inputs": [[(1, 9, None)]]}, {}, ValueError, "machine 9"),
    ],
)
def test_bad_input(grid, options, error, message):
    with pytest.raises(error, match=message):
        lamport.sweep(grid, **{"runs": 1, "algorithm": LamportMutex, "rates": 10, **options})


def test_an_argument_with_the_name_of_a_column():
    class Own(lamport.Algorithm):
        def __init__(self, drift=1):
            self.drift = drift

        def start(self, me):
            me.state(drift=self.drift)

    with pytest.raises(ValueError, match="grid: drift is a column of every sweep"):
        lamport.sweep({"drift": [1, 2]}, algorithm=Own, runs=1, duration=1)
    seen = lamport.sweep(
        {"arguments": [{"drift": 7}]}, algorithm=Own, runs=1, duration=1,
        measure={"own": lambda run: run.states["drift"].max()},
    )  # fmt: skip
    assert seen["own"].tolist() == [7] * 3


def test_a_clash_is_settled_by_arguments():
    frame = lamport.sweep(
        {"duration": [1.0, 2.0]}, algorithm=Late, arguments={"duration": 5}, runs=1, rates=10
    )
    assert frame["duration"].unique().tolist() == [1.0, 2.0]


def test_what_does_not_pickle_is_refused_before_anything_runs():
    class Never(ProcessPoolExecutor):
        def submit(self, *_, **__):
            raise AssertionError("nothing is to be submitted")

    lock = threading.Lock()
    with (
        Never(1) as executor,
        pytest.raises(ValueError, match=r"algorithm does not pickle.*or sweep without"),
    ):
        lamport.sweep(runs=1, algorithm=lambda _: Late(lock), executor=executor)
