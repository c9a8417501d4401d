"""What is drawn of many runs over time, looked up in the Axes."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import lamport


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def tables():
    """One setting, and two by label. Read only."""
    slow, fast = (
        [lamport.simulate(duration=10, rates=[1, 3, rate], seed=seed) for seed in range(5)] for rate in (3, 6)
    )
    return lamport.series(slow), lamport.series({"slow": slow, "fast": fast})


def test_one_line_and_its_band(tables):
    ax = lamport.plot_series(tables[0])
    (line,), (band,) = ax.lines, ax.collections
    np.testing.assert_array_equal(line.get_xdata(), tables[0].index)
    np.testing.assert_array_equal(line.get_ydata(), tables[0]["drift", "mean"])
    corners = band.get_paths()[0].vertices[:, 1]
    assert corners.max() == tables[0]["drift", "high"].max()
    assert corners.min() == tables[0]["drift", "low"].min()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "drift (clock values)")
    assert ax.get_legend() is None


def test_clocks_and_labels(tables):
    ax = lamport.plot_series(tables[0], "clocks")
    assert texts(ax) == ["machine 1", "machine 2", "machine 3"]
    assert ax.get_ylabel() == "logical clock"
    ax = lamport.plot_series(tables[1], "clock_2")
    assert texts(ax) == ["slow", "fast"]
    assert ax.get_ylabel() == "logical clock of machine 2"
    for line, label in zip(ax.lines, ("slow", "fast"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), tables[1].loc[label]["clock_2", "mean"])
    ax = lamport.plot_series(tables[1], "clocks")
    assert texts(ax)[3] == "fast, machine 1"
    assert len({line.get_color() for line in ax.lines}) == 6


def texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_other_statistics_are_named():
    runs = [lamport.simulate(duration=5, seed=seed) for seed in range(6)]
    _, given = plt.subplots()
    ax = lamport.plot_series(lamport.series(runs, statistic="median"), ax=given)
    assert ax is given
    assert ax.get_ylabel() == "drift (clock values), median"


def test_too_many_lines():
    table = lamport.series(lamport.simulate(30, 2, topology="ring", seed=1))
    with pytest.raises(ValueError, match="30 lines would not be told apart"):
        lamport.plot_series(table, "clocks")
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (None, {"y": "queue"}, "y='queue' is not in the table: it has drift, clocks and clock_1, clock_2"),
        (None, {"y": 3}, "y=3 is not in the table"),
        (None, {"ax": 3}, "ax holds no Axes"),
        (pd.DataFrame({"drift": [1]}), {}, "none of lamport.series"),
    ],
)
def test_bad_arguments(tables, table, options, message):
    with pytest.raises(ValueError, match=message):
        lamport.plot_series(tables[0] if table is None else table, **options)
    assert plt.get_fignums() == []
