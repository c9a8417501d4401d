"""Sweeps in few numbers: means, or quantiles, and their confidence intervals."""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, Literal, NamedTuple, SupportsFloat, cast

import numpy as np
import pandas as pd

from lamport._model.check import real
from lamport._model.public import public
from lamport._model.setting import MODEL
from lamport._runs.frame import Table, as_frame
from lamport._runs.intervals import bootstrap, order_statistics, t_quantile, wilson

__all__ = [
    "METRICS",
    "Statistic",
    "Wanted",
    "as_wanted",
    "floor",
    "per_run",
    "reduced",
    "summarize",
]

REDUCTIONS: "dict[str, str]" = {
    "drift": "first",
    "mean_drift": "first",
    "max_drift": "first",
    "mean_jump": "mean",
    "max_jump": "max",
    "mean_wait": "mean",
    "mean_queue_len": "sum",
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
OTHERS = {"label", "name", "run", "seed", "machine_id", "clock_rate", *MODEL, "load_predicted"}
OTHERS |= {"queue_growth_predicted", "lateness_p50", "lateness_p99", "lateness_max"}
OTHERS |= {"clock_growth_predicted", "clock_growth_low", "clock_growth_high"}
"""What else the tables of sweeps and of `compare` have; a column of none of these was measured by a user."""

Statistic = Literal["mean", "median"] | SupportsFloat


@public
def summarize(
    frame: Table,
    by: str | Iterable[str] | None = None,
    *,
    statistic: Statistic = "mean",
    confidence: SupportsFloat = 0.95,
    interval: Literal["student", "bootstrap"] | None = None,
) -> pd.DataFrame:
    """Reduce a sweep to means, or quantiles, and their confidence intervals.

    The machines of a run become one number first, because they are not independent of each other:

    - ``drift``, ``mean_drift``, ``max_drift``, and what `sweep` was given to ``measure``: the run's;
    - ``mean_jump``, ``mean_wait``: the mean over its machines, each counting the same;
    - ``max_jump``, ``max_queue_len``, ``queue_growth``, ``final_clock``: the largest of its machines;
    - ``slowest_queue_growth``: the queue growth of the machine with the lowest rate, the first of
      several: the one `predict` expects to be overloaded first where all are connected;
    - ``mean_queue_len``, ``final_queue_len``, ``ticks``, ``sends``, ``receives``, ``internals``: the sum over
      its machines.

    Any other column of numbers or truths that is the same in all rows of each run is taken for measured. If
    `by` leaves out parameters of the grid, a run's numbers are averaged over them first: run k has the same
    seed at every point, so these are not independent either. Runs are told apart by ``run`` and ``seed``, so
    sweeps of other seeds may be put together with ``pandas.concat``.

    Parameters
    ----------
    frame : DataFrame
        What `sweep` returns, or `compare` (with ``by="label"``), or such a table of polars, pyarrow or duckdb
        (with `by`: they do not keep what the grid was).
    by : str or sequence of str, optional
        The columns whose values to keep apart; the parameters of the grid if None.
    statistic : {"mean", "median"} or float
        What to say of the runs: a number between 0 and 1 is a quantile. It is between two runs where it
        falls between them, as ``numpy.quantile`` has it.
    confidence : float
        How often an interval is to hold what it is of, between 0 and 1.
    interval : {"student", "bootstrap"}, optional
        How intervals of means are made: ``"student"`` (the default), by the quantile of t times the standard
        error; or ``"bootstrap"``, BCa [1]_ from 1,999 resamples, drawn with the same seed at every call. The
        mean of truths, how often something was True, has Wilson's interval [2]_ anyway. A median or quantile
        has two of the runs' numbers, chosen by their ranks, which hold it at least as often as `confidence`
        says, whatever the distribution [3]_.

    Returns
    -------
    DataFrame
        One row per value of `by`, which index it (row 0 of a sweep without a grid); columns
        ``("runs", "count")``, and ``mean`` (or ``median``, ``quantile``), ``low`` and ``high`` of each
        metric, as ``("drift", "mean")``. Intervals end where the metric does: at 1 for jumps, at 0 for the
        others, at 0 and 1 for truths; numbers that were measured have no bounds. Of a single run there is no
        interval: NaN. Nor is there an end where no run's number is far enough out: with 95 % the median
        needs 6 runs, the quantile 0.9 has no ``high`` before 36.

    Raises
    ------
    ValueError
        `by` is not known or not a column, the table lacks the columns of a sweep, or it has a machine of
        a run twice; an argument is none of these, or `interval` is given for a median or quantile.

    Notes
    -----
    How often such an interval holds what it is of was measured (``benches/coverage.py``).

    Student's holds the mean .93 to .96 of the time from 5 runs on where all runs are alike. It is less where
    few runs make the mean: with rates drawn and an internal probability of 0.7 most runs have no queue that
    grows, and the intervals of drift and queues hold the mean .78 of the time with 5 runs, .86 with 10, .90
    with 20 and .95 with 100; with rates 1, 3 and 6 that of ``final_clock`` holds it .56, .80, .96 and .95 of
    the time. The bootstrap's holds the mean less often of few runs (.73 to .88 with 5, .85 to .94 with 10)
    and is as good with 20 and more. Those of medians and quantiles hold them .95 to 1.00 of the time, with
    ends that are not there counted as infinitely far out.

    References
    ----------
    .. [1] B. Efron, "Better Bootstrap Confidence Intervals", Journal of the American Statistical Association
       82 (397), 1987.
    .. [2] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
       the American Statistical Association 22 (158), 1927.
    .. [3] H. A. David and H. N. Nagaraja, "Order Statistics", 3rd ed., Wiley 2003, section 7.1; of
       distributions with steps: H. Scheffé and J. W. Tukey, "Non-Parametric Estimation. I", Annals of
       Mathematical Statistics 16 (2), 1945.

    Examples
    --------
    >>> import lamport
    >>> frame = lamport.sweep({"internal_probability": [0.3, 0.7]}, runs=20, rates=[1, 3, 6])
    >>> lamport.summarize(frame)["drift"].round(1)
                           mean    low   high
    internal_probability
    0.3                   236.8  231.4  242.2
    0.7                   115.0   99.3  130.6
    >>> lamport.summarize(frame, statistic="median", confidence=0.9)["drift"].round(1)
                          median    low   high
    internal_probability
    0.3                    237.0  230.0  245.0
    0.7                    121.0  102.0  132.0
    """
    wanted = as_wanted(statistic, confidence, interval)
    keys, runs = per_run(as_frame(frame, "a sweep"), by)
    measured = runs.attrs["measured"]
    metrics = [each for each in runs.columns if each in METRICS or each in measured]
    return reduced(runs, keys, {metric: _range(metric, runs) for metric in metrics}, wanted)


def reduced(
    runs: pd.DataFrame, keys: list[str], metrics: "Mapping[str, tuple[float, float]]", wanted: "Wanted"
) -> pd.DataFrame:
    """Reduce runs, one a row, to the table that `summarize` returns.

    Each of the metrics has its bounds. Of numbers between 0 and 1 that are truths ``attrs["measured"]`` says
    so.
    """
    grouped = runs.groupby(keys or np.zeros(len(runs), dtype=int), observed=True, sort=True)
    make = _student if wanted.quantile is None and not wanted.is_bootstrapped else _one_by_one
    bands = make(runs, grouped, list(metrics), wanted)
    table: dict[tuple[str, str], Any] = {("runs", "count"): grouped.size()}
    for metric, ends in metrics.items():
        middle, low, high = (part[metric] for part in bands)
        if wanted.quantile is None and runs.attrs.get("measured", {}).get(metric) == "truth":
            low, high = _of_truths(grouped[metric], middle, (low, high), wanted.level)
        table[metric, wanted.name] = middle
        table[metric, "low"], table[metric, "high"] = low.clip(*ends), high.clip(*ends)
    return pd.DataFrame(table)


class Wanted(NamedTuple):
    """What to say of the runs."""

    name: str
    quantile: float | None
    """None for the mean."""
    level: float
    is_bootstrapped: bool


def as_wanted(statistic: object, confidence: object, interval: object) -> Wanted:
    """Check what is to be said of runs.

    Raises
    ------
    ValueError
        An argument is none that `summarize` takes.
    """
    level = real("confidence", confidence)
    if not 0 < level < 1:
        raise ValueError(f"confidence={confidence!r} is not between 0 and 1: 0.95 is usual")
    name: str
    quantile: float | None
    if isinstance(statistic, str) and statistic in {"mean", "median"}:
        name, quantile = statistic, None if statistic == "mean" else 0.5
    elif isinstance(statistic, bool) or not isinstance(statistic, Real):
        raise ValueError(f"statistic={statistic!r}: give 'mean', 'median' or a quantile, as 0.9")
    else:
        name, quantile = "quantile", float(statistic)
        if not 0 < quantile < 1:
            raise ValueError(f"statistic={statistic!r} is not between 0 and 1: 0.9 is a quantile")
    if quantile is not None and interval is not None:
        raise ValueError(
            f"interval={interval!r} is of means: that of a {name} is of two of the numbers, by their ranks"
        )
    if interval is not None and interval not in ("student", "bootstrap"):
        raise ValueError(f"interval={interval!r}: give 'student' or 'bootstrap'")
    return Wanted(name, quantile, level, interval == "bootstrap")


Bands = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""Of each group and metric the statistic, and the ends of its interval."""


def _student(_: pd.DataFrame, grouped: Any, metrics: list[str], wanted: Wanted) -> Bands:
    mean, spread, number = (getattr(grouped[metrics], what)() for what in ("mean", "std", "count"))
    counts, places = np.unique(number.to_numpy(), return_inverse=True)
    quantiles = np.array([t_quantile(int(count) - 1, wanted.level) for count in counts])[places]
    half = quantiles.reshape(number.shape) * spread / np.sqrt(number)
    return mean, mean - half, mean + half


def _one_by_one(runs: pd.DataFrame, grouped: Any, metrics: list[str], wanted: Wanted) -> Bands:
    """Take the numbers of each group and metric in their order, whatever that of the rows."""
    index = grouped.size().index
    groups = grouped.ngroup().to_numpy()
    found = np.full((3, len(index), len(metrics)), np.nan)
    alike: dict[int, list[tuple[tuple[int, int], Any]]] = {}
    for column, metric in enumerate(metrics):
        values = runs[metric].to_numpy(dtype=np.float64)
        known = (groups >= 0) & ~np.isnan(values)
        values, rows = values[known], groups[known]
        values = values[np.lexsort((values, rows))]
        for row, part in enumerate(np.split(values, np.cumsum(np.bincount(rows, minlength=len(index)))[:-1])):
            if len(part):
                alike.setdefault(len(part), []).append(((row, column), part))
    for number, parts in alike.items():
        values = np.stack([part for _, part in parts], axis=1)
        rows, columns = np.array([place for place, _ in parts]).T
        found[0, rows, columns] = (
            values.mean(axis=0) if wanted.quantile is None else np.quantile(values, wanted.quantile, axis=0)
        )
        found[1:, rows, columns] = _band(values, wanted) if number > 1 else np.nan
    middle, low, high = (pd.DataFrame(part, index=index, columns=metrics) for part in found)
    return middle, low, high


def _band(values: Any, wanted: Wanted) -> Any:
    """Return the ends of the interval of each column of numbers in order."""
    if wanted.quantile is None:
        return np.array(bootstrap(values, wanted.level))
    return np.array([order_statistics(column, wanted.quantile, wanted.level) for column in values.T]).T


def _of_truths(grouped: Any, share: Any, ends: tuple[Any, Any], level: float) -> tuple[Any, Any]:
    """Return Wilson's interval where each run is true or not, and more than one."""
    number = grouped.count()
    # Averaged over points, runs are something between.
    is_plain = (number > 1) & grouped.agg(lambda values: values.dropna().isin([0.0, 1.0]).all())
    low, high = wilson(share, number, level)
    return ends[0].where(~is_plain, low), ends[1].where(~is_plain, high)


def _range(metric: str, runs: pd.DataFrame) -> tuple[float, float]:
    """Return the bounds of a metric."""
    if metric not in METRICS:
        return (0.0, 1.0) if runs.attrs["measured"][metric] == "truth" else (-np.inf, np.inf)
    # No metric of a whole run goes below its floor; one without a warm-up, or of other origin, may.
    least = floor(metric)
    return (-np.inf if (runs[metric] < least).any() else least), np.inf


def per_run(frame: pd.DataFrame, by: str | Iterable[str] | None) -> tuple[list[str], pd.DataFrame]:
    """Return the names in `by`, and one row per run with them and the metrics of `summarize`.

    ``attrs["measured"]`` has those that a user measured, and whether each is a number or a truth.
    """
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
    identity = ["run", "seed"] if "seed" in frame.columns and "seed" not in places else ["run"]
    measured = _measured(frame, [*places, *identity])
    known |= dict.fromkeys(measured, "first")
    if not known:
        raise ValueError(f"the table has no column to summarize: a sweep has {', '.join(REDUCTIONS)}")
    frame = frame.reset_index(drop=True).astype(
        {
            name: np.float64
            for name in known
            if isinstance(frame[name].dtype, pd.api.extensions.ExtensionDtype) or name in measured
        }
    )
    _check_once(frame, [*places, *identity, "machine_id"])
    grouped = frame.groupby([*places, *identity], observed=True, sort=False, dropna=False)
    runs = grouped.agg(known)
    if {"queue_growth", "clock_rate"} <= set(frame.columns) and frame["clock_rate"].notna().all():
        slowest = frame.loc[grouped["clock_rate"].idxmin()]
        runs[SLOWEST] = slowest.set_index([*places, *identity])["queue_growth"]
    if len(places) > len(keys):
        runs = runs.groupby(level=[*keys, *identity], observed=True, sort=False, dropna=False).mean()
    runs = runs.reset_index()
    runs.attrs = {"measured": measured}
    return keys, runs


def _measured(frame: pd.DataFrame, identity: list[str]) -> dict[str, str]:
    """Return the columns that `sweep` was given to measure, or that were added since: one value per run."""
    kinds = {name: frame[name].dtype for name in frame.columns}
    names = [
        name
        for name, kind in kinds.items()
        if isinstance(name, str) and name not in {*identity, *OTHERS, *METRICS} and kind.kind in "biuf"
    ]
    if not names or not {"run"} <= set(frame.columns):
        return {}
    numbers = frame.groupby(identity, observed=True, sort=False, dropna=False)[names].nunique(dropna=False)
    names = [name for name in names if (numbers[name] <= 1).all()]
    return {name: "truth" if kinds[name].kind == "b" else "number" for name in names}


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
