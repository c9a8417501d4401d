"""Many runs in virtual time: a grid of parameters, several runs each."""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from lamport._drive.progress import Count
from lamport._lamport import LamportError
from lamport._model.public import public
from lamport._model.setting import NUMBERS

if TYPE_CHECKING:
    import pandas as pd

    from lamport._drive.chunks import Rows
    from lamport._drive.grid import Points

__all__ = ["SweepError", "sweep"]

FIXED = ("machines", *NUMBERS)
"""Parameters that every table shows, as `lamport.compare` does."""
METRICS = (
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
)


@public
class SweepError(LamportError):
    """A sweep ended before its last run; what is finished is not lost.

    Attributes
    ----------
    finished : DataFrame
        The rows of the finished runs, as `sweep` returns them.
    """

    finished: "pd.DataFrame"

    def __init__(self, message: str, finished: "pd.DataFrame | None" = None) -> None:
        super().__init__(message)
        if finished is not None:
            self.finished = finished


@public
def sweep(
    grid: Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]],
    *,
    runs: int = 100,
    duration: float = 60,
    seed: int | None = 0,
    executor: Executor | None = None,
    progress: bool | Callable[[int], object] | None = None,
    **fixed: Any,
) -> "pd.DataFrame":
    """Simulate every point of a grid many times.

    Run k has the same seed at every point (common random numbers): the machines of a run draw the same
    rates and start alike wherever the parameters let them, so differences between points stand out from few
    runs. Each row is what `simulate` gives with the row's ``seed``. The table does not depend on where the
    runs happen, or on how many threads.

    Parameters
    ----------
    grid : mapping of str to values, or mappings
        The values of each parameter, of which every combination is a point; or the points themselves, one
        mapping of parameters each. Parameters are ``machines``, ``duration``, ``rates``, ``max_rate``,
        ``internal_probability``, ``broadcast_share``, ``topology``, ``latency`` and ``faults``, as for
        `simulate`.
    runs : int
        How many runs each point has.
    duration : float
        How long machines tick, in seconds of virtual time.
    seed : int, optional
        What the seeds of the runs are made from, 0 .. 2^53 - 1; drawn if None.
    executor : concurrent.futures.Executor, optional
        Where to run: a ``ProcessPoolExecutor``, a ``Client`` of Dask, ... Each task runs on
        one thread. If None: threads of this process, as many as it may use cores.
    progress : bool or callable, optional
        A progress bar; None: in a terminal or a notebook, if it takes long enough to be seen. A
        callable gets the number of finished runs.
    **fixed
        Parameters of `simulate` that are the same at all points.

    Returns
    -------
    DataFrame
        One row per machine and run, sorted by point, ``run`` and ``machine_id``: the parameters of the grid
        (numbers, else labels), ``run`` (from 0), ``seed``, ``machines``, ``duration``, ``max_rate``,
        ``internal_probability``, ``broadcast_share``, ``machine_id``, ``clock_rate``, ``ticks``,
        ``sends``, ``receives``, ``internals``, ``final_clock``, ``mean_jump``, ``max_jump``,
        ``max_queue_len``, ``final_queue_len``, ``queue_growth``, and the run's ``drift``, as in
        `Run.machines`.
        ``attrs["grid"]`` names the parameters of the grid, ``attrs["seed"]`` is the seed; after Ctrl-C the
        finished runs are returned and ``attrs["interrupted"]`` is True.

    Raises
    ------
    ValueError
        The grid is empty, repeats itself or has more than 10^8 runs; a parameter is unknown, given twice or
        outside what the model allows.
    SweepError
        The executor failed; what is finished is kept in ``finished``.
    LamportError
        The table would need more memory than this host has.

    See Also
    --------
    summarize : Means and confidence intervals of the points.
    plot_sweep : The same as a figure.

    Examples
    --------
    >>> import lamport
    >>> frame = lamport.sweep({"internal_probability": [0.3, 0.7]}, runs=20, rates=[1, 3, 6])
    >>> frame.groupby("internal_probability")["drift"].mean().round(1).tolist()
    [236.8, 115.0]
    """
    from lamport._drive.grid import make_points
    from lamport._model.run_setting import make_seed

    if callable(get := getattr(executor, "get_executor", None)):
        with get() as own:
            return sweep(
                grid, runs=runs, duration=duration, seed=seed, executor=own, progress=progress, **fixed
            )
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ValueError(f"executor={executor!r} is not an Executor: it has no method submit")
    points = make_points(grid, runs, {"duration": duration, **fixed})
    _check(points)
    seed = make_seed(seed)
    total = len(points.native) * runs
    _ensure_memory(points, runs)
    with Count(progress, total, f"{len(points.native):,} points", "runs") as tell:
        if executor is None:
            rows, interrupted = _on_threads(points, runs, seed, tell)
        else:
            rows, interrupted = _on_executor(points, runs, seed, executor, tell)
        tell.end(done=not interrupted)
    return _table(points, rows, seed, interrupted=interrupted)


def _on_threads(points: "Points", runs: int, seed: int, tell: Count) -> "tuple[list[Rows], bool]":
    from lamport._lamport import sweep_runs

    progress = tell if tell.wanted else None
    columns, interrupted = sweep_runs(
        points.native, first_run=0, runs=runs, seed=seed, threads=_cores(), progress=progress
    )
    return [(0, columns)], interrupted


def _on_executor(
    points: "Points", runs: int, seed: int, executor: Executor, tell: Count
) -> "tuple[list[Rows], bool]":
    from lamport._drive.chunks import Failure, run_chunks

    try:
        return run_chunks(points.native, runs, seed, executor, tell)
    except Failure as failure:
        finished = _table(points, failure.rows, seed, interrupted=True)
        done = len(finished[[*finished.attrs["grid"], "run"]].drop_duplicates())
        where = points.describe(failure.chunk.first_point)
        why = f"{type(failure.error).__name__}: {failure.error}".rstrip(": ")
        raise SweepError(
            f"{where}, from run {failure.chunk.first_run} on: {why}; "
            f"{done:,} of {len(points.native) * runs:,} runs are finished, their rows are in .finished",
            finished,
        ) from failure.error


def _check(points: "Points") -> None:
    """Refuse a point that cannot run here, not on the other end of a cluster."""
    from lamport._lamport import wrong_point

    wrong = wrong_point(points.native)
    if wrong is not None:
        number, why = wrong
        raise ValueError(f"{points.describe(number)}: {why}")


def _table(points: "Points", rows: "list[Rows]", seed: int, *, interrupted: bool) -> "pd.DataFrame":
    """Put the columns of finished runs and the parameters of their points together."""
    import numpy as np
    import pandas as pd

    names = ("run", "seed", "machine_id", *METRICS)
    if len(rows) == 1:
        ((first, columns),) = rows
        point = columns["point"] + first
    else:
        parts = {name: [columns[name] for _, columns in rows] for name in names}
        empty = np.empty(0, dtype=np.int64)
        columns = {name: np.concatenate(parts[name]) if rows else empty for name in names}
        point = np.concatenate([columns["point"] + first for first, columns in rows]) if rows else empty
    given = {name: _taken(points.column(name), point) for name in points.names}
    shown = {name: _taken(points.column(name), point) for name in FIXED if name not in given}
    order = {
        **given,
        "run": columns["run"],
        "seed": columns["seed"],
        **shown,
        "machine_id": columns["machine_id"],
        **{name: columns[name] for name in METRICS},
    }
    frame = pd.DataFrame(order, copy=False)
    frame.attrs = {"grid": list(points.names), "seed": seed, "interrupted": interrupted}
    return frame


def _taken(column: Any, point: Any) -> Any:
    return column.take(point)


def _ensure_memory(points: "Points", runs: int) -> None:
    """Refuse a table that this host cannot hold."""
    rows = runs * sum(point["machines"] for point in points.native)
    needed = rows * 8 * (len(points.names) + len(FIXED) + len(METRICS) + 3)
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return
    if needed > memory:
        raise LamportError(
            f"the table would have {rows:,} rows and need about {needed / 1e9:.0f} GB, more than the "
            f"{memory / 1e9:.0f} GB of this host: give fewer runs, or sweep in parts and keep their summaries"
        )


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
