"""Clocks and drift of many runs over time."""

import math
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from typing import Any, Literal, SupportsFloat

import pandas as pd

from lamport._model.public import public
from lamport._runs.clocks import as_step
from lamport._runs.compare import each_run
from lamport._runs.in_time import as_time
from lamport._runs.run import Run
from lamport._runs.summarize import Statistic, as_wanted, reduced

__all__ = ["series"]

Some = Run | str | PathLike[str] | Iterable[Run | str | PathLike[str]]


@public
def series(
    runs: Some | Mapping[Any, Some],
    every: SupportsFloat = 1.0,
    *,
    since: SupportsFloat | None = None,
    statistic: Statistic = "mean",
    confidence: SupportsFloat = 0.95,
    interval: Literal["student", "bootstrap"] | None = None,
) -> pd.DataFrame:
    """Say what clocks and drift were at chosen instants, over runs alike, with their intervals.

    Parameters
    ----------
    runs : Run, or several runs, or mapping of label to them
        Repetitions of one setting; or those of several settings by label. A path stands for the run that
        `load` reads there. Runs are taken one after the other: a generator that simulates them needs the
        memory of one.
    every : float
        Seconds between two instants, which are its multiples.
    since : float, optional
        The first instant is this, or the next; 0 if None.
    statistic, confidence, interval : optional
        What is said of the runs, and its intervals, as for `summarize`.

    Returns
    -------
    DataFrame
        One row per instant, until past the last event of the shortest of the runs (of a label), indexed by
        ``time`` (s), or by ``label`` and ``time``. Columns as those of `summarize`: ``("runs", "count")``,
        and ``mean`` (or ``median``, ``quantile``), ``low`` and ``high`` of ``drift``, the largest clock less
        the smallest, and of the clock of each machine, ``clock_1`` and so on: after its last event so far.
        Intervals are of each instant by itself, and end at 0.

    Raises
    ------
    ValueError
        There is no run, or something that is none; `every` is not positive; a run has no instant from `since`
        on, the first past its last event included; an argument is none that `summarize` takes.
    LamportError
        Of a run no event was recorded.

    See Also
    --------
    plot_series : The same as a figure.
    Run.clocks, Run.drift_over_time : Those of one run.

    Examples
    --------
    >>> import lamport
    >>> runs = [lamport.simulate(duration=60, rates=[1, 3, 6], seed=seed) for seed in range(20)]
    >>> lamport.series(runs, every=20)["drift"].round(1)
           mean    low   high
    time
    0.0     0.0    0.0    0.0
    20.0   46.2   40.1   52.2
    40.0   91.7   84.0   99.4
    60.0  134.2  126.0  142.3
    """
    step, start = as_step(every), 0.0 if since is None else as_time(since)
    wanted = as_wanted(statistic, confidence, interval)
    first = math.ceil(start / step)
    if isinstance(runs, Mapping):
        entries = {str(label): each_run(entry, f"runs[{label!r}]") for label, entry in runs.items()}
        parts = [_of_runs(entry, step, first, f"runs[{label!r}]") for label, entry in entries.items()]
        found = [part.assign(label=label) for label, part in zip(entries, parts, strict=True)]
        keys = ["label", "time"]
    else:
        found, keys = [_of_runs(each_run(runs, "runs"), step, first, "runs")], ["time"]
    if not found:
        raise ValueError("there are no runs: give runs, or a mapping {label: runs, ...}")
    whole = pd.concat(found, ignore_index=True)
    if "label" in whole:
        whole["label"] = pd.Categorical(whole["label"], categories=list(entries))
    clocks = sorted((name for name in whole.columns if name.startswith("clock_")), key=_number)
    return reduced(whole, keys, dict.fromkeys(["drift", *clocks], (0.0, math.inf)), wanted)


def _of_runs(runs: Iterator[Run], step: float, first: int, where: str) -> pd.DataFrame:
    """Return a row for each run and instant that all of them have."""
    tables = []
    shortest = math.inf
    for number, run in enumerate(runs):
        table = _of_run(run, step, first)
        if table.empty:
            raise ValueError(
                f"{where}: run {number} has no instant from {first * step:g} s on: its last event is at "
                f"{float(run._events['time'].max()) if len(run._events) else 0:g}"
            )
        shortest = min(shortest, len(table))
        tables.append(table)
    if not tables:
        raise ValueError(f"{where}: there is no run")
    return pd.concat([table.iloc[: int(shortest)] for table in tables], ignore_index=True)


def _of_run(run: Run, step: float, first: int) -> pd.DataFrame:
    """Return the clocks of a run, and its drift, at its instants."""
    clocks = run.clocks(step)
    start = round(clocks.index[0] / step)
    clocks = clocks.iloc[max(0, first - start) :]
    drift = clocks.max(axis=1) - clocks.min(axis=1) if len(clocks.columns) else 0
    return clocks.rename(columns="clock_{}".format).assign(drift=drift).reset_index()


def _number(name: str) -> int:
    return int(name.removeprefix("clock_"))
