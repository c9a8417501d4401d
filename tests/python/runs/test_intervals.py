"""Intervals of means, quantiles and truths: against plain code, and how often they hold what they are of."""

from fractions import Fraction
from math import comb, erf, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport._runs.intervals import _resamples, bootstrap, order_statistics, t_quantile, wilson

numbers = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


@given(
    st.integers(2, 60), st.sampled_from(["1/2", "9/10", "1/4", "1/100"]), st.sampled_from([0.5, 0.9, 0.95])
)
def test_ranks_against_exact_sums(number, quantile, level):
    """The innermost two ranks that each leave the quantile out with at most half of what is left."""
    q = Fraction(quantile)
    chances = [comb(number, k) * q**k * (1 - q) ** (number - k) for k in range(number + 1)]
    tail = (1 - Fraction(level)) / 2
    low = [rank for rank in range(1, number + 1) if sum(chances[:rank]) <= tail]
    high = [rank for rank in range(1, number + 1) if sum(chances[rank:]) <= tail]
    got = order_statistics(np.arange(1.0, number + 1), float(q), level)
    np.testing.assert_array_equal(got, [max(low, default=np.nan), min(high, default=np.nan)])


def test_ranks_of_many():
    """By the normal approximation."""
    number = 10**6
    low, high = order_statistics(np.arange(1.0, number + 1), 0.5, 0.95)
    assert low == pytest.approx(number / 2 - 1.959964 * sqrt(number) / 2, abs=2)
    assert high == pytest.approx(number / 2 + 1.959964 * sqrt(number) / 2, abs=2)


def plain_bootstrap(values, level):
    """One resample after the other; the skewness from what the mean is without each value."""
    number = len(values)
    picks = [row for rows in _resamples(number) for row in rows]
    means = sorted(sum(values[place] for place in row) / number for row in picks)
    mean = sum(values) / number
    slack = 1e-12 * max(map(abs, values))
    share = sum((m < mean - slack) + (m <= mean + slack) for m in means) / 2 / len(means)
    without = [(sum(values) - value) / (number - 1) for value in values]
    middle = sum(without) / number
    skew = sum((middle - w) ** 3 for w in without) / 6 / sum((middle - w) ** 2 for w in without) ** 1.5

    def normal(z):
        return (1 + erf(z / sqrt(2))) / 2

    def inverse(p):
        low, high = -9.0, 9.0
        for _ in range(80):
            half = (low + high) / 2
            low, high = (half, high) if normal(half) < p else (low, half)
        return low

    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = inverse(share) + inverse(tail)
        place = round(normal(inverse(share) + z / (1 - skew * z)) * (len(means) + 1)) - 1
        ends.append(means[min(max(place, 0), len(means) - 1)])
    return ends


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize(
    "values",
    [[1.0, 2.0, 3.0, 9.0], [0.0, 0.0, 0.0, 1.0], np.random.default_rng(1).exponential(size=15).tolist()],
)
def test_bootstrap_against_plain_code(values, level):
    low, high = bootstrap(np.array([values, values]).T, level)
    np.testing.assert_allclose([low[0], high[0]], plain_bootstrap(values, level), rtol=1e-9, atol=1e-12)
    assert low[0] == low[1]


@given(numbers, st.sampled_from([0.5, 0.9, 0.99]))
def test_the_bootstrap_stays_within_the_numbers(values, level):
    column = np.sort(values)[:, None]
    low, high = bootstrap(column, level)
    assert column.min() <= low[0] <= high[0] <= column.max()
    again = bootstrap(column, level)
    assert (low, high) == again
    wider = bootstrap(column, (1 + level) / 2)
    assert wider[0][0] <= low[0]
    assert high[0] <= wider[1][0]


@given(st.integers(0, 50), st.integers(1, 50), st.sampled_from([0.5, 0.95]))
def test_wilson_is_where_the_score_is_that_of_the_level(successes, failures, level):
    """Its ends are the probabilities that the share is just that many standard deviations away from."""
    number = successes + failures
    share = successes / number
    low, high = wilson(np.array([share]), np.array([number]), level)
    z = t_quantile(10**9, level)
    for end in (low[0], high[0]):
        assert -1e-12 <= end <= 1
        assert abs(share - end) == pytest.approx(z * sqrt(max(end * (1 - end), 0) / number), abs=1e-6)
    assert low[0] <= share <= high[0]


def sweeps(draw, number, times=400):
    """As many sweeps of as many runs each, whose numbers come from a known distribution."""
    chance = np.random.default_rng(1978)
    frame = pd.DataFrame({"run": np.tile(np.arange(number), times), "x": draw(chance, number * times)})
    frame["sweep"] = np.repeat([f"{k:03}" for k in range(times)], number)
    return frame


def covered(frame, truth, **options):
    table = lamport.summarize(frame, "sweep", **options)["x"]
    low, high = table["low"].fillna(-np.inf), table["high"].fillna(np.inf)
    return ((low <= truth) & (truth <= high)).mean()


def normal(chance, number):
    return chance.normal(10, 1, number)


def exponential(chance, number):
    return chance.exponential(1, number)


def dice(chance, number):
    return chance.integers(1, 7, number)


def true(chance, number):
    return chance.random(number) < 0.2


THREE = 3 * sqrt(0.05 * 0.95 / 400)
"""Three standard deviations of a share of 400."""


@pytest.mark.parametrize("number", [5, 10, 40])
def test_student_holds_a_normal_mean_as_often_as_it_says(number):
    assert abs(covered(sweeps(normal, number), 10) - 0.95) <= THREE
    assert abs(covered(sweeps(normal, number), 10, confidence=0.5) - 0.5) <= 3 * sqrt(0.25 / 400)


@pytest.mark.parametrize(("number", "least", "most"), [(10, 0.84, 0.94), (40, 0.90, 0.97)])
def test_the_bootstrap_holds_the_mean_of_what_is_skewed(number, least, most):
    frame = sweeps(exponential, number)
    assert least <= covered(frame, 1, interval="bootstrap") <= most
    assert abs(covered(sweeps(normal, 40), 10, interval="bootstrap") - 0.95) <= 0.02 + THREE


@pytest.mark.parametrize("number", [5, 10, 40, 100])
@pytest.mark.parametrize(
    ("draw", "statistic", "truth"),
    [
        (normal, "median", 10),
        (exponential, "median", np.log(2)),
        (exponential, 0.9, np.log(10)),
        (dice, 0.6, 4),
    ],
)
def test_quantiles_are_held_at_least_as_often_as_it_says(draw, statistic, truth, number):
    assert covered(sweeps(draw, number), truth, statistic=statistic) >= 0.95 - THREE


def test_quantiles_are_held_no_more_often_than_ranks_have_it():
    """Of a continuous distribution it is a binomial sum: .9785 of 10 for 95 %, .9568 of 40."""
    for number, exact in ((10, 0.9785), (40, 0.9615)):
        told = covered(sweeps(normal, number), 10, statistic="median")
        assert abs(told - exact) <= 3 * sqrt(exact * (1 - exact) / 400) + 0.005


@pytest.mark.parametrize("number", [10, 40])
def test_wilson_holds_a_probability(number):
    frame = sweeps(true, number)
    assert abs(covered(frame, 0.2) - 0.95) <= 0.03 + THREE
    assert covered(frame, 0.2) == covered(frame, 0.2, interval="bootstrap")


def test_the_order_of_rows_means_nothing():
    frame = lamport.sweep({"max_rate": [3, 9]}, runs=12, duration=20)
    mixed = frame.sample(frac=1, random_state=1)
    mixed.attrs = frame.attrs
    for options in ({}, {"interval": "bootstrap"}, {"statistic": "median"}, {"statistic": 0.3}):
        one, two = lamport.summarize(frame, **options), lamport.summarize(mixed, **options)
        # Of several slowest machines it takes the first.
        one, two = (table.drop(columns="slowest_queue_growth", level=0) for table in (one, two))
        pd.testing.assert_frame_equal(one, two, rtol=1e-12)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), st.sampled_from(["mean", "median", 0.9]))
def test_bands_stay_where_the_metric_is(values, statistic):
    frame = pd.DataFrame({"run": range(len(values)), "drift": values, "truth": np.array(values) > 50})
    frame.attrs = {"grid": []}
    for interval in (None, "bootstrap") if statistic == "mean" else (None,):
        table = lamport.summarize(frame, statistic=statistic, interval=interval)
        for name, most in (("drift", np.inf), ("truth", 1)):
            middle, low, high = table[name].iloc[0]
            assert not low < 0
            assert not high > most
            assert not low > high
            if interval is None:
                assert not low > middle + 1e-9
                assert not high < middle - 1e-9
            assert np.isnan([low, high]).all() or len(values) > 1


def test_against_quantiles_of_numpy():
    frame = lamport.sweep({"max_rate": [3, 9]}, runs=9, duration=20)
    for statistic, share, name in (("median", 0.5, "median"), (0.25, 0.25, "quantile")):
        table = lamport.summarize(frame, statistic=statistic)
        for point, rows in frame.groupby("max_rate"):
            drifts = rows.groupby("run")["drift"].first()
            assert table.loc[point, ("drift", name)] == np.quantile(drifts, share)
    ranks = lamport.summarize(frame, statistic="median", confidence=0.9)["drift"]
    for point, rows in frame.groupby("max_rate"):
        drifts = sorted(rows.groupby("run")["drift"].first())
        assert ranks.loc[point, ["low", "high"]].tolist() == [drifts[1], drifts[7]]


def test_too_few_runs_for_a_quantile():
    frame = lamport.sweep({"max_rate": [3]}, runs=36, duration=5)
    few = frame[frame["run"] < 5]
    assert (
        lamport.summarize(few, "max_rate", statistic="median")["drift"][["low", "high"]].isna().all(axis=None)
    )
    some = frame[frame["run"] < 35]
    nine = lamport.summarize(some, "max_rate", statistic=0.9)["drift"].iloc[0]
    assert np.isnan(nine["high"])
    assert nine["low"] >= 0
    assert lamport.summarize(frame, "max_rate", statistic=0.9)["drift"]["high"].notna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "mode"}, "statistic='mode': give 'mean', 'median' or a quantile"),
        ({"statistic": 1}, "statistic=1 is not between 0 and 1"),
        ({"statistic": 0.0}, "statistic=0.0 is not between"),
        ({"statistic": None}, "statistic=None: give 'mean', 'median' or a quantile"),
        ({"statistic": True}, "statistic=True: give 'mean'"),
        ({"statistic": [0.5]}, r"statistic=\[0.5\]: give 'mean'"),
        ({"confidence": 95}, "confidence=95 is not between 0 and 1"),
        ({"confidence": float("nan")}, "confidence=nan is not between"),
        ({"interval": "normal"}, "interval='normal': give 'student' or 'bootstrap'"),
        ({"interval": 3}, "interval=3: give"),
        (
            {"statistic": "median", "interval": "bootstrap"},
            "interval='bootstrap' is of means: that of a median",
        ),
    ],
)
def test_bad_arguments(options, message):
    frame = lamport.sweep(runs=3, duration=1)
    with pytest.raises(ValueError, match=message):
        lamport.summarize(frame, **options)
    with pytest.raises(ValueError, match=message):
        lamport.plot_sweep(frame, "machines", "drift", **options)
    with pytest.raises(ValueError, match=message):
        lamport.series(lamport.simulate(duration=1), **options)
