"""Sweeps in few numbers: means and their confidence intervals."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pandas as pd

from lamport._model.public import public
from lamport._runs.frame import as_frame

__all__ = ["METRICS", "floor", "per_run", "summarize", "t_quantile"]

REDUCTIONS: "dict[str, str]" = {
    "drift": "first",
    "mean_jump": "mean",
    "max_jump": "max",
    "max_queue_len": "max",
    "final_queue_len": "sum",
    "queue_growth": "max",
    "final_clock": "max",
    "ticks": "sum",
    "sends": "sum",
    "receives": "sum",
    "internals": "sum",
}
"""How the machines of a run become one number."""
FLOORS = {"mean_jump": 1.0, "max_jump": 1.0}
"""The least that a metric can be, where that is not 0."""
SLOWEST = "slowest_queue_growth"
METRICS = (*REDUCTIONS, SLOWEST)

LEVEL = 0.95
EXACT = 200
"""The most degrees of freedom at which quantiles of t are found from its distribution."""


@public
def summarize(frame: pd.DataFrame, by: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Reduce a sweep to means and 95 % confidence intervals.

    The machines of a run become one number first, because they are not independent of each other:

    - ``drift``: the run's;
    - ``mean_jump``: the mean over its machines, each counting the same;
    - ``max_jump``, ``max_queue_len``, ``queue_growth``, ``final_clock``: the largest of its machines;
    - ``slowest_queue_growth``: the queue growth of the machine with the lowest rate, the first of
      several: the one `predict` expects to be overloaded first where all are connected;
    - ``final_queue_len``, ``ticks``, ``sends``, ``receives``, ``internals``: the sum over its machines.

    Intervals are Student's: mean and 0.975 quantile of t times the standard error, over runs, cut off where
    the metric ends: at 1 for jumps, at 0 for the others. If `by` leaves out parameters of the grid, a run's
    numbers are averaged over them first: run k has the same seed at every point, so these are not independent
    either. Runs are told apart by ``run`` and ``seed``, so sweeps of other seeds may be put together with
    ``pandas.concat``.

    Parameters
    ----------
    frame : DataFrame
        What `sweep` returns, or `compare` (with ``by="label"``), or such a table of polars, pyarrow or duckdb
        (with `by`: they do not keep what the grid was).
    by : str or sequence of str, optional
        The columns whose values to keep apart; the parameters of the grid if None.

    Returns
    -------
    DataFrame
        One row per value of `by`, which index it (row 0 of a sweep without a grid); columns
        ``("runs", "count")``, and ``mean``, ``low`` and ``high`` of each metric, as ``("drift", "mean")``.
        Of a single run there is no interval: NaN.

    Raises
    ------
    ValueError
        `by` is not known or not a column, the table lacks the columns of a sweep, or it has a machine of
        a run twice.

    Notes
    -----
    How often such an interval holds the mean was measured (``benches/coverage.py``). It is .93 to .96 from 5
    runs on where all runs are alike. It is less where few runs make the mean: with rates drawn and an
    internal probability of 0.7 most runs have no queue that grows, and the intervals of drift and queues hold
    the mean .78 of the time with 5 runs, .86 with 10, .90 with 20 and .95 with 100; with rates 1, 3 and 6
    that of ``final_clock`` holds it .56, .80, .96 and .95 of the time.

    Examples
    --------
    >>> import lamport
    >>> frame = lamport.sweep({"internal_probability": [0.3, 0.7]}, runs=20, rates=[1, 3, 6])
    >>> lamport.summarize(frame)["drift"].round(1)
                           mean    low   high
    internal_probability
    0.3                   236.8  231.4  242.2
    0.7                   115.0   99.3  130.6
    """
    keys, runs = per_run(as_frame(frame, "a sweep"), by)
    grouped = runs.groupby(keys or np.zeros(len(runs), dtype=int), observed=True, sort=True)
    metrics = [name for name in METRICS if name in runs]
    mean, spread, number = (getattr(grouped[metrics], what)() for what in ("mean", "std", "count"))
    counts, places = np.unique(number.to_numpy(), return_inverse=True)
    quantiles = np.array([t_quantile(int(count) - 1) for count in counts])[places].reshape(number.shape)
    half = quantiles * spread / np.sqrt(number)
    # No metric of a run goes below its floor; a table of other origin may.
    least = pd.Series({name: floor(name) for name in metrics})
    low = (mean - half).clip(lower=grouped[metrics].min().clip(upper=least, axis=1))
    parts = {"mean": mean, "low": low, "high": mean + half}
    table: dict[tuple[str, str], Any] = {("runs", "count"): grouped.size()}
    table |= {(name, part): values[name] for name in metrics for part, values in parts.items()}
    return pd.DataFrame(table)


def per_run(frame: pd.DataFrame, by: str | Iterable[str] | None) -> tuple[list[str], pd.DataFrame]:
    """Return the names in `by`, and one row per run with them and the metrics of `summarize`."""
    grid = list(frame.attrs.get("grid", []))
    keys = grid if by is None else _columns(by)
    if not keys and "grid" not in frame.attrs:
        raise ValueError("the table does not tell what its grid was: give by=, the columns to keep apart")
    needed = ["run", *keys]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        has = ", ".join(map(str, frame.columns))
        raise ValueError(f"the table has no column {', '.join(missing)}: it has {has}")
    places = [*keys, *(name for name in grid if name in frame.columns and name not in keys)]
    known = {name: how for name, how in REDUCTIONS.items() if name in frame.columns and name not in places}
    if not known:
        raise ValueError(f"the table has no column to summarize: a sweep has {', '.join(REDUCTIONS)}")
    frame = frame.reset_index(drop=True).astype(
        {
            name: np.float64
            for name in known
            if isinstance(frame[name].dtype, pd.api.extensions.ExtensionDtype)
        }
    )
    identity = ["run", "seed"] if "seed" in frame.columns and "seed" not in places else ["run"]
    _check_once(frame, [*places, *identity, "machine_id"])
    grouped = frame.groupby([*places, *identity], observed=True, sort=False, dropna=False)
    runs = grouped.agg(known)
    if {"queue_growth", "clock_rate"} <= set(frame.columns) and frame["clock_rate"].notna().all():
        slowest = frame.loc[grouped["clock_rate"].idxmin()]
        runs[SLOWEST] = slowest.set_index([*places, *identity])["queue_growth"]
    if len(places) > len(keys):
        runs = runs.groupby(level=[*keys, *identity], observed=True, sort=False, dropna=False).mean()
    return keys, runs.reset_index()


def floor(metric: str) -> float:
    """Return the least that a metric of a run can be."""
    return FLOORS.get(metric, 0.0)


def _columns(by: object) -> list[str]:
    """Take the name of a column, or several."""
    names = [by] if isinstance(by, str) else list(by) if isinstance(by, Iterable) else [by]
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"by={by!r}: give the name of a column, or a list of them")
    return cast("list[str]", names)


def _check_once(frame: pd.DataFrame, names: list[str]) -> None:
    """Refuse a table that has a machine of a run more than once: it would count as several."""
    if "machine_id" not in frame.columns:
        return
    again = frame.duplicated(names)
    if again.any():
        row = int(np.flatnonzero(again)[0])
        given = ", ".join(f"{name}={frame[name].iloc[row]}" for name in names)
        raise ValueError(
            f"the table has two rows of {given}: name in by= the column that tells such runs apart, "
            "or number them on in run"
        )


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
    from statistics import NormalDist

    x = NormalDist().inv_cdf((1 + level) / 2)
    first = (x**3 + x) / 4
    second = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    third = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    return x + first / freedom + second / freedom**2 + third / freedom**3
