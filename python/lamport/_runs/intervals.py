"""Intervals that hold the mean, or a quantile, of what some values were drawn from."""

from collections.abc import Iterator
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["bootstrap", "order_statistics", "t_quantile", "wilson"]

LEVEL = 0.95
EXACT = 200
"""The most degrees of freedom at which quantiles of t are found from its distribution."""
RESAMPLES = 1999
SEED = 1978
BLOCK = 2**22
"""The most numbers of resamples that are in memory at a time."""


def order_statistics(values: "Floats", quantile: float, level: float) -> tuple[float, float]:
    """Return the ends of an interval that holds a quantile, of values in order; NaN where they are too few.

    The number of values below the quantile is binomial whatever the distribution, so two of the values
    themselves are the ends: each leaves the quantile out with at most half of what `level` leaves.

    Examples
    --------
    >>> order_statistics(np.arange(10.0), 0.5, 0.95)
    (1.0, 8.0)
    >>> order_statistics(np.arange(10.0), 0.9, 0.95)
    (6.0, nan)
    """
    number = len(values)
    tail = (1 - level) / 2
    chances = _binomial(number, quantile)
    below = int(np.searchsorted(np.cumsum(chances), tail, side="right"))
    above = int(np.searchsorted(np.cumsum(chances[::-1]), tail, side="right"))
    low = float(values[below - 1]) if below else float("nan")
    high = float(values[number - above]) if above else float("nan")
    return low, high


def _binomial(number: int, chance: float) -> "Floats":
    """Return the probabilities of 0 .. number successes."""
    steps = np.arange(1, number + 1)
    ways = np.append(0.0, np.cumsum(np.log(number + 1 - steps) - np.log(steps)))
    successes = np.arange(number + 1)
    probabilities: Floats = np.exp(
        ways + successes * np.log(chance) + (number - successes) * np.log1p(-chance)
    )
    return probabilities


def wilson(share: "Floats", number: "Floats", level: float) -> tuple["Floats", "Floats"]:
    """Return the ends of Wilson's interval of a probability, of how often it came true.

    Examples
    --------
    >>> low, high = wilson(np.array([1.0, 0.5]), np.array([100, 10]), 0.95)
    >>> low.round(3), high.round(3)
    (array([0.963, 0.237]), array([1.   , 0.763]))
    """
    square = NormalDist().inv_cdf((1 + level) / 2) ** 2
    scale = 1 + square / number
    middle = (share + square / (2 * number)) / scale
    half = np.sqrt(square * (share * (1 - share) / number + square / (4 * number**2))) / scale
    return np.minimum(middle - half, share), np.maximum(middle + half, share)


def bootstrap(values: "Floats", level: float) -> tuple["Floats", "Floats"]:
    """Return the ends of the bootstrap's interval of each column's mean, BCa: with its bias and its skewness.

    The resamples are the same for all columns and at every call.

    Examples
    --------
    >>> low, high = bootstrap(np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [9.0, 1.0]]), 0.9)
    >>> low.round(2), high.round(2)
    (array([1.75, 0.  ]), array([7.25, 0.75]))
    """
    number, columns = values.shape
    means = np.concatenate([_counts(picked, number) @ values / number for picked in _resamples(number)])
    means.sort(axis=0)
    mean = values.mean(axis=0)
    apart = values - mean
    with np.errstate(invalid="ignore", divide="ignore"):
        skew = (apart**3).sum(axis=0) / (6 * (apart**2).sum(axis=0) ** 1.5)
    ends = np.empty((2, columns))
    # Sums in another order are not quite equal.
    slack = 1e-12 * np.abs(values).max(axis=0, initial=0.0)
    for column in range(columns):
        sorted_means = means[:, column]
        under = np.searchsorted(sorted_means, mean[column] - slack[column], "left")
        upto = np.searchsorted(sorted_means, mean[column] + slack[column], "right")
        ends[:, column] = [
            _at(sorted_means, share)
            for share in _corrected((under + upto) / 2 / RESAMPLES, float(skew[column]), level)
        ]
    inside = np.clip(ends, values.min(axis=0), values.max(axis=0))
    return inside[0], inside[1]


def _corrected(share: float, skew: float, level: float) -> list[float]:
    """Return which quantiles of the resamples the ends are: Efron and Tibshirani (1993), equation 14.10."""
    normal = NormalDist()
    tails = [(1 - level) / 2, (1 + level) / 2]
    if not 0 < share < 1 or np.isnan(skew):  # all values are equal
        return tails
    bias = normal.inv_cdf(share)
    moved = [bias + normal.inv_cdf(tail) for tail in tails]
    return [normal.cdf(bias + each / (1 - skew * each)) for each in moved]


def _at(values: "Floats", share: float) -> float:
    """Return a quantile of resamples in order."""
    place = round(share * (len(values) + 1)) - 1
    return float(values[min(max(place, 0), len(values) - 1)])


def _resamples(number: int) -> Iterator["NDArray[np.int64]"]:
    """Draw which values each resample has, some resamples at a time."""
    generator = np.random.default_rng((SEED, number))
    step = max(1, BLOCK // number)
    for start in range(0, RESAMPLES, step):
        yield generator.integers(0, number, size=(min(step, RESAMPLES - start), number))


def _counts(picked: "NDArray[np.int64]", number: int) -> "Floats":
    """Say how often each resample has each value."""
    rows = len(picked)
    places = picked + number * np.arange(rows)[:, None]
    counts: Floats = np.bincount(places.ravel(), minlength=rows * number).astype(np.float64)
    return counts.reshape(rows, number)


def t_quantile(freedom: int, level: float = LEVEL) -> float:
    """Return the t with ``P(-t < T < t) = level`` for Student's T.

    NaN without degrees of freedom.

    Examples
    --------
    >>> [round(t_quantile(freedom), 4) for freedom in (1, 2, 9, 99, 999)]
    [12.7062, 4.3027, 2.2622, 1.9842, 1.9623]
    """
    if freedom < 1:
        return float("nan")
    if freedom > EXACT:
        return _expansion(freedom, level)
    low, high = 0.0, 1.0
    while _inside(high, freedom) < level:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def _inside(t: float, freedom: int) -> float:
    """P(-t < T < t), a finite sum: Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = np.arctan(t / np.sqrt(freedom))
    odd = freedom % 2
    steps = np.arange(2 + odd, freedom - 1, 2)
    factors = np.append(float(freedom > 1), (steps - 1) / steps * np.cos(angle) ** 2)
    total = float(np.sin(angle) * np.cumprod(factors).sum())
    return float(2 / np.pi * (angle + np.cos(angle) * total)) if odd else total


def _expansion(freedom: int, level: float) -> float:
    """Expand the quantile in powers of 1 / freedom: Abramowitz and Stegun 26.7.5."""
    x = NormalDist().inv_cdf((1 + level) / 2)
    first = (x**3 + x) / 4
    second = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    third = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    return x + first / freedom + second / freedom**2 + third / freedom**3
