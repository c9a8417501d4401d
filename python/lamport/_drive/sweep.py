"""Many runs in virtual time: a grid of parameters, several runs each."""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, SupportsIndex

from lamport._drive.progress import Count
from lamport._lamport import LamportError
from lamport._model.check import some_real, whole
from lamport._model.public import public
from lamport._model.setting import BUILT_IN, NUMBERS

if TYPE_CHECKING:
    import pandas as pd

    from lamport._drive.chunks import Rows
    from lamport._drive.grid import Points
    from lamport._drive.measure import Plan, Unmeasured
    from lamport._model.algorithm import Algorithm
    from lamport._runs.run import Run

__all__ = ["SweepError", "sweep"]

FIXED = ("machines", *NUMBERS)
"""Parameters that every table shows, as `lamport.compare` does."""
RENAMED = {"ticks": "ticking"}
"""Parameters that have the name of a metric, and what their columns are called."""
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
    "mean_drift",
    "max_drift",
    "mean_wait",
    "mean_queue_len",
)
QUEUES = ("max_queue_len", "final_queue_len")


@public
class SweepError(LamportError):
    """A sweep ended before its last run; what is finished is not lost.

    Parameters
    ----------
    message : str
        Why it ended.
    finished : DataFrame, optional
        As the attribute.

    Attributes
    ----------
    finished : DataFrame
        The rows of the finished runs, as `sweep` returns them.

    Examples
    --------
    >>> import lamport
    >>> def broken(run):
    ...     raise ZeroDivisionError
    >>> try:
    ...     lamport.sweep(runs=2, duration=5, measure={"x": broken})
    ... except lamport.SweepError as error:
    ...     print(len(error.finished), "rows are finished")
    0 rows are finished
    """

    finished: "pd.DataFrame"

    def __init__(self, message: str, finished: "pd.DataFrame | None" = None) -> None:
        super().__init__(message)
        if finished is not None:
            self.finished = finished


@public
def sweep(
    grid: Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]] | None = None,
    *,
    runs: SupportsIndex = 100,
    duration: SupportsFloat = 60,
    seed: SupportsIndex | None = 0,
    algorithm: "type[Algorithm] | Callable[[int], Algorithm] | Mapping[int, Any] | str | None" = None,
    arguments: Mapping[str, Any] | None = None,
    inputs: Iterable[tuple[SupportsFloat, SupportsIndex, Any]] = (),
    until: Literal["quiet"] | None = None,
    measure: "Mapping[str, Callable[[Run], SupportsFloat | None]] | None" = None,
    since: SupportsFloat | None = None,
    executor: Executor | None = None,
    progress: bool | Callable[[int], object] | None = None,
    **fixed: Any,
) -> "pd.DataFrame":
    """Simulate every point of a grid many times, or one setting.

    Run k has the same seed at every point (common random numbers): the machines of a run draw the same
    rates and start alike wherever the parameters let them, so differences between points stand out from few
    runs. Each row is what `simulate` gives with the row's ``seed``. The table does not depend on where the
    runs happen, or on how many threads.

    Parameters
    ----------
    grid : mapping of str to values, or mappings, optional
        The values of each parameter, of which every combination is a point; or the points themselves, one
        mapping of parameters each. If None there is one point, of the parameters beside it: ``sweep(runs=50,
        rates=[1, 3, 6])``. Parameters are ``machines``, ``duration``, ``rates``, ``max_rate``, ``ticks``,
        ``internal_probability``, ``broadcast_share``, ``weights``, ``topology``, ``latency``, ``faults``,
        ``stamp``, ``receive`` and ``draw_after_receive``, as for `simulate`, and ``algorithm``,
        ``arguments``, ``inputs`` and ``until``. With an algorithm any other name is an argument of it:
        ``{"hold": [0.1, 0.2]}``; a name that is both is the run's, and an error unless ``arguments`` gives
        the argument.
    runs : int
        How many runs each point has.
    duration : float
        How long machines tick, in seconds of virtual time.
    seed : int, optional
        What the seeds of the runs are made from, 0 .. 2^53 - 1; drawn if None.
    algorithm, arguments, inputs, until : optional
        What machines do in place of the built-in behaviour, as for `simulate`. Handlers are Python: such runs
        are made one after the other, in this thread or on `executor`.
    measure : mapping of str to callable, optional
        Columns of your own: each name has a function that gets the `Run`, recorded, and returns one number
        for it, or True or False, or None if it is not known. Each row of the run has it. The functions are
        called in this thread, run after run in the order of the table, while others are simulated; with
        `executor`, where the runs are made. Looking at a run takes milliseconds, simulating a short one
        microseconds.
    since : float, optional
        Leave the first seconds of each run out, as `Run.machines_since` does, and say what runs came to over
        time; 0 does so of whole runs. ``drift`` is that at the end anyway, and `measure` gets whole runs.
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
        (numbers, else labels; ``ticks`` as ``ticking``), ``run`` (from 0), ``seed``, ``machines``,
        ``duration``, ``max_rate``, ``internal_probability``, ``broadcast_share``, ``machine_id``,
        ``clock_rate``, ``ticks``, ``sends``, ``receives``, ``internals``, ``final_clock``, ``mean_jump``,
        ``max_jump``, ``max_queue_len``, ``final_queue_len``, ``queue_growth``, and the run's ``drift``, as in
        `Run.machines`; with `since` also ``mean_drift``, ``max_drift``, ``mean_wait`` and ``mean_queue_len``;
        and the columns of `measure`: bool or int64 if all are, else float64. What only the built-in behaviour
        has is NaN with an algorithm, and the queue of a machine that is down at the end NA.
        ``attrs["grid"]`` names the parameters of the grid, ``attrs["seed"]`` is the seed; after Ctrl-C the
        finished runs are returned and ``attrs["interrupted"]`` is True.

    Raises
    ------
    ValueError
        The grid is empty, repeats itself or has more than 10^8 runs; a parameter is unknown, given twice or
        outside what the model allows; a function of `measure` has the name of another column; an algorithm,
        or such a function, cannot go to the processes of `executor`, because it does not pickle; `since` is
        not within all runs.
    SweepError
        The executor failed, a function of `measure` did, or a handler of an algorithm, whose `AlgorithmError`
        is the cause: the message names point, run and seed. What is finished is kept in ``finished``.
    TypeError
        An algorithm is none.
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

    Of one setting, how long the slowest message took until it was read, and whether all were read:

    >>> def longest(run):
    ...     return (run.messages["received"] - run.messages["sent"]).max()
    >>> def is_empty(run):
    ...     return run.machines["final_queue_len"].sum() == 0
    >>> frame = lamport.sweep(runs=20, rates=[5, 5, 5], measure={"longest": longest, "empty": is_empty})
    >>> lamport.summarize(frame)[["longest", "empty"]].round(2).T
                     0
    longest mean  0.34
            low   0.32
            high  0.35
    empty   mean  0.75
            low   0.53
            high  0.89
    """
    from lamport._drive.grid import DEFAULTS, make_points
    from lamport._drive.measure import Plan, as_measure
    from lamport._model.run_setting import make_seed

    if callable(get := getattr(executor, "get_executor", None)):
        with get() as own:
            return sweep(
                grid,
                runs=runs,
                duration=duration,
                seed=seed,
                algorithm=algorithm,
                arguments=arguments,
                inputs=inputs,
                until=until,
                measure=measure,
                since=since,
                executor=own,
                progress=progress,
                **fixed,
            )
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ValueError(f"executor={executor!r} is not an Executor: it has no method submit")
    always = ("run", "seed", "machine_id", "label", "runs", "slowest_queue_growth")
    taken = (*always, *DEFAULTS, *RENAMED.values(), *METRICS)
    functions, start = as_measure(measure, taken), some_real("since", since)
    own = {"algorithm": algorithm, "arguments": arguments, "inputs": inputs, "until": until}
    count = whole("runs", runs)
    points = make_points([{}] if grid is None else grid, count, {"duration": duration, **own, **fixed})
    _check(points)
    _check_columns(points, functions, (*taken, *DEFAULTS))
    _check_since(points, start)
    algorithms = points.algorithms if any(points.algorithms) else []
    plan = Plan(points.native, count, make_seed(seed), start, functions, algorithms)
    _ensure_memory(points, count)
    with Count(progress, plan.total, f"{len(points.native):,} points", "runs") as tell:
        if executor is not None:
            rows, interrupted = _on_executor(points, plan, executor, tell)
        elif plan.algorithms:
            rows, interrupted = _handled(points, plan, tell)
        elif plan.measure:
            rows, interrupted = _one_by_one(points, plan, tell)
        else:
            rows, interrupted = _on_threads(plan, tell)
        tell.end(done=not interrupted)
    return _table(points, plan, rows, interrupted=interrupted)


def _on_threads(plan: "Plan", tell: Count) -> "tuple[list[Rows], bool]":
    from lamport._drive.measure import counted

    progress = tell if tell.wanted else None
    columns, interrupted = counted(plan, 0, threads=_cores(), progress=progress)
    return [(0, columns)], interrupted


def _one_by_one(points: "Points", plan: "Plan", tell: Count) -> "tuple[list[Rows], bool]":
    from lamport._drive.measure import look_here

    columns, interrupted, failure = look_here(plan, _cores(), tell)
    if failure is not None:
        where = _where(points, failure.point, failure)
        raise _failed(points, plan, [(0, columns)], where) from failure.__cause__
    return [(0, columns)], interrupted


def _handled(points: "Points", plan: "Plan", tell: Count) -> "tuple[list[Rows], bool]":
    from lamport._drive.handled import handled

    columns, interrupted, failure = handled(plan, 0, tell)
    rows = [(0, columns)] if columns else []
    if failure is not None:
        raise _failed(points, plan, rows, _where(points, failure.point, failure)) from failure.__cause__
    return rows, interrupted


def _on_executor(
    points: "Points", plan: "Plan", executor: Executor, tell: Count
) -> "tuple[list[Rows], bool]":
    from lamport._drive.by_value import check_pickles
    from lamport._drive.chunks import Failure, run_chunks
    from lamport._drive.measure import Unmeasured

    if isinstance(executor, ProcessPoolExecutor):
        things: dict[str, object] = {f"measure: {name!r}": each for name, each in plan.measure.items()}
        for place, algorithm in enumerate(plan.algorithms):
            things[f"{points.describe(place)}: algorithm"] = algorithm
        check_pickles(things, "sweep")
    try:
        return run_chunks(plan, executor, tell)
    except Failure as failure:
        first, error = failure.chunk.first_point, failure.error
        if isinstance(error, Unmeasured):
            where = _where(points, first + error.point, error)
        else:
            why = f"{type(error).__name__}: {error}".rstrip(": ")
            where = f"{points.describe(first)}, from run {failure.chunk.first_run} on: {why}"
        raise _failed(points, plan, failure.rows, where) from error


def _where(points: "Points", point: int, failure: "Unmeasured") -> str:
    return f"{points.describe(point)}, run {failure.run} with seed {failure.seed}: {failure.why}"


def _failed(points: "Points", plan: "Plan", rows: "list[Rows]", where: str) -> SweepError:
    """Make the error of a sweep that ended early, with what is finished."""
    finished = _table(points, plan, rows, interrupted=True)
    done = len(finished[[*finished.attrs["grid"], "run"]].drop_duplicates())
    return SweepError(
        f"{where}; {done:,} of {plan.total:,} runs are finished, their rows are in .finished", finished
    )


def _check(points: "Points") -> None:
    """Refuse a point that cannot run here, not on the other end of a cluster."""
    from lamport._lamport import wrong_point

    wrong = wrong_point(points.native)
    if wrong is not None:
        number, why = wrong
        raise ValueError(f"{points.describe(number)}: {why}")


def _check_columns(points: "Points", functions: Iterable[str], taken: Iterable[str]) -> None:
    """Refuse an argument of an algorithm, in the grid, that has the name of another column."""
    from lamport._drive.grid import KNOWN

    taken = {*taken} - {*KNOWN}
    for name in points.names:
        if name in taken:
            raise ValueError(
                f"grid: {name} is a column of every sweep: give this argument in the grid by "
                f"{{'arguments': [{{{name!r}: ...}}, ...]}}"
            )
        if name in functions:
            raise ValueError(f"measure: {name!r} is a parameter of the grid: give another name")


def _check_since(points: "Points", since: float | None) -> None:
    """Refuse a warm-up that is longer than a run."""
    if since is None:
        return
    for number, setting in enumerate(points.settings):
        if not 0 <= since < setting["duration"]:
            raise ValueError(
                f"since={since:g} (s) is not within a run of {setting['duration']:g} s: "
                f"{points.describe(number)}"
            )


def _table(points: "Points", plan: "Plan", rows: "list[Rows]", *, interrupted: bool) -> "pd.DataFrame":
    """Put the columns of finished runs and the parameters of their points together."""
    import numpy as np
    import pandas as pd

    from lamport._drive.measure import as_column

    metrics = METRICS if plan.since is not None else METRICS[: METRICS.index("drift") + 1]
    names = ("run", "seed", "machine_id", *metrics, *plan.measure)
    if len(rows) == 1:
        ((first, columns),) = rows
        point = columns["point"] + first
    else:
        parts = {name: [columns[name] for _, columns in rows] for name in names}
        empty = np.empty(0, dtype=np.int64)
        columns = {name: np.concatenate(parts[name]) if rows else empty for name in names}
        point = np.concatenate([columns["point"] + first for first, columns in rows]) if rows else empty
    given = {RENAMED.get(name, name): _taken(points.column(name), point) for name in points.names}
    shown = {name: _shown(points, plan, name, point) for name in FIXED if name not in given}
    order = {
        **given,
        "run": columns["run"],
        "seed": columns["seed"],
        **shown,
        "machine_id": columns["machine_id"],
        **{name: _metric(name, columns[name]) for name in metrics},
        **{name: as_column(columns[name]) for name in plan.measure},
    }
    frame = pd.DataFrame(order, copy=False)
    grid = [RENAMED.get(name, name) for name in points.names]
    frame.attrs = {"grid": grid, "seed": plan.seed, "interrupted": interrupted}
    return frame


def _taken(column: Any, point: Any) -> Any:
    return column.take(point)


def _shown(points: "Points", plan: "Plan", name: str, point: Any) -> Any:
    """Return a parameter that is not in the grid, NaN where an algorithm has none such."""
    import numpy as np

    column = points.column(name)
    if name in BUILT_IN and plan.algorithms:
        is_built_in = [algorithm is None for algorithm in plan.algorithms]
        column = np.where(is_built_in, column.astype(np.float64), np.nan)
    return column.take(point)


def _metric(name: str, values: Any) -> Any:
    """Return a metric, NA where the length of a queue is not known."""
    if name in QUEUES and (values < 0).any():
        from lamport._runs.tables import maybe_whole

        return maybe_whole(values)
    return values


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
