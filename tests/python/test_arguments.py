"""What the library says of arguments that make no sense, and what it takes although it is unusual."""

import inspect
import re
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from own_clocks import Lamport

import lamport

RAW = re.compile(
    r"not supported between|has no attribute|' object|not iterable|unhashable|could not convert|"
    r"invalid literal|must be real number|cannot be interpreted|Can't extract|not an instance|"
    r"not subscriptable|expected str|argument should be|must pass an index|same length$|unsupported operand"
)
"""Words of Python, NumPy, pandas, matplotlib and PyO3."""
STRANGE = ["strange", 2.5, None, [], {}, b"x", object(), ["strange"], [[]], -1, float("nan"), 3j, (1,)]


@pytest.fixture(scope="module")
def made():
    return lamport.simulate(duration=5, seed=1)


@pytest.fixture(scope="module")
def frame():
    return lamport.sweep({"max_rate": [2, 6]}, runs=3, duration=5)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


def given(function, made, frame):
    """Arguments that make sense of each parameter that has no default."""
    return {
        "predict": {"rates": [1, 3]},
        "sweep": {"grid": {"max_rate": [2]}, "runs": 1, "duration": 1},
        "summarize": {"frame": frame},
        "plot_sweep": {"frame": frame, "x": "max_rate", "y": "drift"},
        "simulate": {"duration": 1},
        "run_local": {"machines": 1, "duration": 0.02, "rates": [10], "progress": False},
        "random_faults": {"seed": 1, "rate": 0.1, "machines": 3, "duration": 10},
        "compare": {"runs": [made]},
        "series": {"runs": [made]},
        "plot_series": {"table": lamport.series(made)},
        "rerun": {"run": made},
        "load": {"source": "none"},
        "verify": {"logs": made},
        "check_clock": {"make": Lamport, "runs": 5},
        "replay": {"source": "none"},
        "from_events": {"frame": {"machine_id": [1], "event": ["INTERNAL"], "new_clock": [1]}},
        "plot": {},
        "plot_spacetime": {},
        "report": {},
        "export": {"path": "a.csv"},
        "save": {"directory": "a"},
        "clocks": {},
        "drift_over_time": {},
        "machines_since": {"since": 1},
        "past": {"event": (1, 1)},
        "happened_before": {"a": (1, 1), "b": (2, 1)},
        "cut_is_consistent": {"cut": {1: 1}},
        "concurrent_share": {},
        "count_cuts": {},
        "possibly": {"predicate": lambda *states: None in states},
        "definitely": {"predicate": lambda *states: None in states},
        "snapshot": {"time": 1},
        "false_order_rate": {},
    }[function]


ANYTHING = {("run_local", "progress"), ("simulate", "progress"), ("sweep", "progress"), ("rerun", "progress")}
ANYTHING |= {("plot", "predict"), ("sweep", "fixed"), ("rerun", "changes")}
FUNCTIONS = [
    "predict",
    "sweep",
    "summarize",
    "plot_sweep",
    "simulate",
    "run_local",
    "random_faults",
    "compare",
    "series",
    "plot_series",
]
FUNCTIONS += ["rerun", "load", "verify", "replay", "from_events", "check_clock"]
METHODS = [
    "plot",
    "plot_spacetime",
    "report",
    "export",
    "save",
    "clocks",
    "drift_over_time",
    "machines_since",
]
OF_CAUSALITY = ["past", "happened_before", "cut_is_consistent", "concurrent_share", "false_order_rate"]
OF_CAUSALITY += ["count_cuts", "possibly", "definitely", "snapshot"]


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS, *OF_CAUSALITY])
def test_no_argument_meets_a_raw_error(made, frame, name):
    home = lamport if name in FUNCTIONS else made if name in METHODS else made.causality
    function = getattr(home, name)
    right = given(name, made, frame)
    for parameter in inspect.signature(function).parameters:
        if (name, parameter) in ANYTHING:
            continue
        for value in STRANGE:
            told = complaint(function, right | {parameter: value})
            assert not RAW.search(told), (parameter, value, told)
            plt.close("all")


def complaint(function, arguments):
    """What a function has against its arguments; any other error is one of the test."""
    try:
        function(**arguments)
    except (ValueError, TypeError, OSError, lamport.LamportError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("lamport.predict(3)", "rates=3 is not a list of rates: give one per machine, like [1, 3, 6]"),
        ("lamport.predict('1,3')", "rates='1,3' is not a list of rates"),
        ("made.plot(machines=9)", "machine 9 is not in this run: its machines are 1, 2, 3"),
        ("made.plot(machines='1')", "there is no machine '1': the machines of this run have no names"),
        ("made.plot(axes=[1, 2, 3])", "axes holds no Axes of matplotlib but int"),
        ("made.plot_spacetime('a')", "start='a' is not a number"),
        ("made.plot_spacetime(ax=plt.subplots(2)[1])", "ax holds no Axes of matplotlib but ndarray"),
        ("made.report(3)", "directory=3 is not a path"),
        ("made.export(None)", "path=None is not a path"),
        ("made.export('a.csv', start=100)", "start=100 (s) is after the last event, at 4."),
        ("made.clocks(every='x')", "every='x' is not a number"),
        ("made.verify(clock_uncertainty='x')", "clock_uncertainty='x' is not a number"),
        ("made.causality.cut_is_consistent([1])", "cut=[1] is not a mapping: give one like {1: 40, 2: 23}"),
        ("made.causality.concurrent_share(samples='x')", "samples='x' is not a whole number"),
        ("lamport.sweep({'max_rate': [2]}, executor=3)", "executor=3 is not an Executor"),
        ("lamport.summarize(made)", "a lamport.Run is not a sweep: give a DataFrame"),
        ("lamport.sweep(measure=[len])", "measure=[<built-in function len>] is not a mapping"),
        (
            "lamport.summarize(frame, statistic='mode')",
            "statistic='mode': give 'mean', 'median' or a quantile",
        ),
        ("lamport.series(frame)", "runs: a DataFrame is not a run"),
        ("lamport.plot_series(frame)", "the table is none of lamport.series"),
        ("made.machines_since('x')", "since='x' is not a number"),
        ("lamport.summarize(frame, by=3)", "by=3: give the name of a column, or a list of them"),
        ("lamport.plot_sweep(frame, 3, 'drift')", "x=3 is not the name of a column"),
        ("lamport.load(made)", "is not a path"),
        ("lamport.load('')", "logs='' is not a path"),
        ("lamport.load(frame)", "logs=a DataFrame is not a path"),
        ("lamport.load('none', offsets=3)", "offsets=3 is not a mapping"),
        ("lamport.verify([3])", "logs=3 is not a path"),
        ("lamport.from_events(3)", "an int is not a table of events"),
        (
            "lamport.from_events({'machine_id': 1, 'event': 'SEND'})",
            "a mapping is not a table of events: give lists",
        ),
        ("lamport.random_faults(1, 'x', machines=3, duration=9)", "rate='x' is not a number"),
        ("lamport.random_faults(1, 1, machines='3', duration=9)", "machines='3': give how many there are"),
        ("lamport.simulate(log_dir=3)", "log_dir=3 is not a path"),
        ("lamport.simulate(record='no')", "record='no': give True or False"),
        ("lamport.run_local(2, 0.1, base_port=-1)", "base_port=-1 is out of range: give a port, 1 to 65535"),
        ("lamport.run_local(2, 0.1, wait='x')", "wait='x' is not a number"),
        ("lamport.run_local(2, 0.1, processes='no')", "processes='no': give True or False"),
        ("lamport.compare(frame)", "runs: a DataFrame is not a run"),
        ("lamport.Run(3)", "source=3 is not a path"),
    ],
)
def test_messages(made, frame, call, message):
    with pytest.raises((ValueError, TypeError, OSError), match=re.escape(message)):
        eval(call, {"lamport": lamport, "made": made, "frame": frame, "plt": plt})


def test_one_machine_is_plotted(made):
    panels = made.plot(machines=2)
    assert panels[0].get_legend_handles_labels()[1] == [f"machine 2 ({made.machines.clock_rate[2]:g}/s)"]
    assert len(made.plot(machines=np.int64(2))[0].lines) == 1


class Client:
    """What has executors, as a Client of Dask."""

    def __init__(self):
        self.closed = []

    def get_executor(self):
        client = self

        class Own(ThreadPoolExecutor):
            def shutdown(self, *args, **more):
                client.closed.append(True)
                super().shutdown(*args, **more)

        return Own(2)

    def submit(self, *_, **__):
        raise AssertionError("a client's own tasks are not what a sweep waits for")


def test_a_client_is_an_executor(frame):
    client = Client()
    made = lamport.sweep({"max_rate": [2, 6]}, runs=3, duration=5, executor=client)
    pd.testing.assert_frame_equal(made, frame)
    assert client.closed


@pytest.mark.parametrize("other", [pl.from_pandas, pa.Table.from_pandas, lambda frame: frame.to_dict("list")])
def test_sweeps_in_tables_of_others(frame, other):
    expected = lamport.summarize(frame)
    told = lamport.summarize(other(frame), by="max_rate")
    pd.testing.assert_frame_equal(told, expected)
    axes = lamport.plot_sweep(other(frame), "max_rate", "drift")
    assert axes.get_ylabel() == "drift (clock values)"


def test_other_numbers_of_numpy():
    faults = lamport.random_faults(np.int64(3), 0.1, machines=np.int64(3), duration=10)
    assert faults == lamport.random_faults(3, 0.1, machines=[1, 2, 3], duration=10)
    assert lamport.predict(np.array([1, 3])).equals(lamport.predict([1, 3]))


def test_a_run_of_a_path(tmp_path):
    run = lamport.simulate(duration=5, seed=1, log_dir=tmp_path / "a")
    assert lamport.Run(str(tmp_path / "a")).machines.equals(run.machines)
