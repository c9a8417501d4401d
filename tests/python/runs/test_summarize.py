"""Means and confidence intervals of a sweep."""

import numpy as np
import pandas as pd
import pytest

import lamport
from lamport._runs.intervals import t_quantile
from lamport._runs.summarize import METRICS


@pytest.fixture(scope="module")
def frame():
    """Four points, eight runs each. Read only."""
    return lamport.sweep({"internal_probability": [0.3, 0.7], "max_rate": [3, 9]}, runs=8, since=0)


def test_against_the_definition(frame):
    """By loops, from the rows."""
    table = lamport.summarize(frame)
    assert table.index.names == ["internal_probability", "max_rate"]
    assert table["runs", "count"].tolist() == [8] * 4
    for point, rows in frame.groupby(["internal_probability", "max_rate"]):
        runs = [run for _, run in rows.groupby("run")]
        expected = {
            "drift": [run["drift"].iloc[0] for run in runs],
            "mean_drift": [run["mean_drift"].iloc[0] for run in runs],
            "max_drift": [run["max_drift"].iloc[0] for run in runs],
            "mean_wait": [run["mean_wait"].mean() for run in runs],
            "mean_queue_len": [run["mean_queue_len"].sum() for run in runs],
            "mean_jump": [run["mean_jump"].mean() for run in runs],
            "max_jump": [run["max_jump"].max() for run in runs],
            "max_queue_len": [run["max_queue_len"].max() for run in runs],
            "final_queue_len": [run["final_queue_len"].sum() for run in runs],
            "queue_growth": [run["queue_growth"].max() for run in runs],
            "final_clock": [run["final_clock"].max() for run in runs],
            "ticks": [run["ticks"].sum() for run in runs],
            "slowest_queue_growth": [run.loc[run["clock_rate"].idxmin(), "queue_growth"] for run in runs],
        }
        for name, values in expected.items():
            half = 2.364624 * np.std(values, ddof=1) / np.sqrt(8)
            least = 1 if name.endswith("jump") else 0
            wanted = [np.mean(values), max(np.mean(values) - half, least), np.mean(values) + half]
            assert table.loc[point, name].tolist() == pytest.approx(wanted, rel=1e-5, abs=1e-5)
    assert set(table.columns.get_level_values(0)) == {"runs", *METRICS}


def test_what_is_left_out_is_averaged_within_runs(frame):
    table = lamport.summarize(frame, "max_rate")
    assert table.index.tolist() == [3, 9]
    assert table["runs", "count"].tolist() == [8, 8]
    drift = frame.drop_duplicates(["internal_probability", "max_rate", "run"])
    means = drift[drift["max_rate"] == 9].groupby("run")["drift"].mean()
    assert table.loc[9, ("drift", "mean")] == pytest.approx(means.mean())
    assert table.loc[9, ("drift", "high")] == pytest.approx(
        means.mean() + 2.364624 * means.std() / np.sqrt(8), rel=1e-5
    )


def test_intervals_cover_the_mean_as_often_as_they_say():
    """Of 400 sweeps, 95 % +- 3.3 (three standard deviations) must cover the mean of a long one."""
    options = {"duration": 20, "rates": [1, 3, 6], "internal_probability": 0.5}
    truth = lamport.sweep([{}], runs=40_000, seed=1, **options)
    truth = truth["drift"].to_numpy()[::3].mean()
    frame = lamport.sweep([{}], runs=4_000, seed=2, **options)
    frame["run"], frame["sweep"] = frame["run"] % 10, frame["run"] // 10
    drift = lamport.summarize(frame, by="sweep")["drift"]
    covered = ((drift["low"] <= truth) & (truth <= drift["high"])).mean()
    assert len(drift) == 400
    assert 0.95 - 0.033 <= covered <= 0.95 + 0.033


@pytest.mark.parametrize(("number", "low", "high"), [(5, 0.72, 0.84), (10, 0.81, 0.91), (100, 0.92, 0.98)])
def test_intervals_of_what_few_runs_make_cover_as_often_as_the_documentation_says(number, low, high):
    """Of 400 sweeps, within three standard deviations; the mean is that of ``benches/coverage.py``."""
    options = {"duration": 60, "internal_probability": 0.7}
    truth = lamport.summarize(lamport.sweep([{}], runs=40_000, seed=1, **options))["drift", "mean"].iloc[0]
    frame = lamport.sweep([{}], runs=400 * number, seed=2, **options)
    frame["run"], frame["sweep"] = frame["run"] % number, frame["run"] // number
    drift = lamport.summarize(frame, by="sweep")["drift"]
    assert low <= ((drift["low"] <= truth) & (truth <= drift["high"])).mean() <= high


def test_intervals_stay_where_metrics_can_be():
    """Of a metric that is 0 in most runs Student's interval reaches below."""
    frame = lamport.sweep(
        {"internal_probability": [0.4, 0.6, 0.9]}, runs=6, duration=30, rates=[3, 3, 3], since=0
    )
    table = lamport.summarize(frame)
    runs = frame.groupby(["internal_probability", "run"])["queue_growth"].max().groupby(level=0)
    half = 2.5705818 * runs.std() / np.sqrt(6)
    assert (runs.mean() - half < 0).any()
    for name in METRICS:
        least = 1 if name.endswith("jump") else 0
        assert (table[name, "low"] >= least).all()
        assert (table[name, "low"] <= table[name, "mean"]).all()
    np.testing.assert_allclose(table["queue_growth", "high"], runs.mean() + half, rtol=1e-6)
    ax = lamport.plot_sweep(frame, "internal_probability", "queue_growth")
    assert min(path.vertices[:, 1].min() for path in ax.collections[0].get_paths()) == 0
    # What another program wrote may be anything.
    frame["queue_growth"] -= 1
    assert (lamport.summarize(frame)["queue_growth", "low"] < 0).all()


def test_a_single_run_has_no_interval():
    table = lamport.summarize(lamport.sweep({"max_rate": [3]}, runs=1))
    assert table["drift"][["low", "high"]].isna().all(axis=None)
    assert table["drift", "mean"].notna().all()


def test_equal_runs_have_an_interval_of_no_width():
    frame = lamport.sweep({"max_rate": [3]}, runs=5, rates=[1], internal_probability=1)
    (row,) = lamport.summarize(frame)["drift"].to_numpy().tolist()
    assert row == [0, 0, 0]


def test_without_receipts_the_longest_queue_is_left_out():
    frame = lamport.sweep({"max_rate": [3]}, runs=5)
    frame.loc[frame["run"] < 3, "max_queue_len"] = np.nan
    table = lamport.summarize(frame)
    runs = frame[frame["run"] >= 3].groupby("run")["max_queue_len"].max()
    half = 12.7062047 * runs.std() / np.sqrt(2)
    assert table["max_queue_len", "high"].iloc[0] == pytest.approx(runs.mean() + half)


def test_of_compared_runs(run):
    table = lamport.summarize(lamport.compare({"a": run, "b": [run, run]}), by="label")
    assert table.index.tolist() == ["a", "b"]
    assert table["drift", "mean"].tolist() == [run.drift] * 2


def test_of_tables_put_together(frame):
    parts = [frame.assign(part="a"), frame.assign(part="b")]
    together = lamport.summarize(pd.concat(parts), by=["part"])
    apart = lamport.summarize(pd.concat(parts, ignore_index=True), by=["part"])
    pd.testing.assert_frame_equal(together, apart)
    assert together["runs", "count"].tolist() == [frame["run"].nunique()] * 2


def test_sweeps_of_other_seeds_count_as_more_runs():
    grid = {"internal_probability": [0.3, 0.7]}
    parts = [lamport.sweep(grid, runs=20, seed=seed) for seed in (0, 1)]
    both = lamport.summarize(pd.concat(parts, ignore_index=True), by="internal_probability")
    each = [lamport.summarize(part) for part in parts]
    assert both["runs", "count"].tolist() == [40, 40]
    for metric in ("drift", "ticks", "slowest_queue_growth"):
        mean = (each[0][metric, "mean"] + each[1][metric, "mean"]) / 2
        np.testing.assert_allclose(both[metric, "mean"], mean)


def test_a_sweep_without_a_grid_is_one_row():
    frame = lamport.sweep([{}], runs=20, duration=10)
    table = lamport.summarize(frame)
    assert table["runs", "count"].tolist() == [20]
    drift = frame.groupby("run")["drift"].first()
    assert table["drift", "mean"].tolist() == [drift.mean()]


def test_a_run_that_is_there_twice_is_named(frame):
    twice = pd.concat([frame, frame])
    with pytest.raises(
        ValueError, match=r"two rows of max_rate=.*, run=0, seed=\d+, machine_id=1: name in by="
    ):
        lamport.summarize(twice, by="max_rate")


def test_points_in_the_order_of_the_grid():
    frame = lamport.sweep({"topology": ["star", "full", "line"]}, runs=2, duration=5)
    assert lamport.summarize(frame).index.tolist() == ["star", "full", "line"]


@pytest.mark.parametrize(
    ("change", "by", "message"),
    [
        (lambda frame: pd.DataFrame(frame.to_dict("list")), None, "give by="),
        (lambda frame: frame, "speed", "no column speed: it has internal_probability"),
        (lambda frame: frame[["max_rate", "run"]], "max_rate", "no column to summarize"),
    ],
)
def test_bad_tables(frame, change, by, message):
    with pytest.raises(ValueError, match=message):
        lamport.summarize(change(frame), by)


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.7062047), (2, 4.3026527), (3, 3.1824463), (4, 2.7764451), (10, 2.2281389), (30, 2.0422725)],
)
def test_quantiles(freedom, expected):
    assert t_quantile(freedom) == pytest.approx(expected, abs=1e-6)


def test_quantiles_of_many_and_of_none():
    assert np.isnan(t_quantile(0))
    assert t_quantile(10**9) == pytest.approx(1.9599640, abs=1e-6)
    assert t_quantile(200) == pytest.approx(t_quantile(201), abs=2e-4)
    values = [t_quantile(freedom) for freedom in range(1, 400)]
    assert (np.diff(values) < 0).all()
